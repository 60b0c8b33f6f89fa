"""Refuses, for everybody, what only the ledger may do. The ledger itself writes rows, not documents."""

from typing import Any, NoReturn

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.exceptions import LedgerImmutableError

ACCOUNT_LEDGER_FIELDS = (
	"seq",
	"lot_count",
	"head_hash",
	"open_lots",
	"overdrawn",
	"parked",
	"merged_into",
	"counts_from",
	"subscription",
	"subscribed_tier",
	"subscribed_until",
	"noticed_seq",
	"noticed_balance",
)


class LedgerDocument(Document):
	"""A document nobody inserts, changes, renames or deletes: not Administrator, import, REST or bulk edit.

	Every way into the database that Frappe offers through a document ends in one of these methods.
	"""

	def way_on(self) -> str:
		"""What to do instead, translated."""
		return ""

	def refuse(self) -> NoReturn:
		# Whoever may not read it is not told that it exists.
		frappe.has_permission(self.doctype, "read", throw=True)
		frappe.throw(
			_("{0} {1} is kept by the ledger and cannot be written, changed or deleted. {2}").format(
				_(self.doctype), self.name or "", self.way_on()
			),
			LedgerImmutableError,
			title=_("Kept by the ledger"),
		)

	def insert(self, *args: Any, **kwargs: Any) -> NoReturn:
		self.refuse()

	def save(self, *args: Any, **kwargs: Any) -> NoReturn:
		self.refuse()

	def _save(self, *args: Any, **kwargs: Any) -> NoReturn:
		self.refuse()

	def db_insert(self, *args: Any, **kwargs: Any) -> NoReturn:
		self.refuse()

	def db_update(self, *args: Any, **kwargs: Any) -> NoReturn:
		self.refuse()

	def db_set(self, *args: Any, **kwargs: Any) -> NoReturn:
		self.refuse()

	def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
		self.refuse()

	def on_trash(self) -> NoReturn:
		self.refuse()

	def before_rename(self, old: str, new: str, merge: bool = False) -> NoReturn:
		self.refuse()

	# An argument in a script can skip on_trash and before_rename; these two run all the same and undo the request.

	def after_delete(self) -> NoReturn:
		self.refuse()

	def after_rename(self, old: str, new: str, merge: bool = False) -> NoReturn:
		self.refuse()
