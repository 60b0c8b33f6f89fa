"""Statements as their endpoint answers them; the words of ``shapes`` hold here too."""

from typing import TypedDict


class StatementRow(TypedDict):
	"""One change. ``counted`` is False for a change to a lot that does not count then; the balance does not move with it."""

	at: str
	kind: str
	kind_text: str
	credits: int
	balance: int
	counted: bool
	lot: str
	ticket: str
	subject: str
	reason: str
	entry: str


class StatementPage(TypedDict):
	"""Changes, newest first. ``next`` asks for those before them and is empty at the end. ``digest`` is the hash of entry
	number ``seq``, the account's last when it was asked for: whoever keeps the two can have the statement proved later.
	"""

	customer: str
	at: str
	balance: int
	rows: list[StatementRow]
	next: str
	looked_back_to: str | None
	digest: str
	seq: int
