"""Where a card's QR code leads: hands the code to the page that redeems it, over the login if need be.

The code stands behind the ``#`` of the address, which the host's login page would take for one of its own words.
"""

from __future__ import annotations

import frappe
from frappe.utils.jinja_globals import is_rtl

from support_credits import portal

no_cache = 1
no_sitemap = 1


def get_context(context: frappe._dict) -> frappe._dict:
	context.update(
		{
			"lang": frappe.local.lang or "en",
			"dir": "rtl" if is_rtl() else "ltr",
			"credits_page": portal.CREDITS_PAGE,
		}
	)
	return context
