"""``verify`` names the incident whose row was edited, deleted, inserted, exchanged or moved, and says what is wrong."""

from __future__ import annotations

import json
from unittest.mock import patch

import frappe
from frappe.model.rename_doc import rename_doc

from support_credits.api import incident as incident_api
from support_credits.ledger import findings, incident_proof
from support_credits.tests import factories
from support_credits.tests.ledger_case import row_of
from support_credits.tests.verify_case import ENTRY, INCIDENT, TamperCase

# What no entry says: an edit of these cannot be told from what was entered.
UNPROVED = {
	"tier", "door", "decision", "exemption", "exemption_note", "exemption_url", "exempted_by", "charge_reason", "message",
	"opened_at_utc", "parked_at_utc", "released_at_utc", "resolved_at_utc", "request_key", "ticket_update_due",
	"answer_due",
	# When the first response is due, and why: no credits hang on it.
	"severity", "severity_confirmed", "calendar", "agreement", "resolution_hours", "due_at_utc", "aim_at_utc",
	"deadline", "aim", "explanation",
}  # fmt: skip


class TestVerifyIncidents(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""Incidents in every relation to the ledger: charged, charged twice, exempt, overdrawn, parked."""
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(portal_policy="Overdraw", overdraft_limit=1)
		cls.account = cls.company.account
		factories.grant(cls.account, 3)
		cls.charged, cls.twice, cls.exempt = (cls.open() for _ in range(3))
		reason = factories.exemption_reason()
		incident_api.exempt(cls.ticket_of(cls.twice), reason)
		incident_api.unexempt(cls.ticket_of(cls.twice))
		incident_api.exempt(cls.ticket_of(cls.exempt), reason)
		cls.other, cls.overdrawn = cls.open(), cls.open()
		frappe.get_doc("Credit Account", cls.account).update({"portal_policy": "Park"}).save()
		cls.parked = cls.open()
		frappe.db.commit()

	@classmethod
	def open(cls) -> str:
		return factories.incident_of(factories.ticket(cls.company.person).name).name

	@staticmethod
	def ticket_of(incident: str) -> str:
		return frappe.db.get_value(INCIDENT, incident, "ticket")

	def funding(self, incident: str) -> list[list]:
		return json.loads(row_of(INCIDENT, incident)["funding"])

	def set_funding(self, incident: str, funding: list) -> None:
		self.edit(INCIDENT, incident, funding=json.dumps(funding))

	def test_every_kind_of_incident_is_clean(self) -> None:
		names = (self.charged, self.twice, self.exempt, self.overdrawn, self.parked)
		self.assertEqual(
			["Charged", "Charged", "Exempt", "Overdrawn", "Parked"],
			[row_of(INCIDENT, name)["state"] for name in names],
		)
		self.assertEqual([], self.findings())

	def test_every_column_of_an_incident_is_covered_here(self) -> None:
		tested = {
			"credits", "state", "funding", "cycle", "charged_at_utc", "customer", "account",
			"ticket", "ticket_no", "ticket_key", "ticket_deleted_at_utc",  # test_verify_tickets
			"follows", "followed_by",  # test_verify_reopened
		}  # fmt: skip
		stored = {f.fieldname for f in frappe.get_meta(INCIDENT).fields if not f.fieldtype.endswith("Break")}
		self.assertEqual(tested, stored - UNPROVED)

	def test_another_sum_than_its_entries_is_found(self) -> None:
		for name in (self.charged, self.twice, self.overdrawn):
			self.assert_edits(INCIDENT, name, {"credits": 0}, "incident_sum")
			self.assert_edits(INCIDENT, name, {"credits": 2}, "incident_sum")
		for name in (self.exempt, self.parked):
			self.assert_edits(INCIDENT, name, {"credits": 1}, "incident_sum")

	def test_a_state_its_entries_deny_is_found(self) -> None:
		for name in (self.charged, self.twice):
			for state in ("Exempt", "Parked", "Refunded", "Overdrawn", "charged", "Forged", "", None):
				self.assert_edits(INCIDENT, name, {"state": state}, "incident_state")
		for state in ("Charged", "Exempt", "Withdrawn"):
			self.assert_edits(INCIDENT, self.overdrawn, {"state": state}, "incident_state")

	def test_a_state_without_a_charge_is_found_by_the_queue_or_the_ticket(self) -> None:
		self.assert_edits(
			INCIDENT, self.parked, {"state": "Exempt"}, "ticket_state", self.ticket_of(self.parked)
		)
		self.edit("HD Ticket", self.ticket_of(self.parked), sc_state="Exempt")
		self.edit(INCIDENT, self.parked, state="Exempt")
		self.assert_found("parked", self.account)
		self.edit("HD Ticket", self.ticket_of(self.exempt), sc_state="Parked")
		self.edit(INCIDENT, self.exempt, state="Parked")
		self.assert_found("parked", self.account)

	def test_other_funding_than_its_entries_is_found(self) -> None:
		[[lot, credits, entry]] = self.funding(self.charged)
		[[overdraft, _credits, _entry]] = self.funding(self.overdrawn)
		[[_lot, _one, others]] = self.funding(self.other)
		forged = (
			[], [[overdraft, credits, entry]], [[lot, credits + 1, entry]], [[lot, credits, others]],
			[[lot, credits, ""]], [[lot, credits, entry], [lot, 1, entry]], [[lot, 2, entry], [lot, -1, entry]],
			[[lot.lower(), credits, entry]],
		)  # fmt: skip
		for funding in forged:
			with self.subTest(funding):
				self.set_funding(self.charged, funding)
				self.assert_found("incident_funding", self.charged)

	def test_funding_that_names_a_charge_given_back_is_found(self) -> None:
		[[lot, credits, entry]] = self.funding(self.twice)
		first = min(frappe.get_all(ENTRY, filters={"incident": self.twice, "kind": "Charge"}, pluck="name"))
		self.assertLess(first, entry)
		self.set_funding(self.twice, [[lot, credits, first]])
		self.assert_found("incident_funding", self.twice)

	def test_funding_no_ledger_writes_is_found_and_stops_nothing(self) -> None:
		for value in (
			None,
			"",
			"{",
			"{}",
			"null",
			"[1]",
			"[[1]]",
			'[["a","b","c"]]',
			'[["a",1.5,"c"]]',
			"[" * 5_000,
		):
			self.assert_edits(INCIDENT, self.charged, {"funding": value}, "incident_funding")

	def test_how_often_and_when_it_was_charged_is_proved(self) -> None:
		self.assert_edits(INCIDENT, self.charged, {"cycle": 0}, "incident_cycle")
		self.assert_edits(INCIDENT, self.twice, {"cycle": -1}, "incident_cycle")
		for value in ("2001-01-01T00:00:00.000000Z", "", None):
			self.assert_edits(INCIDENT, self.charged, {"charged_at_utc": value}, "incident_time")

	def test_another_customer_than_its_accounts_is_found(self) -> None:
		other = factories.customer()
		frappe.db.commit()
		for name in (self.charged, self.exempt, self.parked):
			self.assert_edits(INCIDENT, name, {"customer": other}, "incident_customer")
			self.assert_edits(INCIDENT, name, {"customer": None}, "incident_customer")

	def test_a_deleted_incident_is_found(self) -> None:
		for name in (self.charged, self.exempt, self.overdrawn):
			with self.subTest(name):
				self.delete(INCIDENT, name)
				self.assert_found("incident_missing", name)
		self.delete(INCIDENT, self.parked)
		self.assert_found("parked", self.account)

	def test_of_all_incidents_deleted_the_first_that_entries_name_is_found(self) -> None:
		frappe.db.sql(f"DELETE FROM `tab{INCIDENT}` WHERE account = %s", self.account)
		first = min(self.charged, self.twice, self.exempt, self.other, self.overdrawn)
		self.assert_found("incident_missing", first)

	def test_a_renamed_incident_is_found_under_both_names(self) -> None:
		self.edit(INCIDENT, self.charged, name="zforged")
		self.assertIn(("incident_sum", "zforged"), self.findings())
		self.assert_found("incident_missing", self.charged)

	def test_two_incidents_that_took_each_others_name_are_found(self) -> None:
		self.swap(INCIDENT, self.charged, self.exempt, "name")
		found = set(self.findings())
		frappe.db.rollback()
		self.assertTrue({("incident_sum", self.charged), ("incident_sum", self.exempt)} <= found, found)
		self.swap(INCIDENT, self.charged, self.other, "name")
		self.assert_found("incident_funding", min(self.charged, self.other))

	def test_an_invented_incident_with_a_charge_is_found(self) -> None:
		keys = {"name": "0forged", "ticket_key": "forged", "request_key": None}
		self.insert(INCIDENT, self.charged, **keys)
		self.assert_found("incident_sum", "0forged")

	def test_an_incident_moved_to_another_account_is_found_in_both(self) -> None:
		other = factories.company(credits=1)
		frappe.db.commit()
		self.edit(INCIDENT, self.charged, account=other.account)
		self.assertEqual(("incident_sum", self.charged), self.findings(other.account)[0])
		self.assert_found("incident_account", self.charged)
		self.edit(INCIDENT, self.exempt, account=other.account)
		self.assertEqual([("incident_customer", self.exempt)], self.findings(other.account))
		frappe.db.rollback()
		self.edit(INCIDENT, self.parked, account=other.account)
		self.assert_found("parked", self.account)

	def test_an_incident_taken_from_its_account_is_found(self) -> None:
		for value in (None, "", "CA-99999"):
			self.assert_edits(INCIDENT, self.charged, {"account": value}, "incident_account")
		for name in (self.charged, self.parked):
			self.edit(INCIDENT, name, account=None)
			self.edit("Credit Account", self.account, parked="[]")
			self.assert_found_on_site("incident_account", name)
		self.edit(INCIDENT, self.exempt, account="CA-99999")
		self.assert_found_on_site("orphan", self.exempt)

	def test_a_charge_on_an_incident_without_an_account_is_found(self) -> None:
		free = factories.incident_of(factories.ticket(factories.portal_user(), customer=None).name)
		frappe.db.commit()
		self.assertEqual(("Unidentified", None), (free.state, free.account))
		for column, value in {"credits": 1, "state": "Charged", "funding": '[["L",1,"E"]]'}.items():
			with self.subTest(column):
				self.edit(INCIDENT, free.name, **{column: value})
				self.assert_found_on_site("incident_account", free.name)

	def test_windows_smaller_than_the_account_find_the_same(self) -> None:
		for window in (1, 2, 3):
			with self.subTest(window), patch.object(findings, "WINDOW", window):
				self.assertEqual([], self.findings())
				self.edit(INCIDENT, self.overdrawn, credits=5)
				self.assert_found("incident_sum", self.overdrawn)
				self.delete(INCIDENT, self.exempt)
				self.assert_found("incident_missing", self.exempt)

	def test_more_states_than_there_are_hide_nothing_of_the_first(self) -> None:
		with patch.object(incident_proof, "STATES_MAX", 1):
			self.edit(INCIDENT, self.charged, state="")
			self.assertNotEqual([], self.findings())


class TestVerifyJoinedIncidents(TamperCase):
	"""Incidents whose charges were entered in an account that was joined with theirs."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.old, cls.new = (
			factories.company(credits=1, portal_policy="Overdraw", overdraft_limit=2) for _ in range(2)
		)
		tickets = [[factories.ticket(one.person).name for _ in range(2)] for one in (cls.old, cls.new)]
		cls.charged, cls.owing = (factories.incident_of(ticket).name for ticket in tickets[0])
		rename_doc("HD Customer", cls.old.name, cls.new.name, merge=True)
		cls.account = cls.new.account
		cls.third = factories.company()
		rename_doc("HD Customer", cls.new.name, cls.third.name, merge=True)
		cls.account = cls.third.account
		frappe.db.commit()

	def test_accounts_joined_twice_are_clean(self) -> None:
		for window in (1_000, 1):
			with patch.object(findings, "WINDOW", window):
				for account in (self.account, self.new.account, self.old.account):
					self.assertEqual([], self.findings(account))

	def test_their_incidents_are_judged_by_the_entries_of_all(self) -> None:
		for name in (self.charged, self.owing):
			self.assert_edits(INCIDENT, name, {"credits": 0}, "incident_sum")
			self.assert_edits(INCIDENT, name, {"funding": "[]"}, "incident_funding")
			self.delete(INCIDENT, name)
			self.assert_found("incident_missing", name)

	def test_an_incident_put_back_into_a_joined_account_is_found_in_both(self) -> None:
		self.edit(INCIDENT, self.charged, account=self.old.account)
		self.assertEqual([("incident_account", self.charged)], self.findings(self.old.account))
		self.assert_found("incident_account", self.charged)
