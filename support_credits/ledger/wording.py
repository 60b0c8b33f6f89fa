"""The engine's sentences in the reader's language, and the names of states as records show them."""

from __future__ import annotations

from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate

from support_credits.engine.decision import WAYS_ON, Decision
from support_credits.engine.errors import EngineError
from support_credits.engine.incident import State
from support_credits.engine.model import Choices, Message
from support_credits.engine.sentences import NEEDED, NEEDED_EXPIRED, ways_of
from support_credits.ledger import settings as site

# The Credits page with its dialog open; a pack's code behind it chooses that pack.
ORDER_PAGE = "/helpdesk/credits?buy="


def label_of(state: State) -> str:
	"""``best_effort`` as records and lists show it: ``Best effort``."""
	return state.value.replace("_", " ").capitalize()


def state_of(label: str) -> State:
	return State(label.lower().replace(" ", "_"))


def render(message: Message, links: bool = False) -> str:
	"""Translate the template, then put the values in: dates in the reader's format, choices as words or links."""
	values = {key: _value(value, links) for key, value in message.values.items()}
	return _(message.template).format(**values)


def _value(value: object, links: bool) -> object:
	if isinstance(value, date):
		return formatdate(value)
	if isinstance(value, Choices):
		return ", ".join(_link(_(words), way_url(name) if links else "") for name, words in value.options)
	return value


def extra_credits(count: int) -> str:
	"""A number of credits that are charged on top, in words."""
	return _("1 extra credit") if count == 1 else _("{0} extra credits").format(count)


def of_error(error: EngineError) -> str:
	"""What the engine refused, for a person: translated where it has a sentence with values."""
	return _(error.template).format(**error.values) if error.values else error.template


def refusal(decision: Decision) -> str:
	"""The refusal with its ways on as links, and what to read first (design rule 8)."""
	links = [_link(link["label"], link["url"]) for link in reading_links()]
	return f"{render(decision.message, links=True)} {' · '.join(links)}".strip()


def why_refused(decision: Decision) -> str:
	"""The reason of a refusal alone."""
	values = decision.message.values
	template = NEEDED_EXPIRED if values["expired"] and values["expired_on"] else NEEDED
	return render(Message(template, values))


def reading_links() -> list[dict[str, str]]:
	"""What to read first, as label and url; only what the provider has set."""
	reading = {"documentation_url": _("Documentation"), "community_url": _("Community")}
	urls = {label: site.settings().get(field) for field, label in reading.items()}
	return [{"label": label, "url": url} for label, url in urls.items() if url]


def links_on() -> list[dict[str, str]]:
	"""The ways on as label and url, for a mail; the url is empty where there is no page for one."""
	words = dict(ways_of(ways_on()).options)
	return [{"label": _(words[name]), "url": _whole(way_url(name))} for name in words]


def way_url(name: str) -> str:
	"""Where a way on (buy, redeem, emergency) leads: the provider's own page first, then ordering in the portal; else empty."""
	own = site.settings().get(f"{name}_url") or ""
	return own or (ORDER_PAGE if name == "buy" and site.settings().customers_may_order else "")


def _whole(url: str) -> str:
	"""A mail is read away from the site."""
	return frappe.utils.get_url(url) if url.startswith("/") else url


def _link(label: str, url: str | None) -> str:
	if not url:
		return label
	# Underlined by hand: Helpdesk's toast keeps ``a`` and ``u`` and gives links no look of their own.
	return f'<a href="{frappe.utils.escape_html(url)}"><u>{label}</u></a>'


def ways_on() -> tuple[str, ...]:
	"""What this provider offers a customer without credits. By the hour only where a page for it is set."""
	return WAYS_ON if site.settings().emergency_url else tuple(way for way in WAYS_ON if way != "emergency")
