"""One customer's credits. The chain's head, the open lots and the queue of parked incidents hang on it.

The ledger reads and writes those under the lock of this row; a person edits tier and policies only.
"""

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.exceptions import HasHistory, LedgerImmutableError
from support_credits.ledger.guard import ACCOUNT_LEDGER_FIELDS
from support_credits.support_credits.doctype import checks


class CreditAccount(Document):
	def before_insert(self) -> None:
		from support_credits.ledger.accounts import blank_ledger_fields

		self.update(blank_ledger_fields())

	def validate(self) -> None:
		checks.whole_numbers(self, {"overdraft_limit": checks.CREDITS, "topup_at": checks.CREDITS})
		self.validate_topup()
		self.validate_notices()
		if self.is_new():
			return
		before = self.get_doc_before_save()
		if self.customer != before.customer:
			frappe.throw(
				_(
					"Account {0} belongs to {1} for good. To move its credits, merge the customer into another one."
				).format(self.name, before.customer),
				LedgerImmutableError,
			)

	def validate_topup(self) -> None:
		if not (self.topup_pack and self.has_value_changed("topup_pack")):
			return
		if not frappe.db.get_value("Credit Pack", self.topup_pack, "on_sale"):
			frappe.throw(
				_("Pack {0} is not on sale: nobody could be asked to buy it.").format(self.topup_pack)
			)

	def validate_notices(self) -> None:
		from support_credits.engine.notice import DEFAULTS
		from support_credits.mail.readers import kinds_in

		known = {kind.value.lower(): kind.value for kind in DEFAULTS}
		named = kinds_in(self.notice_kinds_off)
		for kind in named:
			if kind.lower() not in known:
				frappe.throw(
					_("{0} is no kind of notice. Write one per line: {1}.").format(
						frappe.utils.escape_html(kind), ", ".join(known.values())
					)
				)
		self.notice_kinds_off = "\n".join(dict.fromkeys(known[kind.lower()] for kind in named))

	def db_update(self) -> None:
		"""Every save ends here, also one that skips validation. A form may have been open while a ticket was charged:
		what the ledger wrote meanwhile stays.
		"""
		stored = frappe.db.get_value(
			self.doctype, self.name, ACCOUNT_LEDGER_FIELDS, as_dict=True, for_update=True, order_by=None
		)
		self.update(stored or {})
		super().db_update()

	def db_set(self, fieldname, value=None, *args, **kwargs) -> None:
		fields = fieldname if isinstance(fieldname, dict) else {fieldname: value}
		if set(fields) & {*ACCOUNT_LEDGER_FIELDS, "customer"}:
			frappe.throw(
				_("The chain of account {0} is kept by the ledger.").format(self.name), LedgerImmutableError
			)
		super().db_set(fieldname, value, *args, **kwargs)

	def before_rename(self, old: str, new: str, merge: bool = False) -> None:
		self.refuse_rename(old)

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		self.refuse_rename(old)  # an argument in a script can skip before_rename

	def refuse_rename(self, old: str) -> None:
		frappe.throw(
			_("Account {0} keeps its name: ledger entries carry it.").format(old), LedgerImmutableError
		)

	def on_trash(self) -> None:
		self.refuse_deletion()

	def after_delete(self) -> None:
		self.refuse_deletion()  # an argument in a script can skip on_trash

	def refuse_deletion(self) -> None:
		if self.seq or frappe.db.exists("Support Incident", {"account": self.name}):
			frappe.throw(
				_("Account {0} has a history and stays. Void its lots if it is no longer used.").format(
					self.name
				),
				HasHistory,
			)

	@property
	def balance(self) -> int:
		from support_credits.ledger import queries

		return queries.balance(self.name) if self.name and not self.is_new() else 0
