"""What managers have to know: an order that waits for them, money that went back, a token that is no good."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html
from frappe.utils.user import get_users_with_role

from support_credits.integrations.open_collective import SETTINGS
from support_credits.ledger.external_orders import DOCTYPE

MANAGERS = ("Agent Manager", "System Manager")
DAY_SECONDS = 86_400


def managers(redemption: str, text: str) -> None:
	"""A notification for each of them, in the caller's transaction."""
	_notify(MANAGERS, DOCTYPE, redemption, text)


def _notify(roles: tuple[str, ...], doctype: str, name: str, text: str) -> None:
	for user in sorted({user for role in roles for user in get_users_with_role(role)}):
		notification = {
			"doctype": "Notification Log",
			"type": "Alert",
			"for_user": user,
			"document_type": doctype,
			"document_name": name,
			"subject": escape_html(text),
		}
		frappe.get_doc(notification).insert(ignore_permissions=True)


def token_refused(said: str) -> None:
	"""Once a day, to those who can change it."""
	if frappe.cache.set(frappe.cache.make_key("sc_oc_token_refused"), 1, nx=True, ex=DAY_SECONDS):
		text = _("Open Collective refuses the token; orders wait until it is put right: {0}").format(said)
		_notify(("System Manager",), SETTINGS, SETTINGS, text)
