"""The provider's own words: what an incident is, what is free, how to ask, where to read on."""

from __future__ import annotations

from typing import TypedDict

import frappe
from frappe import _

from support_credits.api.shapes import Link
from support_credits.engine.catalogue import Catalogue
from support_credits.engine.catalogue_model import TEXTS
from support_credits.ledger import settings as site

PAGE = "/support-credits"


class Free(TypedDict):
	"""A reason not to be charged, and what it means."""

	label: str
	description: str


def texts(loaded: Catalogue | None) -> dict[str, str]:
	said = loaded.texts if loaded else {}
	return {name: _(said[name]) if said.get(name) else "" for name in TEXTS}


def not_charged(loaded: Catalogue | None) -> list[Free]:
	"""As the provider words it; without his words the reasons that agents may set."""
	if loaded and loaded.not_charged:
		return [Free(label=_(line), description="") for line in loaded.not_charged]
	reasons = frappe.get_all(
		"Exemption Reason", filters={"enabled": 1}, fields=["label", "description"], order_by="label asc"
	)
	return [Free(label=_(reason.label), description=_(reason.description or "")) for reason in reasons]


def reading(loaded: Catalogue | None) -> list[Link]:
	"""Where to read and ask; only what the provider has set."""
	settings, links = site.settings(), loaded.links if loaded else {}
	found = (
		(_("Documentation"), settings.documentation_url),
		(_("Community"), settings.community_url),
		(_("Terms"), links.get("terms")),
		(_("Contact"), links.get("contact")),
	)
	return [Link(label=label, url=url) for label, url in found if url]


def elsewhere(way: str) -> str:
	"""The address of a way on (buy, redeem, emergency) that does not lead back to this page; empty for one that does."""
	url = site.settings().get(f"{way}_url") or ""
	return "" if url.partition("#")[0].partition("?")[0].rstrip("/") in ("", PAGE) else url


def services_link(loaded: Catalogue | None) -> str:
	return (loaded.links.get("services") if loaded else None) or ""


def mail_addresses() -> list[str]:
	"""Where mails become tickets."""
	accounts = frappe.get_all(
		"Email Account",
		filters={"enable_incoming": 1, "append_to": "HD Ticket"},
		pluck="email_id",
		order_by="email_id asc",
	)
	by_folder = frappe.get_all(
		"IMAP Folder", filters={"append_to": "HD Ticket", "parenttype": "Email Account"}, pluck="parent"
	)
	more = frappe.get_all(
		"Email Account", filters={"enable_incoming": 1, "name": ["in", by_folder or [""]]}, pluck="email_id"
	)
	return sorted({*accounts, *more} - {""})
