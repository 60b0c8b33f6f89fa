"""What managers have to know: an order that waits for them, money that went back, a token that is no good."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html

from support_credits.integrations.notices import MANAGERS, notify, people_of
from support_credits.integrations.open_collective import SETTINGS
from support_credits.ledger.external_orders import DOCTYPE

DAY_SECONDS = 86_400


def managers(redemption: str, text: str) -> None:
	"""A notification for each of them, in the caller's transaction."""
	notify(people_of(*MANAGERS), DOCTYPE, redemption, escape_html(text))


def token_refused(said: str) -> None:
	"""Once a day, to those who can change it."""
	if frappe.cache.set(frappe.cache.make_key("sc_oc_token_refused"), 1, nx=True, ex=DAY_SECONDS):
		text = _("Open Collective refuses the token; orders wait until it is put right: {0}").format(said)
		notify(people_of("System Manager"), SETTINGS, SETTINGS, escape_html(text))
