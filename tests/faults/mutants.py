"""The app with one of its locks taken away: what the races must find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
	"""A change of one file of the app; it stops when the text to be changed is not there, exactly once."""

	def change(package: Path) -> None:
		path = package / name
		text = path.read_text()
		if text.count(old) != 1:
			raise SystemExit(
				f"mutant: {name} has {text.count(old)} of {old!r}; bring tests/faults/mutants.py up to date"
			)
		path.write_text(text.replace(old, new))

	return change


MUTANTS: dict[str, Callable[[Path], None]] = {
	# Under REPEATABLE READ a plain read shows the snapshot of the request's first statement: credits sold before.
	"lots-not-locked": replaced(
		"ledger/rows.py", "WHERE name IN %(names)s FOR UPDATE", "WHERE name IN %(names)s"
	),
	"account-not-locked": replaced(
		"ledger/posting.py",
		'FROM `tabCredit Account` WHERE name = %s FOR UPDATE"\n',
		'FROM `tabCredit Account` WHERE name = %s"\n',
	),
	"incident-not-locked": replaced(
		"ledger/incidents.py", ".where(table.name.isin(names)).for_update()", ".where(table.name.isin(names))"
	),
}
