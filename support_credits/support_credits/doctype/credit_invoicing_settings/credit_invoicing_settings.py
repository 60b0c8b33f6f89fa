"""How ERPNext invoices orders. Off until it is switched on; the records named here are ERPNext's, which not every site has."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import today

from support_credits.exceptions import SupportCreditsError
from support_credits.integrations import erpnext
from support_credits.integrations.erpnext import fields

RECORDS = {
	"company": "Company",
	"income_account": "Account",
	"tax_template": "Sales Taxes and Charges Template",
	"item_group": "Item Group",
	"session_item": "Item",
	"customer_group": "Customer Group",
	"territory": "Territory",
	"deferred_account": "Account",
}
OF_COMPANY = ("income_account", "tax_template", "deferred_account")
LEAVES = ("income_account", "deferred_account", "item_group", "customer_group", "territory")
ROOTS = {"income_account": "Income", "deferred_account": "Liability"}


class CreditInvoicingSettings(Document):
	def validate(self) -> None:
		for field in RECORDS:
			self.set(field, (self.get(field) or "").strip())
		if not self.enabled:
			return
		self.validate_apps()
		self.validate_complete()
		for field, doctype in RECORDS.items():
			if self.get(field):
				self.validate_record(field, doctype)
		if self.sell_by_invoice and not self.invoices_from:
			self.invoices_from = today()

	def on_update(self) -> None:
		"""Fields are made here: it ends a transaction, and an order must not."""
		if self.enabled:
			fields.ensure()

	def validate_apps(self) -> None:
		if not erpnext.is_installed():
			frappe.throw(
				_("ERPNext is not installed on this site. Install it, or leave invoicing off."),
				SupportCreditsError,
			)
		if not frappe.get_meta("HD Customer").has_field("erpnext_customer"):
			frappe.throw(
				_("This Helpdesk does not link its customers with ERPNext's. Update Helpdesk."),
				SupportCreditsError,
			)

	def validate_complete(self) -> None:
		wanted = ["company", *(["deferred_account"] if self.deferred_revenue else [])]
		for field in wanted:
			if not self.get(field):
				frappe.throw(
					_("{0} is missing: no invoice could be made.").format(self.label_of(field)),
					SupportCreditsError,
				)

	def validate_record(self, field: str, doctype: str) -> None:
		"""It exists, belongs to the company, is no group, and an account is of the kind the books need there."""
		name, meta = self.get(field), frappe.get_meta(doctype)
		if not frappe.db.exists(doctype, name):
			self.refuse(field, _("{0} does not exist."))
		if field in OF_COMPANY and frappe.db.get_value(doctype, name, "company") != self.company:
			self.refuse(field, _("{0} is not of this company."))
		if field in LEAVES and meta.has_field("is_group") and frappe.db.get_value(doctype, name, "is_group"):
			self.refuse(field, _("{0} is a group. Choose one of its members."))
		if field in ROOTS and frappe.db.get_value(doctype, name, "root_type") != ROOTS[field]:
			self.refuse(field, _("{0} is an account of another kind."))

	def refuse(self, field: str, text: str) -> None:
		frappe.throw(f"{self.label_of(field)}: {text.format(self.get(field))}", SupportCreditsError)

	def label_of(self, field: str) -> str:
		return _(self.meta.get_label(field))
