"""``verify`` finds tickets and incidents that were parted, exchanged, deleted or made to say different things."""

from __future__ import annotations

from unittest.mock import patch

import frappe

from support_credits.ledger import findings
from support_credits.tests import factories
from support_credits.tests.ledger_case import row_of
from support_credits.tests.verify_case import INCIDENT, TICKET, TamperCase

GONE = "2026-01-01T00:00:00.000000Z"


class TestVerifyTickets(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""Two charged tickets, one that waits, and an incident whose ticket was deleted as it should be."""
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(credits=2, portal_policy="Park")
		cls.account = cls.company.account
		cls.one, cls.two, cls.waiting = (factories.ticket(cls.company.person).name for _ in range(3))
		cls.deleted = cls.delete_a_ticket()
		frappe.db.commit()

	@classmethod
	def delete_a_ticket(cls) -> str:
		"""An exempt one: then nothing keeps it. Its incident stays."""
		from support_credits.api import incident as incident_api

		ticket = factories.ticket(cls.company.person).name
		incident_api.exempt(ticket, factories.exemption_reason())
		name = factories.incident_of(ticket).name
		frappe.delete_doc(TICKET, ticket, ignore_permissions=True)
		return name

	@staticmethod
	def incident(ticket: str) -> str:
		return factories.incident_of(ticket).name

	def test_all_of_them_are_clean(self) -> None:
		self.assertEqual([], self.findings())
		states = [row_of(TICKET, name)["sc_state"] for name in (self.one, self.two, self.waiting)]
		self.assertEqual(["Charged", "Charged", "Parked"], states)
		self.assertIsNone(row_of(INCIDENT, self.deleted)["ticket"])

	def test_a_ticket_that_shows_something_else_is_found(self) -> None:
		for ticket in (self.one, self.waiting):
			for state in ("Exempt", "charged", "", None):
				self.assert_edits(TICKET, ticket, {"sc_state": state}, "ticket_state")
			self.assert_edits(TICKET, ticket, {"sc_credits": 7}, "ticket_credits")

	def test_a_ticket_given_to_another_customer_is_found(self) -> None:
		other = factories.company(credits=1).name
		frappe.db.commit()
		for value in (other, "Nobody & Sons", "", None):
			self.assert_edits(TICKET, self.one, {"customer": value}, "ticket_customer")

	def test_a_deleted_ticket_is_found_at_its_incident(self) -> None:
		incidents = {ticket: self.incident(ticket) for ticket in (self.one, self.waiting)}
		for ticket, incident in incidents.items():
			with self.subTest(ticket):
				self.delete(TICKET, ticket)
				self.assert_found("no_ticket", incident)

	def test_all_tickets_deleted_are_found(self) -> None:
		first = min(self.incident(ticket) for ticket in (self.one, self.two, self.waiting))
		self.delete(TICKET, self.one, self.two, self.waiting)
		self.assert_found("no_ticket", first)

	def test_a_ticket_with_another_number_or_key_is_found(self) -> None:
		incident = self.incident(self.one)
		self.edit(TICKET, self.one, name="990001")
		self.assert_found("no_ticket", incident)
		for key in ("forged", row_of(TICKET, self.one)["key"].upper(), "", None):
			with self.subTest(key):
				self.edit(TICKET, self.one, key=key)
				self.assert_found("other_ticket", incident)

	def test_a_number_used_again_is_another_ticket(self) -> None:
		incident = self.incident(self.one)
		self.edit(TICKET, self.one, name="990001", key="gone")
		self.insert(TICKET, self.two, name=self.one, key="forged")
		self.assert_found("other_ticket", incident)
		self.edit(TICKET, self.one, name="990001", key="gone")
		self.insert(TICKET, self.two, name=self.one, key="forged")
		self.assert_found_on_site("other_ticket", incident)

	def test_an_incident_pointed_at_another_ticket_is_found(self) -> None:
		incident = self.incident(self.one)
		self.assert_edits(INCIDENT, incident, {"ticket": self.two}, "other_ticket")
		self.assert_edits(INCIDENT, incident, {"ticket": "990001"}, "no_ticket")
		self.assert_edits(INCIDENT, incident, {"ticket": None}, "no_ticket")
		self.assert_edits(INCIDENT, incident, {"ticket_no": "990001"}, "ticket_no")
		for key in ("forged", row_of(INCIDENT, incident)["ticket_key"].upper(), "", None):
			self.assert_edits(INCIDENT, incident, {"ticket_key": key}, "incident_ticket")

	def test_two_tickets_that_changed_incidents_are_found_though_all_fits(self) -> None:
		incidents = sorted(self.incident(ticket) for ticket in (self.one, self.two))
		self.swap(INCIDENT, *incidents, "ticket", "ticket_no", "ticket_key")
		self.assert_found("incident_ticket", incidents[0])
		self.swap(INCIDENT, *incidents, "ticket")
		self.assert_found("other_ticket", incidents[0])
		self.swap(TICKET, self.one, self.two, "key")
		self.assert_found("other_ticket", incidents[0])

	def test_a_waiting_ticket_that_took_a_charge_from_another_is_found(self) -> None:
		paid, waits = self.incident(self.one), self.incident(self.waiting)
		self.swap(INCIDENT, paid, waits, "ticket", "ticket_no", "ticket_key")
		self.swap(TICKET, self.one, self.waiting, "sc_state", "sc_credits")
		self.assert_found("incident_ticket", paid)

	def test_a_deletion_that_was_none_is_found(self) -> None:
		for ticket in (self.one, self.waiting):
			incident = self.incident(ticket)
			self.assert_edits(INCIDENT, incident, {"ticket_deleted_at_utc": GONE}, "deleted_charge")
			self.edit(INCIDENT, incident, ticket_deleted_at_utc=GONE, ticket=None)
			self.delete(TICKET, ticket)
			self.assert_found("deleted_charge", incident)

	def test_a_ticket_that_is_there_after_its_deletion_is_found(self) -> None:
		said = row_of(INCIDENT, self.deleted)
		self.insert(TICKET, self.one, name=said["ticket_no"], key=said["ticket_key"])
		self.assert_found("not_deleted", self.deleted)
		self.assert_edits(INCIDENT, self.deleted, {"ticket": self.one}, "not_deleted")
		self.assert_edits(INCIDENT, self.deleted, {"ticket_deleted_at_utc": ""}, "no_ticket")

	def test_a_ticket_without_a_decision_is_found(self) -> None:
		self.insert(TICKET, self.one, name="990001", key="forged")
		self.assert_found_on_site("no_decision", "990001")

	def test_a_ticket_whose_incident_was_deleted_is_found(self) -> None:
		self.delete(INCIDENT, self.incident(self.waiting))
		self.edit("Credit Account", self.account, parked="[]")
		self.assert_found_on_site("no_decision", self.waiting)

	def test_windows_smaller_than_the_site_find_the_same(self) -> None:
		with patch.object(findings, "WINDOW", 3):
			self.insert(TICKET, self.one, name="990001", key="forged")
			self.assert_found_on_site("no_decision", "990001")

	def test_tickets_of_nobodys_account_are_looked_at_too(self) -> None:
		ticket = factories.ticket(factories.portal_user(), customer=None).name
		incident = self.incident(ticket)
		frappe.db.commit()
		self.delete(TICKET, ticket)
		self.assert_found_on_site("no_ticket", incident)
