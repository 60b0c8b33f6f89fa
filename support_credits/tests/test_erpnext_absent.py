"""Without ERPNext its integration is silent: orders, packs and customers are as if it did not exist."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import frappe

from support_credits.exceptions import SupportCreditsError
from support_credits.integrations import erpnext
from support_credits.integrations.erpnext import fields
from support_credits.integrations.erpnext.sessions import SessionCharge, line_for
from support_credits.tests import factories as make
from support_credits.tests.order_case import API, OrderCase


class TestAbsent(OrderCase):
	def setUp(self) -> None:
		super().setUp()
		self.assertNotIn(erpnext.APP, frappe.get_installed_apps())

	def test_an_order_is_placed_cancelled_and_paid_without_an_invoice(self) -> None:
		shop = self.shop()
		first, second = self.ordered(shop), self.ordered(shop)
		self.assert_ok(shop.boss.call(f"{API}cancel", order=first))
		self.assert_ok(self.mark_paid(second))
		self.assertEqual(("Cancelled", None), (self.row(first).state, self.row(first).invoice))
		self.assertEqual(
			("Paid", None, None), (self.row(second).state, self.row(second).invoice, self.row(second).trouble)
		)

	def test_switched_on_before_erpnext_was_removed_it_does_nothing_either(self) -> None:
		frappe.db.set_single_value(erpnext.SETTINGS, {"enabled": 1, "company": "Gone"})
		frappe.clear_document_cache(erpnext.SETTINGS, erpnext.SETTINGS)
		try:
			order = self.ordered(self.shop())
			self.assertFalse(erpnext.is_enabled())
			self.assertEqual((0, None), (erpnext.sweep(), self.row(order).trouble))
			session = SessionCharge("Nobody", timedelta(hours=1), Decimal(90), "EUR", "Night")
			self.assertIsNone(line_for(session, "s1"))
		finally:
			frappe.db.set_single_value(erpnext.SETTINGS, {"enabled": 0, "company": ""})
			frappe.db.commit()
			frappe.clear_document_cache(erpnext.SETTINGS, erpnext.SETTINGS)

	def test_it_cannot_be_switched_on_and_it_says_what_to_do(self) -> None:
		settings = frappe.get_doc(erpnext.SETTINGS).update({"enabled": 1, "company": "Any"})
		with self.assertRaisesRegex(SupportCreditsError, "ERPNext is not installed on this site. Install it"):
			settings.save()

	def test_the_settings_can_be_saved_while_it_is_off(self) -> None:
		frappe.get_doc(erpnext.SETTINGS).update({"enabled": 0, "company": "Later Ltd"}).save()
		self.assertEqual("Later Ltd", frappe.db.get_single_value(erpnext.SETTINGS, "company"))

	def test_a_pack_keeps_the_item_it_names(self) -> None:
		self.assertEqual("x-1", frappe.db.get_value("Credit Pack", make.pack(item_code="x-1"), "item_code"))

	def test_a_customer_is_renamed_and_no_fields_are_made(self) -> None:
		name = make.customer()
		self.assertEqual(f"{name} New", frappe.rename_doc("HD Customer", name, f"{name} New"))
		fields.ensure()
		fields.after_app_install("telephony")
		self.assertEqual(
			0, frappe.db.count("Custom Field", {"fieldname": ["in", ["sc_credit_order", "sc_session"]]})
		)

	def test_nothing_of_the_app_is_imported_with_ours(self) -> None:
		code = (
			"import sys, support_credits.api.orders, support_credits.integrations.erpnext.sweeping, "
			"support_credits.integrations.erpnext.events, support_credits.integrations.erpnext.sessions; "
			"sys.exit(sorted(m for m in sys.modules if m.split('.')[0] == 'erpnext') or 0)"
		)
		done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
		self.assertEqual((0, ""), (done.returncode, done.stderr))
