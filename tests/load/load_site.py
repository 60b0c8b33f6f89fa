"""What the benchmark needs on a site: customers with a portal user each, an account with very many entries.

Everything made here is named ``Load …`` and stays on the site: a second run uses it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import frappe

PASSWORD_FREE = {"send_welcome_email": 0, "enabled": 1, "user_type": "Website User"}
INSERT_ROWS = 5_000
CHARGED, NO_ACCOUNT, HOOKS_OFF, MANY, FEW, HOURS = (
	"Load Charged", "Load Without Account", "Load Hooks Off", "Load Many Entries", "Load Two Lots", "Load With Hours",
)  # fmt: skip
BIG_CREDITS = 1_000_000


@dataclass(frozen=True)
class Place:
	"""The site the benchmark runs on."""

	site: str
	sites_path: str


def fresh(place: Place, user: str = "Administrator") -> None:
	"""A state as at the start of a request: new connection, empty local caches, ``user`` logged in."""
	frappe.destroy()
	frappe.init(place.site, sites_path=place.sites_path)
	frappe.connect()
	frappe.set_user(user)
	frappe.get_doc_hooks()  # both sides of a measurement find them loaded: switching the app off has to read them


def user_of(customer: str) -> str:
	return f"{customer.lower().replace(' ', '.')}@load.example"


def ensure_customer(customer: str) -> None:
	"""An HD Customer with one portal user."""
	email = user_of(customer)
	if not frappe.db.exists("User", email):
		frappe.get_doc({"doctype": "User", "email": email, "first_name": customer, **PASSWORD_FREE}).insert()
	contact = frappe.db.get_value("Contact", {"user": email}) or _contact(customer, email)
	if not frappe.db.exists("HD Customer", customer):
		row = {"contact_name": contact, "is_manager": 1}
		frappe.get_doc({"doctype": "HD Customer", "customer_name": customer, "contacts": [row]}).insert()


def _contact(customer: str, email: str) -> str:
	person = frappe.get_doc({"doctype": "Contact", "first_name": customer, "user": email})
	person.add_email(email, is_primary=True)
	return person.insert().name


def ensure_credits(customer: str, lots: int = 1, credits: int = BIG_CREDITS) -> str:
	"""An account with at least one credit left on ``lots`` lots; returns its name."""
	from support_credits.ledger import accounts, grants

	account = accounts.ensure_account(customer)
	for number in range(frappe.db.count("Credit Lot", {"account": account}), lots):
		grants.grant(account, grants.GrantOrder(credits, f"load:{account}:{number}", "benchmark"))
	return account


def ensure_all(place: Place) -> None:
	fresh(place)
	for customer in (CHARGED, NO_ACCOUNT, HOOKS_OFF, MANY, FEW, HOURS):
		ensure_customer(customer)
	ensure_credits(CHARGED)
	_ensure_hours(ensure_credits(HOURS))
	ensure_credits(FEW, lots=2)
	frappe.db.commit()


def _ensure_hours(account: str) -> None:
	"""A tier with a Support Calendar: its tickets have an agreement and a deadline of ours."""
	import load_hours

	load_hours.ensure_calendar()
	frappe.db.set_value("Credit Account", account, "tier", load_hours.TIER)


def grow_account(customer: str, lots: int, entries: int, progress: Callable[[int], None]) -> str:
	"""An account with ``lots`` open lots and a valid chain of ``entries`` entries; grown, never shrunk.

	The entries after the grants are charges of a few incidents and their refunds, so that every balance holds.
	"""
	from support_credits.ledger import clock
	from support_credits.ledger.posting import account_lock

	account = ensure_credits(customer, lots, credits=1_000)
	frappe.db.commit()
	with account_lock(account, clock.now()) as opened:
		opened.read_open_lots()
		missing = entries - opened.head.seq
		if missing > 0:
			opened.head = _post_cycles(opened, missing, progress)
	frappe.db.commit()
	return account


def _post_cycles(opened: object, missing: int, progress: Callable[[int], None]) -> object:
	from support_credits.engine import chain
	from support_credits.engine.model import Kind, Line, Stamp
	from support_credits.ledger import rows

	lots = sorted(opened.lots)
	incidents = [_closed_incident(opened.name) for _ in range(100)]
	at, head, batch, done = datetime(2020, 1, 1, tzinfo=timezone.utc), opened.head, [], 0
	while done < missing:
		lot = opened.lots[lots[(done // 2) % len(lots)]]
		incident = incidents[(done // 2) % len(incidents)]
		taken = Line(lot.name, Kind.CHARGE, -1, incident=incident)
		given = replace(taken, kind=Kind.REFUND, credits=1, reason="benchmark")
		posting = chain.post(
			head, [lot], [taken, given], Stamp(f"load:{head.account}:{head.seq}", at, "benchmark")
		)
		head, done, at = posting.head, done + 2, at + timedelta(seconds=60)
		batch += [rows._entry_row(entry, opened.zone) for entry in posting.entries]
		if len(batch) >= INSERT_ROWS:
			_insert("Credit Ledger Entry", batch)
			progress(done)
			batch = []
	_insert("Credit Ledger Entry", batch)
	return head


def _closed_incident(account: str) -> str:
	from support_credits.ledger import clock, incidents
	from support_credits.ledger.rows import Incident, stamp_text

	name = incidents.new_name()
	gone = stamp_text(clock.now())
	customer = frappe.db.get_value("Credit Account", account, "customer")
	incidents.insert(
		Incident(
			name, None, "0", name, "Exempt", customer=customer, account=account, ticket_deleted_at_utc=gone
		)
	)
	return name


def _insert(doctype: str, rows: Sequence[dict]) -> None:
	"""Rows by the driver's own executemany: a million through the query builder takes many minutes."""
	if not rows:
		return
	standard = {"owner": "Administrator", "modified_by": "Administrator", "docstatus": 0, "idx": 0}
	standard |= {"creation": "2020-01-01", "modified": "2020-01-01"}
	columns = [*rows[0], *standard]
	names = ", ".join(f"`{column}`" for column in columns)
	marks = ", ".join(["%s"] * len(columns))
	values = [tuple({**row, **standard}[column] for column in columns) for row in rows]
	frappe.db._cursor.executemany(f"INSERT INTO `tab{doctype}` ({names}) VALUES ({marks})", values)


@contextmanager
def app_off() -> Iterator[None]:
	"""Helpdesk as if the app's ``doc_events`` were not installed, in this process."""
	hooks = frappe.get_doc_hooks()
	frappe.local.doc_events_hooks = {
		doctype: {
			event: [handler for handler in handlers if not handler.startswith("support_credits.")]
			for event, handlers in events.items()
		}
		for doctype, events in hooks.items()
	}
	try:
		yield
	finally:
		frappe.local.doc_events_hooks = hooks


@contextmanager
def counted_statements() -> Iterator[list[str]]:
	"""The SQL statements sent on this connection, transaction control left out."""
	seen: list[str] = []
	connection = frappe.db
	send = connection.sql

	def counting(query: object, *args: object, **kwargs: object) -> object:
		result = send(query, *args, **kwargs)
		if not str(query).lower().startswith(("commit", "rollback", "start transaction", "set ")):
			seen.append(_sent(connection))
		return result

	connection.sql = counting
	try:
		yield seen
	finally:
		del connection.sql


def _sent(connection: object) -> str:
	"""The statement as the driver sent it, values included: PyMySQL keeps text, mysqlclient bytes."""
	sent = getattr(connection._cursor, "_executed", "")
	return sent.decode() if isinstance(sent, bytes) else str(sent)


def seconds(work: Callable[[], object]) -> float:
	started = time.perf_counter()
	work()
	return time.perf_counter() - started
