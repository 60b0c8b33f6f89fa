"""Without the payments app its integration is silent, and orders are paid as the provider says."""

from __future__ import annotations

import subprocess
import sys

import frappe

from support_credits.exceptions import SupportCreditsError
from support_credits.integrations import payments
from support_credits.tests.order_case import API, OrderCase


class TestAbsent(OrderCase):
	def setUp(self) -> None:
		super().setUp()
		self.assertNotIn(payments.APP, frappe.get_installed_apps())

	def test_an_order_is_placed_and_its_customer_gets_instructions_and_no_address(self) -> None:
		with self.site_settings(payment_instructions="IBAN X, reference {0}"):
			frappe.db.set_single_value("Support Credits Settings", "payment_gateway", "Stripe-old")
			shop = self.shop()
			order = self.ordered(shop)
			said = self.assert_ok(shop.boss.call(f"{API}pay", order=order)).value
			frappe.db.set_single_value("Support Credits Settings", "payment_gateway", "")
		self.assertEqual(
			(False, "", f"IBAN X, reference {order}"), (said["online"], said["url"], said["instructions"])
		)
		self.assert_ok(self.mark_paid(order))
		self.assert_state(order, "Paid")

	def test_it_names_no_gateway_and_its_jobs_find_nothing(self) -> None:
		order = self.ordered(self.shop())
		self.assertIsNone(payments.gateway())
		self.assertIsNone(payments.checkout_url(order))
		self.assertEqual((0, 0), (payments.sweep(), payments.sweep_unanswered()))

	def test_a_callback_that_cannot_be_one_pays_nothing(self) -> None:
		order = self.ordered(self.shop())
		self.assertIsNone(frappe.get_doc("Credit Order", order).on_payment_authorized("Completed"))
		self.assert_state(order, "Open")

	def test_a_gateway_cannot_be_chosen_and_it_says_what_to_do(self) -> None:
		with self.assertRaisesRegex(
			SupportCreditsError, "payments app is not installed on this site. Install it"
		):
			payments.check_gateway("Stripe")

	def test_nothing_of_the_app_is_imported_with_ours(self) -> None:
		code = (
			"import sys, support_credits.api.orders, support_credits.integrations.payments as p; "
			"sys.exit(sorted(m for m in sys.modules if m.split('.')[0] == 'payments') or 0)"
		)
		done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
		self.assertEqual((0, ""), (done.returncode, done.stderr))
