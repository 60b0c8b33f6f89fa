"""What a file of opening balances would do, row by row, kept in a file of its own while it is checked and brought in.

On disk and not in memory: a file may have 100,000 rows, and they are granted by account while they come in any order. In
SQLite and not in the site's database: a dry run writes nothing there.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields

GRANT, BEFORE, LEFT_OUT, ERROR = "grant", "before", "left out", "error"


@dataclass(frozen=True, slots=True)
class Planned:
	"""One row of the file and its effect. ``who`` groups what goes to one account, which may not be open yet."""

	line: int
	effect: str
	who: str = ""
	customer: str = ""
	person: str = ""
	account: str | None = None
	credits: int = 0
	granted_on: str = ""
	until: str = ""  # empty: for ever
	pack: str = ""
	price: str = ""
	currency: str = ""
	reference: str = ""
	reason: str = ""
	occurrence: int = 1
	content: str = ""
	lot: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
	"""A problem as its reader is told it; more than one may be of the same line."""

	line: int
	column: str
	message: str


@dataclass(frozen=True, slots=True)
class Counts:
	"""A plan in numbers: rows by their effect, credits they bring, accounts that are opened for them."""

	rows: int = 0
	grants: int = 0
	credits: int = 0
	before: int = 0
	left_out: int = 0
	errors: int = 0
	new_accounts: int = 0


COLUMNS = tuple(field.name for field in fields(Planned))
SCHEMA = f"""
CREATE TABLE planned ({", ".join(COLUMNS)}, PRIMARY KEY (line)) WITHOUT ROWID;
CREATE TABLE trouble (line, name, message);
CREATE INDEX trouble_line ON trouble (line);
CREATE TABLE seen (identity PRIMARY KEY, count, line) WITHOUT ROWID;
CREATE TABLE granted (line PRIMARY KEY, lot) WITHOUT ROWID;
"""
ADD = f"INSERT INTO planned VALUES ({', '.join('?' * len(COLUMNS))})"
# Accounts that exist by name, then the others: the order in which accounts are locked everywhere.
BY_ACCOUNT = f"""SELECT {", ".join(COLUMNS)} FROM planned WHERE effect = '{GRANT}'
	ORDER BY account IS NULL, account, who, line"""
BY_LINE = f"""SELECT {", ".join(f"p.{column}" for column in COLUMNS[:-1])}, COALESCE(g.lot, p.lot), t.name, t.message
	FROM planned p LEFT JOIN trouble t ON t.line = p.line LEFT JOIN granted g ON g.line = p.line ORDER BY p.line, t.rowid"""
COUNTED = f"""SELECT COUNT(*), SUM(effect = '{GRANT}'), SUM(IIF(effect = '{GRANT}', credits, 0)),
	SUM(effect = '{BEFORE}'), SUM(effect = '{LEFT_OUT}'), SUM(effect = '{ERROR}'),
	COUNT(DISTINCT IIF(effect = '{GRANT}' AND account IS NULL, who, NULL)) FROM planned"""
AGAIN = "INSERT INTO seen VALUES (?, 1, ?) ON CONFLICT (identity) DO UPDATE SET count = count + 1"


class Plan:
	"""The rows of one file; everything is read back in pages, never as a whole."""

	def __init__(self, path: str) -> None:
		self.database = sqlite3.connect(path, isolation_level=None)
		# The file is gone when we are: nothing has to survive a crash.
		self.database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
		self.database.execute("BEGIN")

	def add(self, rows: Iterable[Planned], troubles: Iterable[Trouble]) -> None:
		self.database.executemany(ADD, (astuple(row) for row in rows))
		self.database.executemany("INSERT INTO trouble VALUES (?, ?, ?)", (astuple(one) for one in troubles))

	def seen(self, identity: str, line: int) -> tuple[int, int]:
		"""How often the same row has come by now, and the line of the first."""
		self.database.execute(AGAIN, (identity, line))
		found = "SELECT count, line FROM seen WHERE identity = ?"
		count, first = self.database.execute(found, (identity,)).fetchone()
		return count, first

	def by_account(self) -> Iterator[Planned]:
		"""What is to be granted, all of one account together, accounts in the order of their locks."""
		return (Planned(*row) for row in self.database.execute(BY_ACCOUNT))

	def by_line(self) -> Iterator[tuple[Planned, Trouble]]:
		"""Every row with what is wrong with it, in the order of the file; a row with two problems comes twice."""
		for row in self.database.execute(BY_LINE):
			planned = Planned(*row[: len(COLUMNS)])
			yield planned, Trouble(planned.line, row[-2] or "", row[-1] or "")

	def of_the_file(self) -> list[Trouble]:
		"""What is wrong with the file itself: its header, or a line beyond which it cannot be read."""
		alone = "SELECT t.* FROM trouble t LEFT JOIN planned p ON p.line = t.line WHERE p.line IS NULL"
		return [Trouble(*row) for row in self.database.execute(f"{alone} ORDER BY t.rowid")]

	def note_granted(self, rows: Sequence[Planned], lots: Sequence[str]) -> None:
		pairs = ((row.line, lot) for row, lot in zip(rows, lots, strict=True))
		self.database.executemany("INSERT INTO granted VALUES (?, ?)", pairs)

	def forget_granted(self) -> None:
		"""What was granted was undone with its transaction."""
		self.database.execute("DELETE FROM granted")

	def counts(self) -> Counts:
		return Counts(*(number or 0 for number in self.database.execute(COUNTED).fetchone()))

	def troubles(self, most: int) -> list[Trouble]:
		"""The first things that are wrong, in the order of the file."""
		found = self.database.execute("SELECT * FROM trouble ORDER BY line, rowid LIMIT ?", (most,))
		return [Trouble(*row) for row in found]


@contextmanager
def new_plan() -> Iterator[Plan]:
	"""An empty plan, gone after the block."""
	with tempfile.TemporaryDirectory(prefix="opening-balances-") as folder:
		plan = Plan(os.path.join(folder, "plan.db"))
		try:
			yield plan
		finally:
			plan.database.close()
