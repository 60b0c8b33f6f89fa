"""Settings and packs name ERPNext's records, and are refused when those are not fit; fields come and go with the apps."""

from __future__ import annotations

import frappe
from shop import DEFAULTS, INVOICE, SUFFIX, ErpNextCase

from support_credits.exceptions import SupportCreditsError
from support_credits.integrations import erpnext
from support_credits.integrations.erpnext import fields
from support_credits.tests import factories as make


class TestSettings(ErpNextCase):
	def assert_refused(self, text: str, **values: object) -> None:
		before = frappe.get_doc(erpnext.SETTINGS).as_dict()
		with self.assertRaisesRegex(SupportCreditsError, text):
			frappe.get_doc(erpnext.SETTINGS).update({**DEFAULTS, **values}).save()
		frappe.db.rollback()
		self.assertEqual(before.company, frappe.get_doc(erpnext.SETTINGS).company)

	def test_it_is_off_by_default(self) -> None:
		self.assertEqual("0", frappe.get_meta(erpnext.SETTINGS).get_field("enabled").default)
		self.configure(enabled=0, company="")
		shop = self.shop()
		order = self.order(shop)
		self.assertFalse(self.row(order).invoice)
		self.assertEqual(0, erpnext.sweep())

	def test_what_is_missing_is_named(self) -> None:
		self.assert_refused("Company is missing", company="")
		self.assert_refused("Deferred Revenue Account is missing", deferred_revenue=1)

	def test_what_does_not_exist_is_named(self) -> None:
		self.assert_refused("Company: Nobody does not exist", company="Nobody")
		self.assert_refused("Territory: Nowhere does not exist", territory="Nowhere")
		self.assert_refused("Emergency Item: nothing does not exist", session_item="nothing")

	def test_a_group_and_an_account_of_another_kind_are_refused(self) -> None:
		self.assert_refused("All Customer Groups is a group", customer_group="All Customer Groups")
		self.assert_refused("is an account of another kind", income_account=f"Creditors - {SUFFIX}")
		self.assert_refused(
			"is an account of another kind", deferred_revenue=1, deferred_account=f"Service - {SUFFIX}"
		)

	def test_an_account_of_another_company_is_refused(self) -> None:
		other = {"company_name": make.unique("Other"), "abbr": make.unique_code("o")[-9:].upper()}
		doc = {"doctype": "Company", **other, "default_currency": "EUR", "country": "Portugal"}
		name = frappe.get_doc(doc).insert().name
		account = frappe.db.get_value("Account", {"company": name, "root_type": "Income", "is_group": 0})
		with self.assertRaisesRegex(SupportCreditsError, "is not of this company"):
			frappe.get_doc(erpnext.SETTINGS).update({**DEFAULTS, "income_account": account}).save()

	def test_the_fields_are_there_and_saving_makes_no_second_ones(self) -> None:
		fields.ensure()
		for doctype, added in fields.added().items():
			names = [field["fieldname"] for field in added]
			found = frappe.get_all(
				"Custom Field", {"dt": doctype, "fieldname": ["in", names]}, pluck="fieldname"
			)
			self.assertEqual(sorted(names), sorted(found))
		self.assertTrue(frappe.db.has_column("Customer", "hd_customer"))

	def test_they_go_with_the_app_and_come_with_erpnext(self) -> None:
		fields.remove()
		try:
			self.assertNotIn("sc_credit_order", frappe.db.get_table_columns(INVOICE))
			self.assertFalse(
				frappe.db.exists("Custom Field", {"dt": INVOICE, "fieldname": "sc_credit_order"})
			)
			fields.after_app_install("payments")
			self.assertFalse(
				frappe.db.exists("Custom Field", {"dt": INVOICE, "fieldname": "sc_credit_order"})
			)
		finally:
			fields.after_app_install("erpnext")
		self.assertIn("sc_credit_order", frappe.db.get_table_columns(INVOICE))


class TestPackItem(ErpNextCase):
	def item(self, **values: object) -> str:
		code = make.unique_code("item")
		base = {"item_code": code, "item_group": "Services", "stock_uom": "Nos", "is_stock_item": 0}
		return frappe.get_doc({"doctype": "Item", **base, **values}).insert().name

	def test_an_item_that_is_fit_is_taken(self) -> None:
		item = self.item()
		self.assertEqual(
			item, frappe.db.get_value("Credit Pack", make.pack(item_code=f" {item} "), "item_code")
		)

	def test_one_that_does_not_exist_is_refused(self) -> None:
		with self.assertRaisesRegex(
			SupportCreditsError, "Item nothing does not exist. Leave the field empty"
		):
			make.pack(item_code="nothing")

	def test_stock_and_disabled_items_are_refused(self) -> None:
		for values in ({"is_stock_item": 1}, {"disabled": 1}, {"is_sales_item": 0}):
			with self.subTest(values), self.assertRaisesRegex(SupportCreditsError, "cannot be a pack"):
				make.pack(item_code=self.item(**values))

	def test_two_packs_cannot_be_one_item(self) -> None:
		item = self.item()
		first = make.pack(item_code=item)
		with self.assertRaisesRegex(SupportCreditsError, f"Item {item} is pack {first} already"):
			make.pack(item_code=item)
