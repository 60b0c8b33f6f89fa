"""Rows of Support Subscription as engine values, and back. Read and written under the lock of their account alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate, now

from support_credits.engine.model import DAY, stamp_text
from support_credits.engine.subscription import PAID, Event, Period, Plan, State, Step, Subscription
from support_credits.exceptions import AlreadyPosted
from support_credits.ledger import rows
from support_credits.ledger.posting import OpenAccount

DOCTYPE, EVENT = "Support Subscription", "Support Subscription Event"
CANCELLED, LAPSED, JOINED = "Cancelled", "Lapsed", "Joined"  # why one has ended
COLUMNS = (
	"name", "account", "customer", "state", "tier", "monthly_credits", "next_tier", "next_credits", "counted_from",
	"period_on", "paid_until", "fallen_at_utc", "gives_up_on", "event_count",
)  # fmt: skip
LOCK = f"SELECT {', '.join(COLUMNS)} FROM `tab{DOCTYPE}` FORCE INDEX (PRIMARY) WHERE name = %s FOR UPDATE"
# What a person decides; the rest happens by the calendar.
CHOSEN = frozenset({Event.START, Event.UPGRADE, Event.SWITCH, Event.PLAN, Event.KEEP, Event.CANCEL})


@dataclass(frozen=True)
class Held:
	"""A subscription with its name; ``events`` counts its history, and is 0 for one that is not written yet."""

	name: str
	subscription: Subscription
	events: int = 0
	fallen_at_utc: str = ""


@dataclass(frozen=True)
class Note:
	"""What a row says of a step besides the step: the ledger's event that charged it, the request's key, and why it ended."""

	ledger_key: str = ""
	request_key: str = ""
	why: str = ""


def lock_live(account: OpenAccount) -> Held | None:
	"""The account's subscription that is not over, locked and fresh."""
	name = account.row.subscription
	found = frappe.db.sql(LOCK, name, as_dict=True) if name else None
	return held_of(found[0]) if found else None


def read_live(account: str) -> Held | None:
	"""The same by a plain read: to show it, never to decide by it."""
	found = frappe.db.get_value(DOCTYPE, {"live_account": account}, COLUMNS, as_dict=True, order_by=None)
	return held_of(found) if found else None


def held_of(row: frappe._dict) -> Held:
	"""The engine's value of a row of :data:`COLUMNS`."""
	subscription = Subscription(
		state=State(row.state),
		plan=Plan(row.tier, int(row.monthly_credits)),
		counted_from=getdate(row.counted_from),
		paid=Period(getdate(row.period_on), getdate(row.paid_until) + DAY),
		planned=Plan(row.next_tier, int(row.next_credits)) if row.next_tier else None,
		gives_up_on=getdate(row.gives_up_on) if row.gives_up_on else None,
	)
	return Held(row.name, subscription, int(row.event_count), row.fallen_at_utc or "")


def write(account: OpenAccount, held: Held, step: Step, note: Note) -> None:
	"""Write the subscription as it is after ``step``, its history, and the account's index of it."""
	values = _columns(account, held, step, note.why)
	if held.events:
		values |= {"modified": now(), "modified_by": frappe.session.user}
		frappe.db.set_value(DOCTYPE, held.name, values, update_modified=False)
	else:
		began = {"name": held.name, "account": account.name, "customer": account.row.customer}
		rows.insert_rows(DOCTYPE, [{**began, "started_on": step.after.counted_from, **values}])
	_insert_event(account, held, step, note)
	index(account, held.name, step.after)


def _columns(account: OpenAccount, held: Held, step: Step, why: str) -> dict[str, object]:
	after, at = step.after, stamp_text(account.at)
	values: dict[str, object] = {
		"state": after.state.value,
		"live_account": None if after.state is State.ENDED else account.name,
		"tier": after.plan.tier,
		"monthly_credits": after.plan.credits,
		"next_tier": after.planned.tier if after.planned else None,
		"next_credits": after.planned.credits if after.planned else 0,
		"counted_from": after.counted_from,
		"period_on": after.paid.first,
		"paid_until": after.paid.last,
		"next_period_on": after.paid.following if after.state is State.ACTIVE else None,
		"gives_up_on": after.gives_up_on,
		"event_count": held.events + 1,
	}
	if step.event in CHOSEN:
		values["chosen_by"] = frappe.session.user
	if step.event is Event.FALL:
		values["fallen_at_utc"] = at
	elif step.event is Event.COME_BACK:
		values |= {"fallen_at_utc": "", "returned_at_utc": at}
	elif step.event is Event.END:
		values |= {"ended_at_utc": at, "end_reason": why}
	return values


def _insert_event(account: OpenAccount, held: Held, step: Step, note: Note) -> None:
	after = step.after
	row = {
		"name": f"{held.name}-{held.events + 1:05d}",
		"subscription": held.name,
		"customer": account.row.customer,
		"event": step.event.value,
		"at_utc": stamp_text(account.at),
		"done_by": frappe.session.user,
		"tier": after.next_plan.tier,
		"credits": step.cost,
		"period_on": after.paid.first,
		"period_until": after.paid.last,
		"event_key": note.ledger_key or None,
		"request_key": note.request_key or None,
	}
	try:
		rows.insert_rows(EVENT, [row])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		raise AlreadyPosted(_("This choice has been entered already.")) from error


def index(account: OpenAccount, name: str, after: Subscription) -> None:
	"""What a ticket has to know, on the row that is locked for it anyway: the tier that counts, and from which day it does
	not any more.
	"""
	paid, over = after.state in PAID, after.state is State.ENDED
	_write_index(
		account,
		None if over else name,
		after.plan.tier if paid else None,
		after.paid.following if paid else None,
	)


def clear_index(account: OpenAccount) -> None:
	"""The account's subscription has moved to another one."""
	_write_index(account, None, None, None)


def _write_index(account: OpenAccount, name: str | None, tier: str | None, until: date | None) -> None:
	values = {"subscription": name, "subscribed_tier": tier, "subscribed_until": until}
	frappe.db.set_value("Credit Account", account.name, values, update_modified=False)
	account.row.update(values)


def move(held: Held, target: OpenAccount) -> None:
	"""The subscription is ``target``'s from now on: two customers were merged."""
	values = {"account": target.name, "live_account": target.name, "customer": target.row.customer}
	frappe.db.set_value(DOCTYPE, held.name, values, update_modified=False)
	index(target, held.name, held.subscription)
