"""Order Redemptions: who asked for which order of an outside shop, and how it stands. What they bring is in ``external_grants``.

A row is there before the shop is asked, so that a crash in between loses nothing: the job asks again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import frappe
from frappe import _
from frappe.model.naming import make_autoname

from support_credits.engine.errors import NotAllowed
from support_credits.engine.model import stamp_text
from support_credits.engine.order_numbers import Asked
from support_credits.engine.redemption import OPEN, TRIES, Event, State, next_state, next_try
from support_credits.exceptions import WrongState
from support_credits.ledger import clock, rows

DOCTYPE = "Order Redemption"
SERIES = "RD-.YYYY.-.#####"
COLUMNS = (
	"name", "number", "id_kind", "state", "customer", "claimant", "ticket", "sender", "sender_is_false", "bound_by", "reason",
	"order_id", "charge", "charged_at_utc", "renews", "pack", "credits", "account", "lot", "expires_at_utc", "voided", "spent",
	"tries", "next_try_at_utc", "checked_at_utc", "link_expires_at_utc", "claim_key", "grant_key", "link_hash",
)  # fmt: skip
READ = f"SELECT {', '.join(COLUMNS)} FROM `tabOrder Redemption` FORCE INDEX (PRIMARY) WHERE name = %s"
BATCH = 100
REASON_LENGTH = 500


@dataclass(frozen=True)
class Claim:
	"""Somebody asks for an order: ``claimant`` is his user, ``customer`` gets the credits."""

	asked: Asked
	customer: str
	claimant: str


def claim(wish: Claim) -> str:
	"""The redemption of this order for this customer: a new one, or the one that is still open."""
	key = _key(wish.asked, f"customer:{wish.customer}")
	return _insert(
		wish.asked,
		{
			"state": State.PENDING.value,
			"customer": wish.customer,
			"claimant": wish.claimant,
			"claim_key": key,
			"next_try_at_utc": stamp_text(next_try(1, clock.now())),
		},
	)


def note_found(asked: Asked, ticket: str, sender: str, is_false: bool) -> str:
	"""A mail of ``ticket`` names the order: kept for an agent, once per ticket. Nobody has asked for it yet."""
	key = _key(asked, f"ticket:{ticket}")
	said = {"ticket": ticket, "sender": sender, "sender_is_false": int(is_false), "claim_key": key}
	return _insert(asked, {"state": State.FOUND.value, **said})


def _key(asked: Asked, whose: str) -> str:
	"""As a digest: for the database two words that differ in case alone are one, and names are long."""
	return sha256(f"{asked.value}\0{whose}".encode()).hexdigest()


def _insert(asked: Asked, values: dict[str, object]) -> str:
	earlier = frappe.db.get_value(DOCTYPE, {"claim_key": values["claim_key"]}, "name", order_by=None)
	if earlier:
		return str(earlier)
	own = {"name": make_autoname(SERIES), "number": asked.value, "id_kind": asked.kind}
	own["asked_at_utc"] = stamp_text(clock.now())
	try:
		rows.insert_rows(DOCTYPE, [{**own, **values}])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		# Another request was committed since this transaction began: begun again, it is seen.
		raise frappe.QueryDeadlockError(_("Order asked for twice at once")) from error
	return str(own["name"])


def lock(name: str) -> frappe._dict:
	"""The row, locked and fresh. Taken before any account's lock."""
	found = frappe.db.sql(f"{READ} FOR UPDATE", name, as_dict=True)
	return found[0] if found else _unknown(name)


def row_of(name: str) -> frappe._dict:
	"""The same by a plain read."""
	found = frappe.db.sql(READ, name, as_dict=True)
	return found[0] if found else _unknown(name)


def _unknown(name: str) -> frappe._dict:
	frappe.throw(
		_("Order Redemption {0} does not exist.").format(frappe.utils.escape_html(name)),
		frappe.DoesNotExistError,
	)


def asked_of(row: frappe._dict) -> Asked:
	return Asked(row.id_kind, row.number)


def is_open(row: frappe._dict) -> bool:
	return row.state in OPEN


def after(row: frappe._dict, event: Event) -> State:
	"""The state after ``event``. WrongState, naming row and state, when that cannot happen."""
	try:
		return next_state(State(row.state), event)
	except NotAllowed as error:
		frappe.throw(
			_("Redemption {0} cannot be changed: {1}.").format(
				row.name, _(error.template).format(state=_(str(error.values["state"])))
			),
			WrongState,
		)


def move(row: frappe._dict, event: Event, **values: object) -> None:
	"""The event happens to a locked row; ``values`` are noted with it."""
	state = after(row, event)
	if "reason" in values:
		values["reason"] = str(values["reason"])[:REASON_LENGTH]
	if state not in OPEN and state is not State.FOUND:
		values |= {"claim_key": None, "link_hash": None, "next_try_at_utc": "", "trouble": ""}
	elif state is not State.PENDING:
		values["next_try_at_utc"] = ""
	frappe.db.set_value(DOCTYPE, row.name, {"state": state.value, **values})
	row.update({"state": state.value, **values})


def take_up(name: str, customer: str, claimant: str) -> None:
	"""An agent asks for an order that a mail names, for the ticket's ``customer``."""
	row = lock(name)
	at = stamp_text(next_try(1, clock.now()))
	move(
		row,
		Event.ASK,
		customer=customer,
		claimant=claimant,
		asked_at_utc=stamp_text(clock.now()),
		next_try_at_utc=at,
	)


def prove(name: str, bound_by: str) -> None:
	"""Somebody has shown, or decided, that the order is the customer's: it is looked up and granted. An open one only."""
	row = lock(name)
	move(
		row, Event.PROVE, bound_by=bound_by, reason="", tries=0, link_hash=None, link_expires_at_utc="",
		next_try_at_utc=stamp_text(clock.now()), decided_by=frappe.session.user, decided_at_utc=stamp_text(clock.now()),
	)  # fmt: skip


def refuse(row: frappe._dict, reason: str, **values: object) -> None:
	move(row, Event.REFUSE, reason=reason, **values)


def decline(name: str, reason: str) -> None:
	"""A manager's word, or an agent's on what a mail names."""
	refuse(lock(name), reason, decided_by=frappe.session.user, decided_at_utc=stamp_text(clock.now()))


def try_later(
	row: frappe._dict, trouble: str, reset: datetime | None = None, is_failure: bool = True
) -> None:
	"""Ask again, later each time and not before ``reset``; after too many tries a person looks at it.

	``is_failure`` False: the shop answered, and the order is not paid yet.
	"""
	tries = int(row.tries) + 1
	if tries >= TRIES:
		move(row, Event.QUEUE, reason=trouble, tries=tries)
		return
	values = {"tries": tries, "next_try_at_utc": stamp_text(next_try(tries, clock.now(), reset))}
	values["trouble" if is_failure else "reason"] = trouble[:REASON_LENGTH]
	frappe.db.set_value(DOCTYPE, row.name, values)
	row.update(values)


def send_link(row: frappe._dict, link_hash: str, valid: timedelta) -> None:
	"""Its one-time link is on its way; only its digest is kept."""
	ends = stamp_text(clock.now() + valid)
	move(
		row,
		Event.SEND_LINK,
		link_hash=link_hash,
		link_expires_at_utc=ends,
		reason=_("A link was sent to its contributor."),
	)


def live_links(order_id: str) -> int:
	"""Links that wait to be opened for one order, whoever asked."""
	standing = {
		"state": State.LINK.value,
		"order_id": order_id,
		"link_expires_at_utc": [">", stamp_text(clock.now())],
	}
	return int(frappe.db.count(DOCTYPE, standing))


def by_link(link_hash: str) -> frappe._dict | None:
	"""The row whose link this is, while it can be opened."""
	name = frappe.db.get_value(DOCTYPE, {"link_hash": link_hash}, "name", order_by=None)
	row = lock(name) if name else None
	if not row or row.link_hash != link_hash or row.state != State.LINK.value:
		return None
	return row if row.link_expires_at_utc > stamp_text(clock.now()) else None


def due() -> list[str]:
	"""Redemptions to be looked up now, those that wait longest first."""
	now = stamp_text(clock.now())
	filters = {"state": State.PENDING.value, "next_try_at_utc": ["<=", now]}
	return frappe.get_all(
		DOCTYPE, filters=filters, pluck="name", order_by="next_try_at_utc asc, name asc", limit=BATCH
	)


def expire_links() -> int:
	"""End the redemptions whose link nobody has opened in time; returns how many."""
	over = {"state": State.LINK.value, "link_expires_at_utc": ["<=", stamp_text(clock.now())]}
	names = frappe.get_all(DOCTYPE, filters=over, pluck="name", order_by="name asc", limit=BATCH)
	return sum(_expire_link(lock(name)) for name in names)


def _expire_link(row: frappe._dict) -> int:
	if row.state != State.LINK.value or row.link_expires_at_utc > stamp_text(clock.now()):
		return 0
	refuse(row, _("Its link was not opened in time."))
	return 1


def names_of(order_id: str, states: Iterable[State]) -> list[str]:
	"""Rows of one order, the first that was granted first."""
	filters = {"order_id": order_id, "state": ["in", [state.value for state in states]]}
	return frappe.get_all(DOCTYPE, filters=filters, pluck="name", order_by="charged_at_utc asc, name asc")


def pending_of(number: str) -> list[str]:
	"""Redemptions that wait for this order."""
	filters = {"number": number, "state": State.PENDING.value}
	return frappe.get_all(DOCTYPE, filters=filters, pluck="name", order_by="name asc", limit=BATCH)
