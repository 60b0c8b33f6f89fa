"""Where the way out of a notice leads. Loading it does nothing, because programs follow the links of mails: only its own link does,
which is the host's, for whoever reads the page.
"""

from __future__ import annotations

import frappe
from frappe.utils import cstr
from frappe.utils.jinja_globals import is_rtl

from support_credits import portal
from support_credits.offer import caching

no_cache = 1
no_sitemap = 1

HOST = "/api/method/frappe.email.queue.unsubscribe"


def get_context(context: frappe._dict) -> frappe._dict:
	caching.mark(caching.PRIVATE)
	signed = frappe.safe_decode(frappe.request.query_string)
	context.update(
		{
			"lang": frappe.local.lang or "en",
			"dir": "rtl" if is_rtl() else "ltr",
			"email": cstr(frappe.form_dict.get("email")),
			"unsubscribe": f"{HOST}?{signed}",  # the host looks at the signature
			"credits_page": portal.CREDITS_PAGE,
		}
	)
	return context
