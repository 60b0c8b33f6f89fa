"""What two hostile reviews found about money: joins, races, waiting tickets and forged rows (promises 1, 3 and 5)."""

from __future__ import annotations

from unittest.mock import patch

import frappe
from frappe.model.rename_doc import rename_doc

from support_credits.api import incident as incident_api
from support_credits.exceptions import CreditsRefused, SupportCreditsError
from support_credits.ledger import clock, corrections, grants, jobs, verification
from support_credits.ledger.posting import account_lock
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories
from support_credits.tests.compat import publish
from support_credits.tests.ledger_case import LedgerCase, elsewhere, row_of


class ReviewCase(LedgerCase):
	def assert_incident(self, ticket: str, state: str, credits: int, account: str | None) -> None:
		found = factories.incident_of(ticket)
		self.assertEqual((state, credits, account), (found.state, found.credits, found.account))

	def assert_ticket(self, ticket: str, state: str, status: str) -> None:
		row = row_of("HD Ticket", ticket)
		self.assertEqual((state, status), (row["sc_state"], row["status"]))


class TestRepaying(ReviewCase):
	def overdrawn(self, credits: int) -> factories.Company:
		"""A company that owes ``credits`` for one ticket."""
		return factories.company(
			portal_policy="Overdraw",
			overdraft_limit=credits,
			tier=factories.tier(credits_per_incident=credits),
		)

	def test_one_debt_repaid_in_part_before_a_join_is_repaid_after_it(self) -> None:
		old, new = self.overdrawn(3), factories.company()
		ticket = factories.ticket(old.person).name
		self.assertEqual(-3, old.balance)
		factories.grant(old.account, 1)
		rename_doc("HD Customer", old.name, new.name, merge=True)
		factories.grant(new.account, 1)
		self.assertEqual(-1, new.balance)
		keys = [
			[key for (key,) in self.entries(account, "event_key") if key.startswith("repay:")]
			for account in (old.account, new.account)
		]
		# The reviews' collision: both accounts were at the same number when they repaid.
		self.assertEqual(*({key.rpartition(":")[2] for key in of_one} for of_one in keys))
		self.assert_incident(ticket, "Overdrawn", 3, new.account)
		factories.grant(new.account, 1)
		self.assert_incident(ticket, "Charged", 3, new.account)
		self.assertEqual(0, new.balance)
		self.assert_proved(old.account, new.account)

	def test_the_longest_key_a_grant_may_have_repays_too(self) -> None:
		company = self.overdrawn(1)
		factories.ticket(company.person)
		grants.grant(company.account, grants.GrantOrder(2, f"grant:{'k' * 100}", "Test"))
		self.assertEqual(1, company.balance)
		self.assert_proved(company.account)

	def test_a_repaid_ticket_shows_it_once_the_job_ran_and_the_whole_proof_is_clean(self) -> None:
		company = self.overdrawn(1)
		ticket = factories.ticket(company.person).name
		publish()
		factories.grant(company.account, 2)
		self.assert_no_finding(company.account, ticket)  # due: the job has not run
		jobs.finish_releases()
		self.assert_ticket(ticket, "Charged", "Open")
		self.assertEqual(0, factories.incident_of(ticket).ticket_update_due)
		self.assert_no_finding(company.account, ticket)

	def assert_no_finding(self, account: str, ticket: str) -> None:
		"""Neither the account nor the ticket is named by a proof of the whole site."""
		rows = {account, str(ticket), factories.incident_of(ticket).name}
		findings = verification.verify().findings
		self.assertEqual([], [found.message for found in findings if str(found.row) in rows])


class TestWaiting(ReviewCase):
	def waiting(self, **policies: object) -> tuple[factories.Company, str]:
		company = factories.company(portal_policy="Park", **policies)
		ticket = factories.ticket(company.person).name
		self.assert_incident(ticket, "Parked", 0, company.account)
		return company, ticket

	def set_status(self, ticket: str, status: str) -> None:
		frappe.get_doc("HD Ticket", ticket).update({"status": status}).save()

	def test_parked_by_an_agent_while_there_are_credits_it_is_charged_at_once(self) -> None:
		company = factories.company(portal_policy="Best effort")
		ticket = factories.ticket(company.person).name
		factories.grant(company.account, 5)
		self.assertEqual("Charged", incident_api.park(ticket)["state"])
		self.assert_incident(ticket, "Charged", 1, company.account)
		self.assert_ticket(ticket, "Charged", "Open")
		frappe.get_doc("Credit Account", company.account).update({"portal_policy": "Park"}).save()
		self.assertEqual("Charged", factories.ticket(company.person).sc_state)
		self.assertEqual(3, company.balance)
		self.assert_proved(company.account)

	def test_closing_and_opening_again_does_not_bring_the_agents_policy(self) -> None:
		for policy in ("Best effort", "Overdraw"):
			with self.subTest(policy):
				company, ticket = self.waiting(agent_policy=policy, overdraft_limit=5)
				for status, state in (("Resolved", "Withdrawn"), ("Open", "Parked")):
					with factories.acting_as(company.person):
						self.set_status(ticket, status)
					self.assert_incident(ticket, state, 0, company.account)
				self.assert_ticket(ticket, "Parked", PARKED_STATUS)
				self.assertEqual(0, company.balance)
				self.assert_proved(company.account)

	def test_between_the_grant_and_the_job_it_can_be_closed_and_stays_closed(self) -> None:
		for closes in ("customer", "agent"):
			with self.subTest(closes):
				company, ticket = self.waiting()
				factories.grant(company.account, 1)
				self.assert_ticket(ticket, "Parked", PARKED_STATUS)
				with factories.acting_as(company.person if closes == "customer" else "Administrator"):
					self.set_status(ticket, "Closed")
				self.assert_incident(ticket, "Charged", 1, company.account)
				jobs.finish_releases()
				self.assert_ticket(ticket, "Charged", "Closed")
				self.assert_proved(company.account)

	def test_corrected_to_a_customer_without_credits_before_the_job_ran_it_stays_waiting(self) -> None:
		old, ticket = self.waiting()
		new = factories.company()
		factories.grant(old.account, 1)
		self.assert_incident(ticket, "Charged", 1, old.account)
		incident_api.set_customer(ticket, new.name)
		jobs.finish_releases()
		self.assert_incident(ticket, "Parked", 0, new.account)
		self.assert_ticket(ticket, "Parked", PARKED_STATUS)
		self.assertEqual("Paused", row_of("HD Ticket", ticket)["status_category"])
		self.assertEqual((1, 0), (old.balance, new.balance))
		self.assert_proved(old.account, new.account)


class TestRaces(ReviewCase):
	def stale(self) -> tuple[factories.Company, str, str]:
		"""A ticket of nobody for this snapshot, which another connection has charged to a company since."""
		company, reason = factories.company(credits=1), factories.exemption_reason()
		ticket = factories.ticket(factories.portal_user()).name
		self.assert_incident(ticket, "Unidentified", 0, None)
		publish()
		self.assert_incident(ticket, "Unidentified", 0, None)  # the snapshot is taken here
		with elsewhere():
			frappe.get_doc("HD Ticket", ticket).update({"customer": company.name}).save()
			frappe.db.commit()
		self.assert_incident(ticket, "Unidentified", 0, None)
		return company, ticket, reason

	def test_an_exemption_that_read_no_account_while_one_was_charged_starts_again(self) -> None:
		company, ticket, reason = self.stale()
		with self.assertRaises(frappe.QueryDeadlockError):
			corrections.exempt(ticket, reason)
		frappe.db.rollback()
		self.assert_incident(ticket, "Charged", 1, company.account)

	def test_started_again_it_gives_the_credit_back(self) -> None:
		company, ticket, reason = self.stale()
		with patch("support_credits.ledger.retry.time.sleep"):
			done = incident_api.exempt(ticket, reason)
		self.assertEqual(("Exempt", 1), (done["state"], done["credits_back"]))
		self.assert_incident(ticket, "Exempt", 0, company.account)
		self.assertEqual(1, company.balance)
		self.assert_proved(company.account)


class TestSwallowedErrors(ReviewCase):
	def test_a_caller_that_goes_back_to_before_the_refusal_may_commit(self) -> None:
		someone = factories.portal_user()
		customer = factories.customer(someone)
		try:
			with factories.settings(everyone_must_have_credits=1, portal_policy="Refuse"):
				frappe.db.savepoint("before_ticket")
				with self.assertRaises(CreditsRefused):
					factories.ticket(someone)
				frappe.db.rollback(save_point="before_ticket")
				kept = (
					factories.exemption_reason()
				)  # no customer: his account would get the lost one's number
				frappe.db.commit()
		finally:
			publish()
		self.assertTrue(frappe.db.exists("Exemption Reason", kept))
		self.assertFalse(frappe.db.exists("Credit Account", {"customer": customer}))

	def test_an_error_swallowed_between_an_entry_and_its_account_is_refused_at_the_commit(self) -> None:
		self.assert_torn_grant_is_refused("support_credits.ledger.posting.rows.update_lots")

	def test_an_account_row_that_could_not_be_written_is_refused_at_the_commit(self) -> None:
		self.assert_torn_grant_is_refused("support_credits.ledger.posting.OpenAccount.close")

	def assert_torn_grant_is_refused(self, failing: str) -> None:
		"""A grant in which the function named ``failing`` fails after the entries, and whose caller swallows that."""
		company = factories.company(credits=1)
		publish()

		def fail_after_the_entries(*args: object) -> None:
			raise frappe.ValidationError("Later")

		with patch(failing, fail_after_the_entries):
			self.assertRaises(frappe.ValidationError, factories.grant, company.account, 2)
		self.assertEqual(2, len(self.entries(company.account)))
		with self.assertRaises(SupportCreditsError) as caught:
			frappe.db.commit()
		self.assert_says(caught.exception, company.account, "not finished")
		frappe.db.rollback()
		self.assertEqual([("Grant", 1)], self.entries(company.account))
		self.assert_proved(company.account)

	def test_an_error_before_any_entry_may_be_swallowed(self) -> None:
		company = factories.company(credits=1)
		with self.assertRaises(frappe.ValidationError), account_lock(company.account, clock.now()):
			raise frappe.ValidationError("Nothing was entered")
		frappe.db.commit()
		self.assert_proved(company.account)


class TestForgedSeparators(ReviewCase):
	def setUp(self) -> None:
		super().setUp()
		self.account = factories.company(credits=2).account
		self.assert_proved(self.account)

	def spoil(self, assignments: str) -> None:
		text = f"UPDATE `tabCredit Ledger Entry` SET {assignments} WHERE account = %s"
		frappe.db.sql(text, self.account)

	def assert_found(self) -> None:
		self.assertFalse(verification.verify(self.account).ok, "verify found nothing")

	def test_two_columns_written_into_one_are_found(self) -> None:
		self.spoil("lot = CONCAT(lot, CHAR(31), kind), kind = NULL")
		self.assert_found()

	def test_an_account_in_another_case_is_found(self) -> None:
		self.spoil("account = LOWER(account)")
		self.assert_found()

	def test_a_reason_that_holds_the_separators_is_proved(self) -> None:
		for number, reason in enumerate(("a\x1fb", "a\x1eb", "\x1f\x1e", "a\x1e" + "\x1f" * 14)):
			key = factories.unique_code("separator")
			grants.grant(self.account, grants.GrantOrder(1, key, reason))
			with self.subTest(number):
				self.assertEqual((reason,), self.entries(self.account, "reason")[-1])
				self.assert_proved(self.account)
