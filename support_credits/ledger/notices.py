"""Credit Notices: what a customer is to be told, once. The row is what makes it once; the mail is queued in the transaction
that says so on it (``mail/notices``).

A notice is kept in the transaction of a job or of somebody's act, never in one that charges a ticket.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import frappe
from frappe import _

from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.engine.notice import DEFAULTS, Choice, Kind, numbers
from support_credits.ledger import clock, incidents, notice_desk, rows, soon
from support_credits.ledger import settings as site

DOCTYPE = "Credit Notice"
COLUMNS = (
	"name", "kind", "notice_key", "customer", "account", "about_doctype", "about_name", "ticket", "state", "noted_at_utc",
	"details",
)  # fmt: skip
READ = f"SELECT {', '.join(COLUMNS)} FROM `tabCredit Notice` FORCE INDEX (PRIMARY) WHERE name = %s"
BATCH = 200
THRESHOLD_MAX, DAYS_MAX = 1_000_000, 366


class State(str, Enum):
	"""Where a notice stands; stored as these strings."""

	QUEUED = "Queued"  # also while no mail can be sent
	SENT = "Sent"
	NOBODY = "Nobody"  # the customer has nobody with an address
	SKIPPED = "Skipped"  # not wanted, or no longer true; the row says which


@dataclass(frozen=True)
class Notice:
	"""``key`` is unique to what happened. ``about`` names the record it is about; ``values`` are what its text says, as plain
	JSON: numbers, instants as stored, names of records.
	"""

	kind: Kind
	key: str
	customer: str
	account: str = ""
	about: tuple[str, str] = ("", "")
	ticket: str = ""
	values: Mapping[str, object] = field(default_factory=dict)


def choice_of(kind: Kind) -> Choice:
	"""How the site tells this kind."""
	for row in site.settings().get("notices") or ():
		if row.kind == kind.value:
			return Choice(bool(row.by_mail), bool(row.in_desk))
	return DEFAULTS[kind]


def is_told(kind: Kind) -> bool:
	choice = choice_of(kind)
	return choice.by_mail or choice.in_desk


def thresholds() -> tuple[int, ...]:
	"""Balances at which a customer is told that they are low, highest first."""
	return _numbers("low_balance_at", THRESHOLD_MAX)


def expiry_days() -> tuple[int, ...]:
	"""Days before their last one at which credits are said to expire, highest first."""
	return _numbers("expiring_days", DAYS_MAX)


def _numbers(setting: str, most: int) -> tuple[int, ...]:
	try:
		return numbers(site.settings().get(setting) or "", most)
	except EngineError:
		return ()  # refused when it is saved; a hand has written it past that


def note(notice: Notice) -> str | None:
	"""Keep ``notice``, and tell the provider's people in the desk where they want to know. Returns its name; None when it was
	kept before, or this site does not tell its kind.
	"""
	return keep(notice) if is_told(notice.kind) else None


def keep(notice: Notice) -> str | None:
	"""The same, also where nobody is told: the row alone makes once what is done with it."""
	if not notice.customer:
		return None
	choice, name = choice_of(notice.kind), incidents.new_name()
	if not _insert(name, notice, choice):
		return None
	if choice.in_desk:
		notice_desk.tell(DOCTYPE, name, notice.kind, notice.customer, notice.values)
	if choice.by_mail:
		soon.after_commit("support_credits.mail.notices.send_due", "notices to customers")
	return name


def _insert(name: str, notice: Notice, choice: Choice) -> bool:
	doctype, about = notice.about
	values = {
		"name": name,
		"kind": notice.kind.value,
		"notice_key": notice.key,
		"customer": notice.customer,
		"account": notice.account or None,
		"about_doctype": doctype or None,
		"about_name": about or None,
		"ticket": notice.ticket or None,
		"state": (State.QUEUED if choice.by_mail else State.SKIPPED).value,
		"note": "" if choice.by_mail else _("Support Credits Settings do not send this kind by e-mail."),
		"noted_at_utc": stamp_text(clock.now()),
		"details": json.dumps(dict(notice.values), sort_keys=True, default=str, ensure_ascii=False),
	}
	try:
		rows.insert_rows(DOCTYPE, [values])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		return False
	return True


def due() -> list[str]:
	"""Notices to be sent, oldest first; one that could not be written waits behind the others."""
	return frappe.get_all(
		DOCTYPE,
		filters={"state": State.QUEUED.value},
		pluck="name",
		order_by="modified asc, name asc",
		limit=BATCH,
	)


def lock(name: str) -> frappe._dict | None:
	"""The row, locked and fresh, with its values as ``values``."""
	found = frappe.db.sql(f"{READ} FOR UPDATE", name, as_dict=True)
	if not found:
		return None
	found[0]["details"] = json.loads(found[0].details or "{}")
	return found[0]


def settle(row: frappe._dict, state: State, note: str = "", recipients: tuple[str, ...] = ()) -> None:
	"""Say on a locked row what became of it."""
	values = {"state": state.value, "note": note, "recipients": "\n".join(recipients)}
	if state is State.SENT:
		values["sent_at_utc"] = stamp_text(clock.now())
	frappe.db.set_value(DOCTYPE, row.name, values)


def postpone(name: str) -> None:
	"""To the end of the job's line."""
	frappe.db.set_value(DOCTYPE, name, "modified", frappe.utils.now(), update_modified=False)
