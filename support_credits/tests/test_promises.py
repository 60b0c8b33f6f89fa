"""What the ledger promises whatever happens around it: sums, floors, exactly once, instants (design §5)."""

from __future__ import annotations

import re

import frappe
from frappe.model.rename_doc import rename_doc

from support_credits.api import account as account_api
from support_credits.engine.model import stamp_text
from support_credits.exceptions import AlreadyPosted, CreditsRefused
from support_credits.ledger import clock, corrections, grants, queries
from support_credits.ledger.posting import account_lock
from support_credits.tests import factories
from support_credits.tests.ledger_case import HistoryCase, LedgerCase, elsewhere, row_of, rows_of

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class TestPromises(LedgerCase):
	def test_the_balance_is_the_sum_of_the_entries_of_valid_lots(self) -> None:
		company = factories.company(credits=5)
		factories.expired_credits(company.account, 4)
		factories.grant(company.account, 2, months=1)
		ticket = factories.ticket(company.person).name
		factories.ticket(company.person)
		corrections.exempt(ticket, factories.exemption_reason())
		summed = frappe.db.sql(
			"""SELECT SUM(e.credits) FROM `tabCredit Ledger Entry` e JOIN `tabCredit Lot` l ON l.name = e.lot
			WHERE e.account = %s AND (l.expires_at_utc IS NULL OR l.expires_at_utc > %s)""",
			(company.account, stamp_text(clock.now())),
		)[0][0]
		self.assertEqual(6, int(summed))
		self.assertEqual(6, company.balance)
		self.assertEqual(6, account_api.statement(company.account)["balance"])
		self.assert_proved(company.account)

	def test_every_entry_names_exactly_one_lot_of_its_account(self) -> None:
		company = factories.company(credits=1)
		factories.grant(company.account, 1, months=1)
		factories.ticket(company.person)
		for (lot,) in self.entries(company.account, "lot"):
			self.assertEqual(company.account, frappe.db.get_value("Credit Lot", lot, "account"))

	def test_the_database_refuses_a_lot_below_zero(self) -> None:
		lot = factories.grant(factories.account(factories.customer()), 1)
		with self.assertRaises(Exception) as caught:
			frappe.db.sql("UPDATE `tabCredit Lot` SET remaining = -1 WHERE name = %s", lot)
		self.assert_says(caught.exception, "sc_lot_floor")

	def test_an_overdraft_may_reach_its_limit_and_the_database_refuses_one_more(self) -> None:
		company = factories.company(portal_policy="Overdraw", overdraft_limit=1)
		factories.ticket(company.person)
		lot = frappe.db.get_value("Credit Lot", {"account": company.account, "source": "Overdraft"})
		self.assertEqual(-1, row_of("Credit Lot", lot)["remaining"])
		with self.assertRaises(Exception) as caught:
			frappe.db.sql("UPDATE `tabCredit Lot` SET remaining = -2 WHERE name = %s", lot)
		self.assert_says(caught.exception, "sc_lot_floor")

	def test_a_refused_ticket_leaves_no_row_of_the_ledger(self) -> None:
		company = factories.company()
		before = rows_of(company.account)
		tickets = frappe.db.count("HD Ticket")
		with self.assertRaises(CreditsRefused):
			factories.ticket(company.person)
		self.assertEqual(before, rows_of(company.account))
		self.assertEqual(tickets, frappe.db.count("HD Ticket"))

	def test_a_grant_repeated_with_its_key_grants_once_and_says_so(self) -> None:
		customer = factories.customer()
		asked = {
			"customer": customer,
			"credits": 3,
			"months": 2,
			"reason": "Order 7",
			"key": factories.unique_code("order"),
		}
		first, again = account_api.grant(**asked), account_api.grant(**asked)
		self.assertFalse(first["replayed"])
		self.assertEqual({**first, "replayed": True}, again)
		self.assertEqual([("Grant", 3)], self.entries(first["account"]))

	def test_one_key_used_for_another_grant_is_refused_and_names_the_first(self) -> None:
		key, other = factories.unique_code("order"), factories.customer()
		one = account_api.grant(reason="Order", customer=factories.customer(), credits=1, key=key)
		frappe.db.commit()
		with self.assertRaises(AlreadyPosted) as caught:
			account_api.grant(reason="Order", customer=other, credits=1, key=key)
		self.assert_says(caught.exception, key, one["account"], "Use another key")
		self.assertEqual([], self.entries(account_api.account_for(other)))

	def test_an_adjustment_repeated_with_its_key_is_entered_once(self) -> None:
		lot = factories.grant(factories.account(factories.customer()), 3)
		account = row_of("Credit Lot", lot)["account"]
		asked = {"lot": lot, "credits": 2, "reason": "Counted wrong", "key": factories.unique_code("fix")}
		for _time in range(2):
			self.assertEqual(5, account_api.adjust(**asked)["remaining"])
			frappe.db.commit()
		with self.assertRaises(AlreadyPosted) as caught:
			account_api.adjust(**{**asked, "credits": 1})
		self.assert_says(caught.exception, asked["key"])
		frappe.db.rollback()
		self.assertEqual([("Grant", 3), ("Adjustment", 2)], self.entries(account))

	def test_an_event_key_is_unique_in_the_database(self) -> None:
		lot = factories.grant(factories.account(factories.customer()), 3)
		key = frappe.db.get_value("Credit Ledger Entry", {"lot": lot}, "event_key")
		other = frappe.db.get_value(
			"Credit Ledger Entry", {"lot": factories.grant(factories.account(factories.customer()), 1)}
		)
		with self.assertRaises(Exception) as caught:
			frappe.db.sql("UPDATE `tabCredit Ledger Entry` SET event_key = %s WHERE name = %s", (key, other))
		self.assertTrue(frappe.db.is_duplicate_entry(caught.exception))

	def test_instants_are_stored_as_utc_text_and_named_so(self) -> None:
		with factories.settings(time_zone="Asia/Kathmandu"):
			company = factories.company(credits=1)
			factories.grant(company.account, 1, months=1)
			factories.ticket(company.person)
		columns = {
			"Credit Ledger Entry": ("posted_at_utc", "effective_at_utc"),
			"Credit Lot": ("granted_at_utc", "expires_at_utc"),
			"Support Incident": ("opened_at_utc", "charged_at_utc"),
		}
		rows = rows_of(company.account)
		for doctype, names in columns.items():
			for row in rows[doctype]:
				for name in names:
					if row[name]:
						self.assertRegex(row[name], STAMP)

	def test_renaming_a_currency_rewrites_no_lot(self) -> None:
		currency = (
			frappe.get_doc({"doctype": "Currency", "currency_name": factories.unique_code("cur")})
			.insert()
			.name
		)
		account = factories.account(factories.customer())
		grants.grant(
			account, grants.pack_order(factories.pack(currency=currency), factories.unique_code("key"))
		)
		before = rows_of(account)
		rename_doc("Currency", currency, factories.unique_code("new"))
		self.assertEqual(before, rows_of(account))
		self.assert_proved(account)

	def test_entries_are_named_by_account_and_number_never_by_their_event(self) -> None:
		company = factories.company(credits=1)
		factories.ticket(company.person)
		names = [name for (name,) in self.entries(company.account, "name")]
		self.assertEqual([f"{company.account}-E0000001", f"{company.account}-E0000002"], names)


class TestOnceFromAStaleSnapshot(HistoryCase):
	"""Two connections: what the other one commits is not in this transaction's snapshot."""

	def order(self, key: str) -> grants.GrantOrder:
		return grants.GrantOrder(2, f"grant:{key}", "Webhook")

	def grant_elsewhere(self, key: str) -> grants.Granted:
		with elsewhere():
			granted = grants.grant(self.account, self.order(key))
			frappe.db.commit()
		return granted

	def test_a_delivery_that_another_one_overtook_grants_nothing_more(self) -> None:
		key = factories.unique_code("webhook")
		self.assertIsNone(grants.find_grant(f"grant:{key}"))  # the snapshot is taken here
		theirs = self.grant_elsewhere(key)
		self.assertIsNone(grants.find_grant(f"grant:{key}"))
		ours = grants.grant_once(self.account, self.order(key))
		self.assertTrue(ours.replayed)
		self.assertEqual((theirs.lot, theirs.credits), (ours.lot, ours.credits))
		self.assertEqual(1, frappe.db.count("Credit Lot", {"name": theirs.lot}))
		self.assert_proved(self.account)

	def test_a_charge_after_a_stale_read_sees_what_was_spent_meanwhile(self) -> None:
		balance = queries.balance(self.account)
		with elsewhere():
			factories.ticket(self.company.person)
			frappe.db.commit()
		self.assertEqual(balance, queries.balance(self.account))  # this snapshot is older
		with account_lock(self.account, clock.now()) as account:
			account.read_open_lots()
			self.assertEqual(balance - 1, sum(lot.remaining for lot in account.lots.values()))
