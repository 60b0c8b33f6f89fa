"""Rows of a file of opening balances against what the site knows: customers, packs, currencies, what was granted before.

Reads only, a window of rows at a time, and never decides anything under a lock: two deliveries of one file at once are
told apart by the ledger's unique key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import TypeVar

import frappe
from frappe import _
from frappe.utils import strip_html

from support_credits.engine import opening_balances as balances
from support_credits.engine.csv_rows import NotReadable, Problem, Raw, read
from support_credits.engine.model import Message
from support_credits.engine.opening_balances import Opening, PackTerms, Row
from support_credits.ledger import accounts
from support_credits.ledger.opening_plan import BEFORE, ERROR, GRANT, LEFT_OUT, Plan, Planned, Trouble
from support_credits.ledger.posting import successor_of
from support_credits.ledger.wording import of_error, render

WINDOW = 500
READ_EARLIER = (
	"""SELECT event_key, lot, account, detail FROM `tabCredit Ledger Entry` WHERE event_key IN %s"""
)

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
	"""``items`` in lists of ``size``, no more of them read than that."""
	source = iter(items)
	while batch := list(islice(source, size)):
		yield batch


@dataclass(frozen=True)
class Site:
	"""What is read once for a file: packs and currencies are few."""

	today: date
	packs: Mapping[str, PackTerms]
	currencies: frozenset[str]


def site_facts(today: date) -> Site:
	columns = ["name", "credits", "validity_months", "currency"]
	packs = frappe.get_all("Credit Pack", fields=columns, as_list=True)
	known = {name.casefold(): PackTerms(name, *rest) for name, *rest in packs}
	return Site(today, known, frozenset(frappe.get_all("Currency", pluck="name")))


@dataclass
class Candidate:
	"""A row on its way into the plan. Whatever is in ``problems`` keeps the whole file out."""

	line: int
	texts: Mapping[str, str] = field(default_factory=dict)
	row: Row | None = None
	opening: Opening | None = None
	customer: str | None = None
	account: str | None = None
	occurrence: int = 1
	key: str = ""
	lot: str = ""
	problems: list[Problem] = field(default_factory=list)

	def wrong(self, column: str, text: str, **values: object) -> None:
		self.problems.append(Problem(self.line, column, Message(text, values)))

	@property
	def who(self) -> str:
		"""What goes to one account: a customer that has none yet, or a person who is no customer yet, gets a new one."""
		person = self.row.person if self.row else ""
		return self.account or (f"customer:{self.customer}" if self.customer else f"person:{person}")

	@property
	def good(self) -> bool:
		return not self.problems and self.row is not None and self.opening is not None


def fill(plan: Plan, lines: Iterable[bytes], today: date) -> Iterator[int]:
	"""Put every row of the file into ``plan``; yields how many after each window."""
	rows, done = read(lines, balances.column_of), 0
	try:
		columns = _header(plan, rows)
		if columns:
			facts = site_facts(today)
			for window in batched(rows, WINDOW):
				_add(plan, _checked(plan, window, columns, facts))
				done += len(window)
				yield done
	except NotReadable as error:
		line = int(str(error.values["line"]))
		plan.add([], [Trouble(line, "", of_error(error))])


def _header(plan: Plan, rows: Iterator[Raw | Problem]) -> list[str]:
	"""The columns; none where the header is no good, which then stands in the plan."""
	first = next(rows, None)
	if first is None:
		plan.add([], [Trouble(1, "", _("the file is empty"))])
		return []
	columns, problems = (
		([], [first]) if isinstance(first, Problem) else balances.columns_of(first.line, first.cells)
	)
	plan.add([], [_told(problem) for problem in problems])
	return [] if problems else columns


def _told(problem: Problem) -> Trouble:
	return Trouble(problem.line, _storable(problem.column), _storable(render(problem.message)))


def _storable(text: str) -> str:
	"""Without the marks of bytes that were no UTF-8."""
	return text.encode("utf-8", "replace").decode()


def _checked(
	plan: Plan, window: Sequence[Raw | Problem], columns: Sequence[str], facts: Site
) -> list[Candidate]:
	candidates = [_candidate(raw, columns, facts.today) for raw in window]
	_find_payers([one for one in candidates if one.row])
	for one in candidates:
		if one.row and not one.problems:
			_settle(one, facts)
	good = [one for one in candidates if one.good]
	for one in good:
		_count(plan, one)
	_find_earlier([one for one in good if one.good])
	for one in good:
		over = None if one.lot else balances.is_over(one.row, one.opening)
		one.problems += [over] if over else []
	return candidates


def _candidate(raw: Raw | Problem, columns: Sequence[str], today: date) -> Candidate:
	if isinstance(raw, Problem):
		return Candidate(raw.line, problems=[raw])
	texts = balances.texts_of(columns, raw)
	if isinstance(texts, Problem):
		return Candidate(raw.line, problems=[texts])
	row, problems = balances.row_from(raw.line, texts, today)
	return Candidate(raw.line, texts, row, problems=problems)


def _find_payers(candidates: Sequence[Candidate]) -> None:
	"""Customer and account of each: asked for together, people one by one."""
	named = {one.row.customer for one in candidates if one.row.customer}
	found = frappe.get_all("HD Customer", {"name": ["in", list(named)]}, pluck="name") if named else []
	customers = {name.casefold(): name for name in found}
	for one in candidates:
		if one.row.customer:
			one.customer = customers.get(one.row.customer.casefold())
			if not one.customer:
				text = _("customer {customer} does not exist. Create the HD Customer first.")
				one.wrong("customer", text, customer=one.row.customer)
		else:
			_find_person(one)
	payers = {one.customer for one in candidates if one.customer}
	known = _accounts(list(payers)) if payers else {}
	for one in candidates:
		one.account = known.get(one.customer)


def _find_person(one: Candidate) -> None:
	try:
		one.customer = accounts.find_customer_for_person(one.row.person)
	except frappe.ValidationError as error:
		frappe.clear_last_message()
		one.wrong("person", "{why}", why=strip_html(str(error)))


def _accounts(customers: list[str]) -> dict[str, str]:
	found = frappe.get_all(
		"Credit Account", {"customer": ["in", customers]}, ["customer", "name"], as_list=True
	)
	return dict(found)


def _settle(one: Candidate, facts: Site) -> None:
	row, pack = one.row, None
	if row.currency and row.currency not in facts.currencies:
		one.wrong("currency", _("currency {currency} is not known on this site"), currency=row.currency)
	if row.pack:
		pack = facts.packs.get(row.pack.casefold())
		if not pack:
			one.wrong("pack", _("Credit Pack {pack} does not exist"), pack=row.pack)
			return
		one.row = replace(row, pack=pack.name)
	one.opening, problem = balances.opening_of(one.row, pack, facts.today)
	one.problems += [problem] if problem else []


def _count(plan: Plan, one: Candidate) -> None:
	identity = balances.identity_of(one.row, one.who, one.opening)
	one.occurrence, first = plan.seen(identity, one.line)
	one.key = balances.event_key(identity, one.occurrence)
	if one.row.reference and one.occurrence > 1:
		text = _("reference {reference} is on line {first} already. A reference names one row.")
		one.wrong("reference", text, reference=one.row.reference, first=first)


def _find_earlier(candidates: Sequence[Candidate]) -> None:
	"""Note the lot of every row that was granted before."""
	keys = [f"{one.key}/1" for one in candidates]
	earlier = (
		{row.event_key: row for row in frappe.db.sql(READ_EARLIER, (keys,), as_dict=True)} if keys else {}
	)
	for one, key in zip(candidates, keys, strict=True):
		found = earlier.get(key)
		if found is None:
			continue
		one.lot = found.lot
		if one.row.reference and not _is_the_same(one, found):
			text = _(
				"reference {reference} was imported before with other values, as lot {lot}. Adjust or void that lot instead."
			)
			one.wrong("reference", text, reference=one.row.reference, lot=found.lot)


def _is_the_same(one: Candidate, earlier: frappe._dict) -> bool:
	said = json.loads(earlier.detail or "{}").get("import_row")
	if said != balances.content_of(one.row, one.opening):
		return False
	return earlier.account == one.account or successor_of(earlier.account) == one.account


def _add(plan: Plan, candidates: Sequence[Candidate]) -> None:
	plan.add(
		(_planned(one) for one in candidates),
		(_told(problem) for one in candidates for problem in one.problems),
	)


def _planned(one: Candidate) -> Planned:
	if one.problems:
		said = {
			column: _storable(one.texts.get(column, "")) for column in ("customer", "person", "reference")
		}
		return Planned(one.line, ERROR, **said)
	row, opening = one.row, one.opening
	return Planned(
		one.line,
		_effect(one),
		who=one.who,
		customer=one.customer or "",
		person=row.person,
		account=one.account,
		credits=opening.credits,
		granted_on=opening.granted_on.isoformat(),
		until=opening.until.isoformat() if opening.until else "",
		pack=row.pack,
		price="" if row.price is None else str(row.price),
		currency=row.currency,
		reference=row.reference,
		reason=row.reason,
		occurrence=one.occurrence,
		content=balances.content_of(row, opening) if row.reference else "",
		lot=one.lot,
	)


def _effect(one: Candidate) -> str:
	if one.lot:
		return BEFORE
	return LEFT_OUT if one.opening.over and one.row.if_expired == balances.SKIP else GRANT
