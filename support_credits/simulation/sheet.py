"""A simulation's rows for people: texts of a table, a CSV file, and the same as values for programs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from frappe import _

from support_credits import sheets
from support_credits.engine.simulation_model import NUMBERS, Month, Row, total

SHOWN = 200


def labels() -> dict[str, str]:
	"""What each figure is called, in the order of the table."""
	return {
		"tickets": _("Tickets"),
		"needed": _("Credits needed"),
		"charged": _("Credits charged"),
		"exempt": _("Exempt"),
		"refusals": _("Refused"),
		"waited": _("Waited"),
		"packs": _("Packs"),
		"due": _("Deadlines"),
		"missed": _("Deadlines missed"),
		"falls": _("Tiers not paid"),
	}


def header() -> list[str]:
	return [_("Customer"), _("Month"), *labels().values(), _("Revenue at list price")]


def money(figures: Month) -> str:
	"""``1298.00 USD``, several currencies one after the other; plain numbers, that a sheet can read."""
	return "; ".join(f"{amount} {currency}" for currency, amount in sorted(figures.revenue.items()))


def cells(row: Row) -> list[object]:
	return [row.customer, row.month, *numbers(row.figures), money(row.figures)]


def numbers(figures: Month) -> list[int]:
	return [getattr(figures, name) for name in labels()]


def totals(rows: Iterable[Row]) -> list[object]:
	found = total(rows)
	return [_("Total"), "", *numbers(found), money(found)]


def as_csv(rows: list[Row]) -> bytes:
	"""Every row and the total, texts made safe for a sheet."""
	file = io.BytesIO()
	sheets.write(file, header(), _lines(rows))
	return file.getvalue()


def _lines(rows: list[Row]) -> Iterator[list[object]]:
	yield from map(cells, rows)
	yield totals(rows)


def first_rows(rows: list[Row]) -> list[list[object]]:
	"""Header, total and the first :data:`SHOWN` rows: what a screen shows."""
	return [header(), totals(rows), *map(cells, rows[:SHOWN])]


def as_values(rows: list[Row]) -> list[dict[str, object]]:
	return [{"customer": row.customer, "month": row.month, **figures(row.figures)} for row in rows]


def figures(month: Month) -> dict[str, object]:
	"""The numbers by name, and the revenue as text by currency."""
	revenue = {currency: str(amount) for currency, amount in sorted(month.revenue.items())}
	return {**{name: getattr(month, name) for name in NUMBERS}, "revenue": revenue}
