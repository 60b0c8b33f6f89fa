"""What the text of a notice may say, as its reader has it: the variables of the templates (docs/notices.md)."""

from __future__ import annotations

from decimal import Decimal

import frappe
from babel.numbers import format_decimal
from frappe import _
from frappe.email.queue import get_unsubcribed_url
from frappe.utils import formatdate, get_url

from support_credits.engine.model import parse_stamp
from support_credits.engine.notice import ASKS, Kind
from support_credits.hours.wording import moment
from support_credits.ledger import queries
from support_credits.ledger import settings as site
from support_credits.ledger.wording import links_on
from support_credits.mail import consent
from support_credits.mail.readers import Reader
from support_credits.offer.wording import locale, money_text

CREDITS_PAGE = "/helpdesk/credits"
TICKET_PAGE = "/helpdesk/my-tickets"
NUMBERS = ("credits", "threshold", "days", "minutes")
DAYS = ("expires_on", "expired_on", "starts_on")
INSTANTS = ("due_at", "answer_by")
TIERS = ("tier", "base_tier")
TEXTS = ("reason", "ticket", "subject", "ticket_url", "answer_url", "hours", "label", "amount")
VARIABLES = (*NUMBERS, *DAYS, *INSTANTS, *TIERS, *TEXTS)
LEAVE_PAGE = "/support-credits/no-notices"


def values_for(row: frappe._dict, reader: Reader) -> dict[str, object]:
	"""Every variable of the templates; those that a kind does not have are empty. In the language that is set."""
	details = row.details
	values: dict[str, object] = dict.fromkeys(VARIABLES, "")
	values |= {name: details[name] for name in NUMBERS if name in details}
	values |= {name: formatdate(details[name]) for name in DAYS if details.get(name)}
	values |= {name: _moment(details[name]) for name in INSTANTS if details.get(name)}
	values |= {name: _tier(details[name]) for name in TIERS if details.get(name)}
	values |= {name: str(details[name]) for name in ("reason", "ticket") if details.get(name)}
	if "billed_minutes" in details:
		values["hours"] = format_decimal(details["billed_minutes"] / 60, locale=locale())
	label = details.get("label")
	if label:
		values["label"] = _(label)
	if details.get("amount"):
		values["amount"] = money_text(Decimal(details["amount"]), details.get("currency"))
	values |= _ticket(row, reader)
	if row.kind == Kind.PROPOSAL.value:
		values |= _proposal(row, reader)
	return values | {
		"customer": row.customer,
		"provider": site.settings().provider_name or "",
		"balance": queries.balance(row.account) if row.account else "",
		"credits_url": get_url(CREDITS_PAGE),
		"ways": links_on(),
	}


def _moment(stamp: str) -> str:
	return moment(parse_stamp(stamp), site.provider_zone())


def _tier(tier: str) -> str:
	return _(frappe.get_cached_value("Support Tier", tier, "tier_name") or tier)


def _ticket(row: frappe._dict, reader: Reader) -> dict[str, object]:
	"""Where the ticket is; what it is about only for who may read it."""
	if not row.ticket:
		return {}
	values: dict[str, object] = {"ticket_url": get_url(f"{TICKET_PAGE}/{row.ticket}")}
	fields = ["subject", "raised_by", "customer"]
	found = frappe.db.get_value("HD Ticket", row.ticket, fields, as_dict=True)
	if not found:
		return values
	own = (found.raised_by or "").lower() in (reader.email.lower(), reader.user.lower())
	# It may be another customer's by now: corrected, or another ticket under the same number.
	if own or (reader.is_manager and found.customer == row.customer):
		values["subject"] = found.subject or ""
	return values


def _proposal(row: frappe._dict, reader: Reader) -> dict[str, object]:
	asked = frappe.db.get_value(
		"Credit Proposal", row.about_name, ["minutes", "reason", "expires_at_utc"], as_dict=True
	)
	return {
		"minutes": asked.minutes,
		"reason": asked.reason,
		"answer_by": _moment(asked.expires_at_utc),
		"answer_url": consent.url_for(row.about_name, reader.email),
	}


def unsubscribe_from(row: frappe._dict) -> tuple[str, str]:
	"""What the host's own record says somebody wants no mails about."""
	return ("Credit Account", row.account) if row.account else ("HD Customer", row.customer)


def footer(row: frappe._dict, reader: Reader) -> str:
	"""The way out, below every text whatever has been made of it: to the host's own link, behind a page that asks."""
	if Kind(row.kind) in ASKS:
		return ""
	url = get_unsubcribed_url(*unsubscribe_from(row), reader.email, LEAVE_PAGE, None)
	said = _("You get this because you belong to {0}.").format(row.customer)
	leave = _("No more of these mails")
	link = f'<a href="{frappe.utils.escape_html(url)}">{leave}</a>'
	return f'<p style="color: #666; font-size: 12px">{frappe.utils.escape_html(said)} {link}</p>'
