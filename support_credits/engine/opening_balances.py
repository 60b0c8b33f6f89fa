"""What a row of a file of opening balances means: who gets how many credits, from which day until which (rule 18).

Owns columns, values and the key that makes a row happen once. Whether a customer, a pack or a currency exists is its
caller's to know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from support_credits.engine.allocation import MAX_CREDITS
from support_credits.engine.calendar_days import MONTHS_MAX, add_months
from support_credits.engine.csv_rows import TEXT_LENGTH, Cells, Problem, Raw
from support_credits.engine.marking import _
from support_credits.engine.model import Message

# The column's name, and what other programs call it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
	"customer": ("hd_customer", "company", "customer_name"),
	"person": ("email", "e_mail", "email_address", "contact"),
	"credits": ("balance", "opening_balance", "remaining"),
	"granted_on": ("granted", "date", "bought_on", "purchased_on", "starts_on"),
	"expires_on": ("expires", "expiry", "expiry_date", "valid_until", "usable_until"),
	"months": ("validity", "validity_months", "valid_for_months"),
	"pack": ("credit_pack", "pack_code"),
	"price": ("amount", "paid"),
	"currency": (),
	"reference": ("ref", "order", "invoice"),
	"reason": ("note", "remark"),
	"if_expired": (),
}
_NAMES = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
NEEDED = (("customer", "person"), ("credits", "pack"), ("granted_on",))
NEVER = "never"
SKIP, KEEP = "skip", "keep"
YEARS_BACK = MONTHS_MAX // 12
REASON_LENGTH = 1_000 - TEXT_LENGTH - 10  # with a reference beside it
_OTHER = re.compile(r"[^a-z0-9]+")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Row:
	"""A row as somebody wrote it, each value by itself good. ``credits`` and ``months`` 0: as the pack has them."""

	line: int
	granted_on: date
	customer: str = ""
	person: str = ""
	credits: int = 0
	expires_on: date | None = None
	never: bool = False
	months: int = 0
	pack: str = ""
	price: Decimal | None = None
	currency: str = ""
	reference: str = ""
	reason: str = ""
	if_expired: str = ""


@dataclass(frozen=True, slots=True)
class PackTerms:
	"""What a pack on the site says of itself."""

	name: str
	credits: int
	months: int
	currency: str


@dataclass(frozen=True, slots=True)
class Opening:
	"""What a row brings: ``until`` is the last day, None for ever. ``over``: that day has passed."""

	credits: int
	granted_on: date
	until: date | None
	over: bool


def column_of(title: str) -> str | None:
	"""The column a header's cell names, whatever its case, blanks and hyphens; None for one we do not know."""
	return _NAMES.get(_OTHER.sub("_", title.casefold()).strip("_"))


def columns_of(line: int, header: Sequence[str]) -> tuple[list[str], list[Problem]]:
	"""The columns of a file in its order, and what is wrong with its header: then no row can be read."""
	columns, problems = [], []
	for title in header:
		name = column_of(title)
		if name is None:
			text = _("there is no such column. Known are: {known}")
			problems.append(Problem(line, title.strip(), Message(text, {"known": ", ".join(COLUMNS)})))
		elif name in columns:
			problems.append(
				Problem(line, title.strip(), Message(_("the column {name} is there twice"), {"name": name}))
			)
		columns.append(name or "")
	for choice in NEEDED:
		if not set(choice) & set(columns):
			text = _("the header has no column {names}")
			problems.append(Problem(line, choice[0], Message(text, {"names": " / ".join(choice)})))
	return columns, problems


def texts_of(columns: Sequence[str], raw: Raw) -> Mapping[str, str] | Problem:
	"""The cells of a row by column. More of them than the header has are a Problem: which is which cannot be told."""
	beyond = [cell for cell in raw.cells[len(columns) :] if cell.strip()]
	if beyond:
		text = _(
			"the row has {found} cells and the header {known}. Put quotes around cells with a delimiter in them."
		)
		return Problem(raw.line, "", Message(text, {"found": len(raw.cells), "known": len(columns)}))
	return dict(zip(columns, raw.cells, strict=False))


def row_from(line: int, texts: Mapping[str, str], today: date) -> tuple[Row | None, list[Problem]]:
	"""The row with these cells, or every problem its values have; ``today`` is the provider's day."""
	cells = Cells(line, texts)
	_check_who(cells)
	granted_on = _granted_on(cells, today)
	never = cells.texts.get("expires_on", "").strip().casefold() == NEVER
	row = Row(
		line,
		granted_on or today,
		customer=cells.text("customer"),
		person=cells.text("person").lower(),
		credits=cells.whole("credits", MAX_CREDITS),
		expires_on=None if never else cells.day("expires_on"),
		never=never,
		months=cells.whole("months", MONTHS_MAX),
		pack=cells.text("pack"),
		price=cells.price(),
		currency=cells.text("currency").upper(),
		reference=cells.text("reference"),
		reason=cells.text("reason", REASON_LENGTH),
		if_expired=cells.text("if_expired").lower(),
	)
	if not cells.problems:
		_check_row(cells, row)
	return (None if cells.problems else row), cells.problems


def _check_who(cells: Cells) -> None:
	named = [bool(cells.texts.get(column, "").strip()) for column in ("customer", "person")]
	if named.count(True) != 1:
		cells.wrong("customer", _("name either a customer or a person's e-mail address"))


def _granted_on(cells: Cells, today: date) -> date | None:
	if not cells.texts.get("granted_on", "").strip():
		cells.wrong("granted_on", _("the day the credits were granted is missing"))
		return None
	day = cells.day("granted_on")
	if day and (day > today or day.year < today.year - YEARS_BACK):
		text = _("{found} must be a day of the last {years} years, and not after today")
		cells.wrong("granted_on", text, found=day.isoformat(), years=YEARS_BACK)
	return day


def _check_row(cells: Cells, row: Row) -> None:
	if not (row.credits or row.pack):
		cells.wrong("credits", _("name a number of credits, or a pack"))
	if (row.never or row.expires_on) and row.months:
		cells.wrong("months", _("say either until which day or for how many months"))
	if not (row.never or row.expires_on or row.months or row.pack):
		text = _("say until when: a day, months, a pack, or the word {never}")
		cells.wrong("expires_on", text, never=NEVER)
	if row.expires_on and row.expires_on < row.granted_on:
		cells.wrong("expires_on", _("this is before the day the credits were granted"))
	elif row.expires_on and row.expires_on.year > row.granted_on.year + YEARS_BACK:
		text = _("this is more than {years} years after the credits were granted; for ever is {never}")
		cells.wrong("expires_on", text, years=YEARS_BACK, never=NEVER)
	_check_price(cells, row)
	if row.if_expired not in ("", SKIP, KEEP):
		cells.wrong("if_expired", _("write {skip}, {keep}, or nothing"), skip=SKIP, keep=KEEP)


def _check_price(cells: Cells, row: Row) -> None:
	if row.currency and not _CURRENCY.fullmatch(row.currency):
		cells.wrong(
			"currency",
			_("{found} is not a currency. Write it as {example}."),
			found=row.currency,
			example="EUR",
		)
	elif (row.price is None) != (not row.currency):
		cells.wrong("currency", _("a price and its currency go together"))


def opening_of(row: Row, pack: PackTerms | None, today: date) -> tuple[Opening | None, Problem | None]:
	"""What the row brings once its pack is known: the row's own word first, then the pack's (rule 2)."""
	if pack and row.currency and row.currency != pack.currency:
		text = _(
			"pack {pack} is sold in {theirs}, not in {found}. Leave the pack out if this is what was paid."
		)
		return None, _problem(row, "currency", text, pack=pack.name, theirs=pack.currency, found=row.currency)
	until = _until(row, pack)
	over = until is not None and until < today
	return Opening(row.credits or (pack.credits if pack else 0), row.granted_on, until, over), None


def is_over(row: Row, opening: Opening) -> Problem | None:
	"""A row whose last day has passed brings nothing to spend: refused unless its own column says what to do."""
	if not opening.over or row.if_expired:
		return None
	text = _(
		"already over on {day}: nothing to spend. Leave the row out, or write {skip} or {keep} in the column {column}."
	)
	return _problem(row, "expires_on", text, day=opening.until, skip=SKIP, keep=KEEP, column="if_expired")


def _problem(row: Row, at: str, template: str, **values: object) -> Problem:
	return Problem(row.line, at, Message(template, values))


def _until(row: Row, pack: PackTerms | None) -> date | None:
	if row.never:
		return None
	if row.expires_on:
		return row.expires_on
	months = row.months or (pack.months if pack else 0)
	return add_months(row.granted_on, months) if months else None


def identity_of(row: Row, account: str, opening: Opening) -> str:
	"""What makes the row itself: its reference; without one its account, credits and days, not its remarks."""
	if row.reference:
		return f"ref:{_digest([row.reference.casefold()])}"
	until = opening.until.isoformat() if opening.until else NEVER
	return f"row:{_digest([account, opening.credits, opening.granted_on.isoformat(), until])}"


def event_key(identity: str, occurrence: int) -> str:
	"""The ledger's key of a row; ``occurrence`` counts the rows of one file that are the same, from 1."""
	return f"import:{identity}:{occurrence}"


def content_of(row: Row, opening: Opening) -> str:
	"""A digest of what a row with a reference grants: the same reference with another is a mistake."""
	until = opening.until.isoformat() if opening.until else NEVER
	price = format(row.price.normalize(), "f") if row.price is not None else ""
	return _digest([opening.credits, row.granted_on.isoformat(), until, row.pack, price, row.currency])


def _digest(parts: Sequence[object]) -> str:
	return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
