"""The signed-in Credits page: one page of the frontend, with what it must know before it can ask."""

from __future__ import annotations

import json
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import get_fullname, get_system_timezone
from frappe.utils.jinja_globals import is_rtl

from support_credits import portal
from support_credits.api import access

no_cache = 1
no_sitemap = 1


def get_context(context: frappe._dict) -> frappe._dict:
	if frappe.session.user == "Guest":
		frappe.local.flags.redirect_location = f"/login?redirect-to={quote(portal.CREDITS_PAGE, safe='/')}"
		raise frappe.Redirect(302)  # a permanent one would be remembered beyond the login
	lang = frappe.local.lang or "en"
	boot = _boot(lang)
	frappe.db.commit()  # the session's new token
	context.update(
		{
			"entry": portal.entry("credits"),
			"build": portal.BUILD,
			"lang": lang,
			"dir": boot["dir"],
			"title": _("Credits"),
			# Ends no script element, whatever a name or a translation holds.
			"boot": json.dumps(boot).replace("<", "\\u003c"),
		}
	)
	return context


def _boot(lang: str) -> dict[str, object]:
	brand = frappe.get_cached_doc("HD Settings")
	return {
		"customers": [found.customer for found in access.memberships().values() if found.account],
		"brand_name": brand.brand_name,
		"brand_logo": brand.brand_logo,
		"csrf_token": frappe.sessions.get_csrf_token(),
		"lang": lang,
		"dir": "rtl" if is_rtl() else "ltr",
		"user": frappe.session.user,
		"full_name": get_fullname(),
		"time_zone": get_system_timezone(),
		"translatedMessages": portal.messages(lang),
	}
