"""Customers are renamed, merged and deleted in Helpdesk; what was entered stays as it was (design rule 13, promise 5)."""

from __future__ import annotations

import frappe
from frappe.model.rename_doc import rename_doc

from support_credits.exceptions import HasHistory
from support_credits.ledger import corrections, grants, queries
from support_credits.tests import factories
from support_credits.tests.factories import Company
from support_credits.tests.ledger_case import LedgerCase, row_of, rows_of


def merge(old: Company, new: Company) -> None:
	rename_doc("HD Customer", old.name, new.name, merge=True)


def paid_by(ticket: str) -> tuple[str, str]:
	incident = factories.incident_of(ticket)
	return incident.account, incident.customer


def joined_with(account: str) -> tuple[str | None, str | None]:
	row = row_of("Credit Account", account)
	return row["customer"], row["merged_into"]


class TestRenaming(LedgerCase):
	def test_renaming_a_customer_rewrites_no_entry_and_no_lot(self) -> None:
		company = factories.company(credits=2)
		factories.ticket(company.person)
		before, new = rows_of(company.account), factories.unique("Renamed")
		rename_doc("HD Customer", company.name, new)
		after = rows_of(company.account)
		self.assertEqual(before["Credit Ledger Entry"], after["Credit Ledger Entry"])
		self.assertEqual(before["Credit Lot"], after["Credit Lot"])
		self.assertEqual(new, after["Credit Account"][0]["customer"])
		self.assertEqual(1, queries.balance(company.account))
		self.assert_proved(company.account)

	def test_a_ticket_after_the_renaming_is_charged_to_the_same_account(self) -> None:
		company = factories.company(credits=2)
		new = factories.unique("Renamed")
		rename_doc("HD Customer", company.name, new)
		ticket = factories.ticket(company.person)
		self.assertEqual((company.account, new), paid_by(ticket.name))

	def test_renaming_the_agent_who_granted_rewrites_no_entry(self) -> None:
		manager = factories.agent_manager()
		account = factories.account(factories.customer())
		with factories.acting_as(manager):
			factories.grant(account, 1)
		columns = ("name", "actor", "entry_hash")
		before = self.entries(account, *columns)
		rename_doc("User", manager.email, f"renamed.{manager.email}")
		self.assertEqual(before, self.entries(account, *columns))
		self.assert_proved(account)


class TestMerging(LedgerCase):
	def assert_joined(self, old: Company, new: Company) -> None:
		self.assertEqual((None, new.account), joined_with(old.account))
		self.assertEqual(0, sum(row["remaining"] for row in rows_of(old.account)["Credit Lot"]))
		self.assertFalse(frappe.get_all("Support Incident", filters={"account": old.account}))
		self.assert_proved(old.account, new.account)

	def test_open_lots_move_by_entries_and_keep_their_dates(self) -> None:
		old, new = factories.company(credits=2), factories.company(credits=1)
		factories.grant(old.account, 3, months=2)
		posted = rows_of(old.account)["Credit Ledger Entry"]
		merge(old, new)
		self.assertEqual(posted, rows_of(old.account)["Credit Ledger Entry"][: len(posted)])
		self.assertEqual(6, queries.balance(new.account))
		self.assertEqual(0, queries.balance(old.account))
		moved = frappe.get_all(
			"Credit Lot", {"account": old.account}, ["moved_to", "expires_at_utc", "granted_at_utc"]
		)
		for lot in moved:
			successor = row_of("Credit Lot", lot.moved_to)
			self.assertEqual(
				(lot.expires_at_utc, lot.granted_at_utc),
				(successor["expires_at_utc"], successor["granted_at_utc"]),
			)
		self.assert_joined(old, new)

	def test_a_ticket_charged_before_the_join_is_refunded_to_the_successor_lot(self) -> None:
		for left_over in (0, 2):
			with self.subTest(left_over=left_over):
				old, new = factories.company(credits=1 + left_over), factories.company()
				ticket = factories.ticket(old.person).name
				merge(old, new)
				done = corrections.exempt(ticket, factories.exemption_reason())
				self.assertEqual(1, done.credits_back)
				self.assertEqual(1 + left_over, queries.balance(new.account))
				self.assertEqual(0, queries.balance(old.account))
				self.assert_joined(old, new)

	def test_parked_tickets_follow_in_order_of_arrival_and_credits_release_them(self) -> None:
		old, new = factories.company(portal_policy="Park"), factories.company(portal_policy="Park")
		tickets = [factories.ticket(one.person).name for one in (new, old, new)]
		names = [factories.incident_of(ticket).name for ticket in tickets]
		merge(old, new)
		self.assertEqual(names, frappe.parse_json(row_of("Credit Account", new.account)["parked"]))
		factories.grant(new.account, 2)
		self.assertEqual(
			["Charged", "Charged", "Parked"], [factories.incident_of(ticket).state for ticket in tickets]
		)
		self.assert_joined(old, new)

	def test_a_parked_ticket_is_released_by_the_other_customers_credits(self) -> None:
		old, new = factories.company(portal_policy="Park"), factories.company(credits=1)
		ticket = factories.ticket(old.person).name
		merge(old, new)
		self.assertEqual("Charged", factories.incident_of(ticket).state)
		self.assertEqual(0, queries.balance(new.account))
		self.assert_joined(old, new)

	def test_an_overdrawn_incident_is_repaid_by_the_other_customers_credits(self) -> None:
		old, new = (
			factories.company(portal_policy="Overdraw", overdraft_limit=2),
			factories.company(credits=3),
		)
		tickets = [factories.ticket(old.person).name for _ in range(2)]
		self.assertEqual(-2, old.balance)
		merge(old, new)
		self.assertEqual(1, queries.balance(new.account))
		self.assertEqual(["Charged", "Charged"], [factories.incident_of(ticket).state for ticket in tickets])
		corrections.exempt(tickets[0], factories.exemption_reason())
		self.assertEqual(2, queries.balance(new.account))
		self.assert_joined(old, new)

	def test_both_overdrawn_stay_overdrawn_until_a_grant_repays_the_oldest_first(self) -> None:
		old = factories.company(portal_policy="Overdraw", overdraft_limit=2)
		new = factories.company(portal_policy="Overdraw", overdraft_limit=2)
		tickets = [factories.ticket(one.person).name for one in (old, new)]
		merge(old, new)
		self.assertEqual(-2, queries.balance(new.account))
		factories.grant(new.account, 1)
		self.assertEqual(
			["Charged", "Overdrawn"], [factories.incident_of(ticket).state for ticket in tickets]
		)
		factories.grant(new.account, 1)
		self.assertEqual("Charged", factories.incident_of(tickets[1]).state)
		self.assert_joined(old, new)

	def test_a_voided_lot_stays_void_after_the_join(self) -> None:
		old, new = factories.company(credits=2), factories.company(credits=1)
		ticket = factories.ticket(old.person).name
		grants.void_lot(f"{old.account}-L000001", "Wrong customer")
		merge(old, new)
		self.assertEqual(1, queries.balance(new.account))
		corrections.exempt(ticket, factories.exemption_reason())
		self.assertEqual(2, queries.balance(new.account))
		self.assert_joined(old, new)

	def test_a_customer_with_account_merged_into_one_without_takes_it_along(self) -> None:
		old = factories.company(credits=2)
		someone = factories.portal_user()
		name = factories.customer(someone)
		rename_doc("HD Customer", old.name, name, merge=True)
		self.assertEqual(name, row_of("Credit Account", old.account)["customer"])
		factories.ticket(someone)
		self.assertEqual(1, queries.balance(old.account))
		self.assert_proved(old.account)

	def test_three_customers_merged_in_a_row_refund_to_the_last_one(self) -> None:
		one, two, three = (factories.company(credits=1) for _ in range(3))
		ticket = factories.ticket(one.person).name
		merge(one, two)
		merge(two, three)
		corrections.exempt(ticket, factories.exemption_reason())
		self.assertEqual(3, queries.balance(three.account))
		self.assert_proved(one.account, two.account, three.account)


class TestDeleting(LedgerCase):
	def test_a_customer_with_credits_cannot_be_deleted(self) -> None:
		company = factories.company(credits=1)
		before = rows_of(company.account)
		with self.assertRaises(HasHistory) as caught:
			frappe.delete_doc("HD Customer", company.name, force=True)
		self.assert_says(caught.exception, company.name, company.account, "Merge it into another customer")
		self.assertEqual(before, rows_of(company.account))

	def test_a_customer_with_an_empty_account_is_deleted_with_it(self) -> None:
		name = factories.customer()
		account = factories.account(name)
		frappe.delete_doc("HD Customer", name)
		self.assertFalse(frappe.db.exists("Credit Account", account))

	def test_a_pack_that_was_sold_cannot_be_deleted(self) -> None:
		account, pack = factories.account(factories.customer()), factories.pack()
		grants.grant(account, grants.pack_order(pack, factories.unique_code("key")))
		with self.assertRaises(frappe.LinkExistsError) as caught:
			frappe.delete_doc("Credit Pack", pack)
		self.assert_says(caught.exception, pack)

	def test_a_pack_deleted_by_force_leaves_the_ledger_whole(self) -> None:
		account, pack = factories.account(factories.customer()), factories.pack()
		grants.grant(account, grants.pack_order(pack, factories.unique_code("key")))
		before = rows_of(account)
		frappe.delete_doc("Credit Pack", pack, force=True)
		self.assertEqual(before, rows_of(account))
		self.assert_proved(account)

	def test_a_ticket_that_holds_a_charge_cannot_be_deleted(self) -> None:
		company = factories.company(credits=1)
		ticket = factories.ticket(company.person).name
		before = rows_of(company.account)
		with self.assertRaises(HasHistory) as caught:
			frappe.delete_doc("HD Ticket", ticket, force=True)
		self.assert_says(caught.exception, ticket, "holds a charge of 1 credit", "Exempt it first")
		self.assertEqual(before, rows_of(company.account))

	def test_a_waiting_ticket_cannot_be_deleted(self) -> None:
		company = factories.company(portal_policy="Park")
		ticket = factories.ticket(company.person).name
		with self.assertRaises(HasHistory) as caught:
			frappe.delete_doc("HD Ticket", ticket, force=True)
		self.assert_says(caught.exception, ticket, "waits for credits", "Close it first")

	def test_a_reused_ticket_number_inherits_nothing(self) -> None:
		company = factories.company(credits=3)
		ticket = factories.ticket(company.person)
		corrections.exempt(ticket.name, factories.exemption_reason())
		frappe.delete_doc("HD Ticket", ticket.name, force=True)
		gone = frappe.db.get_value(
			"Support Incident",
			{"ticket_key": ticket.key},
			["ticket", "ticket_no", "ticket_deleted_at_utc"],
			as_dict=True,
		)
		self.assertEqual((None, str(ticket.name)), (gone.ticket, gone.ticket_no))
		self.assertTrue(gone.ticket_deleted_at_utc)
		again = factories.ticket(company.person)
		self.assertEqual(str(ticket.name), str(again.name))
		incident = factories.incident_of(again.name)
		self.assertEqual(("Charged", 1, None), (incident.state, incident.credits, incident.exemption))
		self.assertEqual(("Charged", 1), (again.sc_state, again.sc_credits))
		self.assertEqual(2, company.balance)
		self.assert_proved(company.account)
