"""The effect of every row of a file of opening balances, as a CSV file and as the first rows for a screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from frappe import _
from frappe.utils import formatdate

from support_credits import sheets
from support_credits.ledger.opening_plan import BEFORE, ERROR, GRANT, LEFT_OUT, Plan, Planned, Trouble

SHOWN = 200


def write(plan: Plan, file: BinaryIO) -> int:
	"""Write every row with its effect and every error with its line, row by row; returns how many lines that were."""
	return sheets.write(file, header(), (cells(planned, trouble) for planned, trouble in _all(plan)))


def first_rows(plan: Plan) -> list[list[object]]:
	"""The first :data:`SHOWN` lines of it, after the header: those with errors where there are any."""
	plain, wrong = [], []
	for planned, trouble in _all(plan):
		shown = wrong if trouble.message else plain
		if len(shown) < SHOWN:
			shown.append(cells(planned, trouble))
		if len(wrong) == SHOWN:
			break
	return [header(), *(wrong or plain)]


def _all(plan: Plan) -> Iterator[tuple[Planned, Trouble]]:
	for trouble in plan.of_the_file():
		yield Planned(trouble.line, ERROR), trouble
	yield from plan.by_line()


def header() -> list[str]:
	return [
		_("Line"),
		_("Effect"),
		_("Customer"),
		_("Person"),
		_("Account"),
		_("Credits"),
		_("Granted on"),
		_("Usable until"),
		_("Pack"),
		_("Price"),
		_("Currency"),
		_("Reference"),
		_("Lot"),
		_("Column"),
		_("Error"),
	]


def cells(planned: Planned, trouble: Trouble) -> list[object]:
	"""One line: a row, and one thing that is wrong with it."""
	good = planned.effect != ERROR
	return [
		planned.line,
		effect_text(planned),
		planned.customer,
		planned.person,
		(planned.account or _("new")) if good else "",
		planned.credits if good else "",
		planned.granted_on,
		_until(planned) if good else "",
		planned.pack,
		planned.price,
		planned.currency,
		planned.reference,
		planned.lot,
		trouble.column,
		trouble.message,
	]


def _until(planned: Planned) -> str:
	return planned.until or _("for ever")


def effect_text(planned: Planned) -> str:
	"""What the row does, for a person."""
	said = {
		GRANT: _("granted") if planned.lot else _("to be granted"),
		BEFORE: _("granted before: nothing changes"),
		LEFT_OUT: _("left out: over since {0}").format(formatdate(planned.until) if planned.until else ""),
		ERROR: _("error"),
	}
	return said[planned.effect]
