"""Grants, voids and adjustments by hand that are so big that a second person has to agree (a setting, off).

The request is a row of its own; nothing is in the ledger before another manager approves it, and then it is entered once,
with both names in its reason. The request's row is locked before any account.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

import frappe
from frappe import _

from support_credits.engine.approval import Event, State, needs_second_person, next_state, state_at
from support_credits.engine.errors import NotAllowed
from support_credits.engine.grants import days_after
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.exceptions import AlreadyPosted, WrongState
from support_credits.integrations.notices import MANAGERS, notify_each, people_of
from support_credits.ledger import clock, grants, rows
from support_credits.ledger import settings as site
from support_credits.ledger.grants import GrantOrder
from support_credits.run_record import recorded

DOCTYPE = "Credit Approval"
GRANT, VOID, ADJUSTMENT = "Grant", "Void", "Adjustment"
BATCH = 1_000
COLUMNS = (
	"name", "act", "account", "customer", "lot", "state", "credits", "pack", "months", "price", "currency", "reason",
	"requested_by", "requested_at_utc", "expires_at_utc", "event_key",
)  # fmt: skip
LOCK = f"SELECT {', '.join(COLUMNS)} FROM `tab{DOCTYPE}` FORCE INDEX (PRIMARY) WHERE name = %s FOR UPDATE"


@dataclass(frozen=True)
class Request:
	"""What somebody wants entered, with the terms he saw: ``credits`` signed for an adjustment; ``event_key`` makes it
	happen once, and is asked for once.
	"""

	act: str
	account: str
	credits: int
	reason: str
	event_key: str
	lot: str | None = None
	pack: str | None = None
	months: int | None = None
	price: Decimal | None = None
	currency: str | None = None


@dataclass(frozen=True)
class Answer:
	"""A request that was answered. ``lot`` is the one that was opened or changed, where one was."""

	approval: str
	state: State
	act: str
	account: str
	credits: int
	lot: str = ""


def is_needed(credits: int) -> bool:
	"""Whether an entry of so many credits, in or out, needs a second person here."""
	return needs_second_person(credits, int(site.settings().second_person_from or 0))


def ask(request: Request) -> str:
	"""Write the request and tell the other managers; returns its name. The same event again is the same request."""
	earlier = _open_one(request)
	if earlier:
		return earlier
	at, name = clock.now(), frappe.generate_hash(length=10)
	values = {
		"name": name,
		**asdict(request),
		"months": request.months or 0,
		"price": request.price or 0,
		"customer": frappe.db.get_value("Credit Account", request.account, "customer"),
		"state": State.WAITING.value,
		"open_key": request.event_key,  # unique: whoever asks for it at the same moment has not seen this one
		"requested_by": frappe.session.user,
		"requested_at_utc": stamp_text(at),
		"expires_at_utc": stamp_text(days_after(at, site.approval_days(), site.provider_zone())),
	}
	try:
		rows.insert_rows(DOCTYPE, [values])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		# Another request was committed since this transaction began: begun again, it is seen.
		raise frappe.QueryDeadlockError(_("This was asked for twice at once.")) from error
	_tell_managers(name, request)
	return name


def _open_one(request: Request) -> str | None:
	"""The request for the same event that waits already; one for another number of credits is a mistake."""
	_expire({"open_key": request.event_key})
	fields = ["name", "account", "credits"]
	found = frappe.db.get_value(DOCTYPE, {"open_key": request.event_key}, fields, as_dict=True, order_by=None)
	if found and (found.account, found.credits) != (request.account, request.credits):
		frappe.throw(
			_(
				"Request {0} for {1} credit(s) waits under the same key. Use another key for another entry."
			).format(found.name, found.credits),
			AlreadyPosted,
		)
	return found.name if found else None


def _tell_managers(name: str, request: Request) -> None:
	me = frappe.session.user

	def subject() -> str:
		said = _("{0} asks for a second person: {1} of {2} credit(s). {3}")
		parts = (me, _(request.act), request.credits, request.reason)
		return said.format(*(frappe.utils.escape_html(str(part)) for part in parts))

	notify_each(people_of(*MANAGERS) - {me}, DOCTYPE, name, subject)


def approve(name: str, note: str = "") -> Answer:
	"""Enter what was asked for, once. Raises WrongState where it was answered, is over, or is the caller's own request; and
	what the entry itself raises, with the request still waiting.
	"""
	with _answering(name, Event.APPROVE) as (row, after):
		lot = _enter(row)
		_write(name, after, note)
	return Answer(name, after, row.act, row.account, row.credits, lot)


def decline(name: str, note: str = "") -> Answer:
	"""Nothing is entered."""
	return _end(name, Event.DECLINE, note)


def withdraw(name: str) -> Answer:
	"""Who asked takes it back."""
	return _end(name, Event.WITHDRAW)


def _end(name: str, event: Event, note: str = "") -> Answer:
	with _answering(name, event) as (row, after):
		_write(name, after, note)
	return Answer(name, after, row.act, row.account, row.credits, row.lot or "")


@contextmanager
def _answering(name: str, event: Event) -> Iterator[tuple[frappe._dict, State]]:
	"""The request, locked and fresh, with its state after ``event``."""
	found = frappe.db.sql(LOCK, name, as_dict=True)
	if not found:
		said = _("Request {0} does not exist.").format(frappe.utils.escape_html(name))
		frappe.throw(said, frappe.DoesNotExistError)
	row = found[0]
	state = state_at(State(row.state), parse_stamp(row.expires_at_utc), clock.now())
	try:
		after = next_state(state, event, row.requested_by, frappe.session.user)
	except NotAllowed as error:
		values = {name: _(str(value)) for name, value in error.values.items()}
		frappe.throw(
			_("Request {0} cannot be answered: {1}.").format(name, _(error.template).format(**values)),
			WrongState,
		)
	yield row, after


def _enter(row: frappe._dict) -> str:
	reason = _("{0} (asked for by {1}, approved by {2})").format(
		row.reason, row.requested_by, frappe.session.user
	)
	if row.act == VOID:
		grants.void_lot(row.lot, reason, most=row.credits)
		return row.lot
	if row.act == ADJUSTMENT:
		grants.adjust_lot(row.lot, row.credits, reason, row.event_key)
		return row.lot
	order = GrantOrder(
		row.credits,
		row.event_key,
		reason,
		source="Pack" if row.pack else "Manual",
		months=row.months or None,
		pack=row.pack or None,
		price=Decimal(str(row.price)) if row.pack else None,
		currency=row.currency or None,
	)
	return grants.grant(row.account, order).lot


def _write(name: str, after: State, note: str) -> None:
	values = {
		"state": after.value,
		"open_key": None,
		"answer_note": note,
		"answered_by": frappe.session.user,
		"answered_at_utc": stamp_text(clock.now()),
	}
	frappe.db.set_value(DOCTYPE, name, values)


@recorded
def expire_waiting() -> int:
	"""The scheduled job: say of every request whose time is over that it is; it could not be approved before either."""
	done = _expire({})
	frappe.db.commit()
	return done


def _expire(filters: dict[str, object]) -> int:
	# By primary key: whoever answers one of them holds its row, and no other.
	over = {"state": State.WAITING.value, "expires_at_utc": ["<=", stamp_text(clock.now())], **filters}
	names = frappe.get_all(DOCTYPE, filters=over, pluck="name", limit=BATCH, order_by="name asc")
	for name in names:
		frappe.db.sql(
			f"UPDATE `tab{DOCTYPE}` SET state = %s, open_key = NULL WHERE name = %s AND state = %s",
			(State.EXPIRED.value, name, State.WAITING.value),
		)
	return len(names)


def found(state: State | None = None) -> list[frappe._dict]:
	"""Requests with the state they have now, newest first; those in ``state`` when it is named."""
	at: datetime = clock.now()
	filters = {"state": state.value} if state else {}
	listed = frappe.get_all(
		DOCTYPE, filters=filters, fields=list(COLUMNS), order_by="creation desc, name asc", limit=200
	)
	for row in listed:
		row.state = state_at(State(row.state), parse_stamp(row.expires_at_utc), at).value
	return [row for row in listed if not state or row.state == state.value]
