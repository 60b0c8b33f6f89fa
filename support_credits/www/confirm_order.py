"""Where a one-time link leads. Loading it does nothing: only the button does, so that a program that follows links redeems
nothing. What the link says stands behind the ``#`` and never reaches the server before that.
"""

from __future__ import annotations

import frappe
from frappe.utils.jinja_globals import is_rtl

from support_credits import portal
from support_credits.integrations.open_collective.links import PAGE

no_cache = 1
no_sitemap = 1


def get_context(context: frappe._dict) -> frappe._dict:
	is_guest = frappe.session.user == "Guest"
	token = "" if is_guest else frappe.sessions.get_csrf_token()
	frappe.db.commit()  # the session's new token
	context.update(
		{
			"lang": frappe.local.lang or "en",
			"dir": "rtl" if is_rtl() else "ltr",
			"is_guest": is_guest,
			"csrf": token,
			"login_page": f"/login?redirect-to={PAGE}",
			"credits_page": portal.CREDITS_PAGE,
		}
	)
	return context
