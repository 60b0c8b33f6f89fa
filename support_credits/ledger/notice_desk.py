"""Notices in the desk: the provider's managers see what a customer is told, where the settings say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate

from support_credits.engine.notice import Kind
from support_credits.integrations.notices import notify_each, people_of

TOLD = "Agent Manager"
DAYS = ("expires_on", "expired_on", "starts_on")


def tell(doctype: str, name: str, kind: Kind, customer: str, values: Mapping[str, object]) -> None:
	"""One notification for each manager, in his language, in the caller's transaction."""
	notify_each(people_of(TOLD), doctype, name, lambda: subject(kind, customer, values))


def subject(kind: Kind, customer: str, values: Mapping[str, object]) -> str:
	"""What happened in one sentence, translated; shown as HTML."""
	worded = defaultdict(str, {**_worded(values), "customer": customer})
	return escape_html(_sentences()[kind].format_map(worded))


def _worded(values: Mapping[str, object]) -> dict[str, object]:
	worded = dict(values)
	for name in DAYS:
		if worded.get(name):
			worded[name] = formatdate(str(worded[name]))
	for name in ("tier", "base_tier"):
		if worded.get(name):
			worded[name] = _(
				frappe.get_cached_value("Support Tier", worded[name], "tier_name") or worded[name]
			)
	return worded


def _sentences() -> dict[Kind, str]:
	return {
		Kind.LOW: _("{customer} is running out of support credits: {balance} left."),
		Kind.EXPIRING: _("{credits} support credits of {customer} expire on {expires_on}."),
		Kind.EXPIRED: _("{credits} support credits of {customer} expired on {expired_on}."),
		Kind.CHARGED: _("{customer} was charged {credits} support credits."),
		Kind.RELEASED: _("Ticket {ticket} of {customer} no longer waits for credits."),
		Kind.REFUNDED: _("{customer} got back {credits} support credits: {reason}"),
		Kind.TIER_NOTICE: _("{customer} cannot pay the next period of {tier}, which begins on {starts_on}."),
		Kind.TIER_FALL: _("{customer} could not pay {tier} and has fallen to the base tier."),
		Kind.PROPOSAL: _("{customer} is asked for {credits} extra credits for ticket {ticket}."),
		Kind.SESSION: _("{label} for {customer} has ended: {amount} {currency}."),
		Kind.MISSED: _(
			"Ticket {ticket} of {customer} was not answered in time: {credits} credits were given back."
		),
	}
