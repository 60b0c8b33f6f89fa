"""The engine's sentences in the reader's language, and the names of states as records show them."""

from __future__ import annotations

from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate

from support_credits.engine.decision import Decision
from support_credits.engine.incident import State
from support_credits.engine.model import Message
from support_credits.ledger import settings as site


def label_of(state: State) -> str:
	"""``best_effort`` as records and lists show it: ``Best effort``."""
	return state.value.replace("_", " ").capitalize()


def state_of(label: str) -> State:
	return State(label.lower().replace(" ", "_"))


def render(message: Message) -> str:
	"""Translate the template, then put the values in, dates in the reader's format."""
	values = {
		key: formatdate(value) if isinstance(value, date) else value for key, value in message.values.items()
	}
	return _(message.template).format(**values)


def refusal(decision: Decision) -> str:
	"""The refusal with its ways on as links. Helpdesk's toast keeps ``a`` and ``u``, nothing more."""
	links = [link for link in (*_ways(decision), *_reading()) if link]
	return f"{render(decision.message)} {' · '.join(links)}".strip()


def _ways(decision: Decision) -> list[str]:
	labels = {"buy": _("Buy credits"), "redeem": _("Redeem a code"), "emergency": _("Emergency support")}
	return [_link(labels[way], site.settings().get(f"{way}_url")) for way in decision.ways_on]


def _reading() -> list[str]:
	links = {"documentation_url": _("Documentation"), "community_url": _("Community")}
	return [
		_link(label, site.settings().get(field))
		for field, label in links.items()
		if site.settings().get(field)
	]


def _link(label: str, url: str | None) -> str:
	if not url:
		return ""
	# Underlined by hand: the toast gives links no look of their own.
	return f'<a href="{frappe.utils.escape_html(url)}"><u>{label}</u></a>'
