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
from support_credits.ledger import settings as site
from support_credits.offer import terms

no_cache = 1
no_sitemap = 1


def get_context(context: frappe._dict) -> frappe._dict:
	if frappe.session.user == "Guest":
		frappe.local.flags.redirect_location = f"/login?redirect-to={quote(_address(), safe='/')}"
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


def _address() -> str:
	"""This page with what was asked of it: mails and the pricing page name an order or a pack."""
	asked = frappe.local.request.query_string.decode("ascii", "ignore")
	return f"{portal.CREDITS_PAGE}?{asked}" if asked else portal.CREDITS_PAGE


def _boot(lang: str) -> dict[str, object]:
	brand = frappe.get_cached_doc("HD Settings")
	own = access.memberships().values()
	return {
		"customers": [found.customer for found in own if found.account],
		"buying": {
			"customers": [{"customer": found.customer, "may_act": found.may_act} for found in own],
			"is_open": bool(site.settings().customers_may_order),
			"shop": terms.elsewhere("buy"),
			"terms": _(site.settings().terms or ""),
		},
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
