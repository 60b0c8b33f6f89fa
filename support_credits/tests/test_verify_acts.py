"""The proof looks at what brings or takes credits besides tickets: accepted proposals, redeemed codes and paid
orders."""

from __future__ import annotations

import frappe

from support_credits.engine.codes import digest_of
from support_credits.ledger import codes, corrections, grants, incidents, order_payment, orders, proposals
from support_credits.ledger.act_proof import act_findings
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase

CODE = "tabActivation Code"


class TestActs(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		self.company = factories.company(5)
		self.ticket = factories.ticket(self.company.person).name
		[self.code] = codes.issue(codes.Offer(credits=2), 1, "Cards").codes

	def told(self) -> dict[str, str]:
		return {finding.row: finding.message for finding in act_findings()}

	def accepted(self) -> str:
		proposal = proposals.propose(self.ticket, 2, "More")
		proposals.accept(proposal)
		return proposal

	def redeemed(self) -> str:
		codes.redeem(self.code, self.company.account, self.company.name)
		return frappe.db.get_value("Activation Code", {"code_hash": digest_of(self.code)}, "name")

	def test_what_was_accepted_and_redeemed_is_proved(self) -> None:
		self.accepted(), self.redeemed()
		self.assertEqual({}, self.told())
		self.assert_proved(self.company.account)

	def test_an_accepted_proposal_without_its_charge_is_found(self) -> None:
		proposal = proposals.propose(self.ticket, 2, "More")
		frappe.db.set_value("Credit Proposal", proposal, "state", "Accepted")
		self.assertEqual(
			{proposal: f"Proposal {proposal} of 2 credits is Accepted; its entries charge 0."}, self.told()
		)

	def test_a_charge_whose_proposal_says_something_else_is_found(self) -> None:
		proposal = self.accepted()
		for values in ({"state": "Declined"}, {"state": "Accepted", "credits": 1}):
			frappe.db.set_value("Credit Proposal", proposal, values)
			with self.subTest(values):
				self.assertIn("its entries charge 2", self.told()[proposal])

	def test_a_charge_whose_proposal_is_gone_is_found(self) -> None:
		proposal = self.accepted()
		frappe.db.sql("DELETE FROM `tabCredit Proposal` WHERE name = %s", proposal)
		[(row, message)] = self.told().items()
		self.assertTrue(row.startswith(self.company.account))
		self.assertIn("does not exist", message)

	def test_a_code_that_says_it_was_redeemed_or_was_not_is_found(self) -> None:
		name = frappe.db.get_value("Activation Code", {"code_hash": digest_of(self.code)}, "name")
		frappe.db.set_value("Activation Code", name, "state", "Redeemed")
		self.assertIn("the ledger has 0 on lot - for it", self.told()[name])
		frappe.db.set_value("Activation Code", name, "state", "Issued")
		self.redeemed()
		for values in ({"state": "Issued"}, {"state": "Redeemed", "lot": None}):
			frappe.db.set_value("Activation Code", name, values)
			with self.subTest(values):
				self.assertIn(self.company.account, self.told()[name])

	def test_a_code_of_other_credits_than_it_has_brought_is_found(self) -> None:
		name = self.redeemed()
		frappe.db.set_value("Activation Code", name, "credits", 8)
		self.assertIn("of 8 credits", self.told()[name])

	def test_a_charge_on_another_incident_than_was_proposed_for_is_found(self) -> None:
		proposal = self.accepted()
		frappe.db.set_value("Credit Proposal", proposal, "incident", "another")
		self.assertIn("its entries charge 0", self.told()[proposal])

	def test_credits_of_a_code_that_is_gone_are_found(self) -> None:
		name = self.redeemed()
		frappe.db.sql(f"DELETE FROM `{CODE}` WHERE name = %s", name)
		self.assertEqual(1, len(self.told()))

	def test_a_deleted_ticket_leaves_what_was_proposed_and_worked_and_nothing_to_inherit(self) -> None:
		proposal = proposals.propose(self.ticket, 2, "More")
		log = frappe.get_doc({"doctype": "Work Log", "ticket": self.ticket, "minutes": 5}).insert()
		corrections.exempt(self.ticket, factories.exemption_reason())
		incidents.ticket_deleted(self.ticket)
		kept = (None, str(self.ticket))
		self.assertEqual(kept, frappe.db.get_value("Work Log", log.name, ["ticket", "ticket_no"]))
		self.assertEqual(kept, frappe.db.get_value("Credit Proposal", proposal, ["ticket", "ticket_no"]))
		self.assertEqual("Withdrawn", frappe.db.get_value("Credit Proposal", proposal, "state"))
		self.assertEqual([], proposals.found(ticket=self.ticket))

	def paid_order(self) -> str:
		order = orders.place(orders.Wish(self.company.name, factories.pack()))
		order_payment.pay(order, order_payment.Payment("Manager", "Bank", f"manual:{order}"))
		return order

	def test_a_paid_order_is_proved_and_a_reversed_one_too(self) -> None:
		order_payment.reverse(self.paid_order(), "Charged back")
		self.paid_order()
		self.assertEqual({}, self.told())

	def test_an_order_that_says_something_else_than_the_ledger_is_found(self) -> None:
		order = self.paid_order()
		for values in ({"state": "Open"}, {"state": "Paid", "lot": None}, {"credits": 9}):
			before = frappe.db.get_value("Credit Order", order, list(values), as_dict=True)
			frappe.db.set_value("Credit Order", order, values)
			with self.subTest(values):
				self.assertIn(f"Order {order} of", self.told()[order])
			frappe.db.set_value("Credit Order", order, before)
		frappe.db.sql("DELETE FROM `tabCredit Order` WHERE name = %s", order)
		[message] = self.told().values()
		self.assertIn("an order that does not exist", message)

	def test_an_order_that_cost_something_else_than_its_lot_says_is_found(self) -> None:
		order = self.paid_order()
		lot = frappe.db.get_value("Credit Order", order, "lot")
		for values in ({"total": 99}, {"currency": "EUR"}):
			before = frappe.db.get_value("Credit Order", order, list(values), as_dict=True)
			frappe.db.set_value("Credit Order", order, values)
			with self.subTest(values):
				self.assertRegex(
					self.told()[order], f"Order {order} cost (USD 99|EUR 120).*; its lot {lot} says USD 120"
				)
			frappe.db.set_value("Credit Order", order, before)

	def test_a_reversal_that_does_not_add_up_is_found(self) -> None:
		order = self.paid_order()
		order_payment.reverse(order, "Charged back")
		frappe.db.set_value("Credit Order", order, "spent", 1)
		self.assertIn(" voided and 1 spent are not all of them", self.told()[order])

	def test_an_order_that_says_it_was_paid_without_an_entry_is_found(self) -> None:
		order = orders.place(orders.Wish(self.company.name, factories.pack()))
		frappe.db.set_value("Credit Order", order, "state", "Paid")
		self.assertIn("the ledger has 0 on lot - for it", self.told()[order])

	# Deployments

	def deployed(self) -> tuple[str, str]:
		"""A deployment that has brought two credits, and their lot."""
		with factories.settings(deployment_credits=2, deployment_months=12):
			name = factories.deployment(self.company.name, serial=factories.unique("SN"))
		return name, frappe.db.get_value("Deployment", name, "lot")

	def test_what_deployments_have_brought_is_proved_and_after_a_void_it_may_be_gone(self) -> None:
		_kept, (name, lot) = self.deployed(), self.deployed()
		self.assertEqual({}, self.told())
		grants.void_lot(lot, "Wrong customer")
		frappe.delete_doc("Deployment", name)
		self.assertEqual({}, self.told())

	def test_a_deployment_that_names_another_lot_than_it_brought_is_found(self) -> None:
		name, lot = self.deployed()
		frappe.db.set_value("Deployment", name, "lot", f"{lot}x")
		told = self.told()
		self.assertIn(f"names lot {lot}x; the ledger has lot {lot} for it", told[name])
		self.assertEqual(2, len(told))

	def test_credits_of_a_deployment_that_is_gone_are_found(self) -> None:
		name, _lot = self.deployed()
		frappe.db.delete("Deployment", {"name": name})
		[message] = self.told().values()
		self.assertIn("a deployment that does not exist", message)

	def test_a_serial_whose_credits_came_by_card_and_by_deployment_is_found(self) -> None:
		name, lot = self.deployed()
		code = self.redeemed()
		frappe.db.set_value(
			"Activation Code", code, "serial_key", frappe.db.get_value("Deployment", name, "serial_key")
		)
		self.assertIn(f"and the deployment of its serial lot {lot}", self.told()[code])
