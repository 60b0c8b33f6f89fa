"""A ticket reopened late has one incident after another: ``verify`` finds where that line was broken or tied anew."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import frappe

from support_credits.api import incident as incident_api
from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, findings, ticket_proof
from support_credits.tests import factories
from support_credits.tests.ledger_case import row_of
from support_credits.tests.verify_case import INCIDENT, TICKET, TamperCase

LATE = 30  # days after it was resolved: past every window


class TestVerifyReopened(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""A ticket reopened late twice, another one once, and one whose ticket was deleted after it."""
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(credits=9)
		cls.account = cls.company.account
		cls.ticket, cls.other = (factories.ticket(cls.company.person).name for _ in range(2))
		cls.first = cls.incident(cls.ticket)
		cls.reopen_late(cls.ticket)
		cls.second = cls.incident(cls.ticket)
		cls.reopen_late(cls.ticket)
		cls.third = cls.incident(cls.ticket)
		cls.others_first = cls.incident(cls.other)
		cls.reopen_late(cls.other)
		cls.others_last = cls.incident(cls.other)
		cls.deleted = cls.reopened_and_deleted()
		frappe.db.commit()

	@staticmethod
	def incident(ticket: str) -> str:
		return factories.incident_of(ticket).name

	@classmethod
	def reopen_late(cls, ticket: str) -> None:
		cls.set_status(ticket, "Resolved")
		stamp = stamp_text(clock.now() - timedelta(days=LATE))
		frappe.db.set_value(INCIDENT, cls.incident(ticket), "resolved_at_utc", stamp)
		with factories.acting_as(cls.company.person):
			cls.set_status(ticket, "Open")

	@staticmethod
	def set_status(ticket: str, status: str) -> None:
		doc = frappe.get_doc(TICKET, ticket)
		doc.status = status
		doc.save(ignore_permissions=True)

	@classmethod
	def reopened_and_deleted(cls) -> str:
		"""Its first incident was exempt before it was reopened, the second after: nothing keeps the ticket."""
		ticket, reason = factories.ticket(cls.company.person).name, factories.exemption_reason()
		first = cls.incident(ticket)
		incident_api.exempt(ticket, reason)
		cls.reopen_late(ticket)
		incident_api.exempt(ticket, reason)
		frappe.delete_doc(TICKET, ticket, ignore_permissions=True)
		return first

	def test_every_line_is_clean(self) -> None:
		self.assertEqual([], self.findings())
		line = [self.first, self.second, self.third]
		self.assertEqual(line[1:], [row_of(INCIDENT, name)["followed_by"] for name in line[:2]])
		self.assertEqual(line[:2], [row_of(INCIDENT, name)["follows"] for name in line[1:]])
		self.assertEqual([1, 1, 1], [row_of(INCIDENT, name)["credits"] for name in line])
		self.assertTrue(row_of(INCIDENT, self.deleted)["followed_by"])

	def assert_edit_found(self, name: str, edit: dict[str, object], *expected: tuple[str, str]) -> None:
		"""Both ends of a broken tie are named: which of them was edited, nobody can tell."""
		with self.subTest(edit):
			self.edit(INCIDENT, name, **edit)
			self.assert_all_found(*expected)

	def assert_all_found(self, *expected: tuple[str, str]) -> None:
		found = self.findings()
		frappe.db.rollback()
		self.assertEqual(sorted(expected), sorted(found))
		self.assertEqual([], self.findings())

	def test_a_follower_that_is_not_there_is_found(self) -> None:
		other_end = ("follow_broken", self.second)
		self.assert_edit_found(
			self.first, {"followed_by": "forged"}, ("follow_missing", self.first), other_end
		)
		self.assert_edit_found(self.third, {"follows": "forged"}, ("follow_missing", self.third), other_end)
		self.assert_edit_found(
			self.others_first, {"follows": "forged"}, ("follow_missing", self.others_first)
		)

	def test_a_line_that_is_cut_is_found(self) -> None:
		for value in ("", None):
			self.assert_edit_found(self.third, {"follows": value}, ("follow_broken", self.second))
			self.assert_edit_found(
				self.first, {"followed_by": value}, ("no_ticket", self.first), ("follow_broken", self.second)
			)

	def test_an_end_tied_to_another_is_found(self) -> None:
		both = ("follow_broken", self.first), ("follow_broken", self.second)
		self.assert_edit_found(self.first, {"followed_by": self.third}, *both)
		self.assert_edit_found(self.first, {"followed_by": self.first}, *both)
		both = ("follow_broken", self.others_first), ("follow_broken", self.others_last)
		self.assert_edit_found(self.others_last, {"follows": self.second}, *both)

	def test_two_lines_that_were_crossed_are_found(self) -> None:
		self.edit(INCIDENT, self.second, followed_by=self.others_last)
		self.edit(INCIDENT, self.others_last, follows=self.second)
		self.edit(INCIDENT, self.others_first, followed_by=self.third)
		self.edit(INCIDENT, self.third, follows=self.others_first)
		self.assert_all_found(("follow_key", self.second), ("follow_key", self.others_first))

	def test_a_deleted_link_is_found(self) -> None:
		for name in (self.second, self.third):
			with self.subTest(name):
				self.delete(INCIDENT, name)
				ends = {self.second: (self.first, self.third), self.third: (self.second,)}[name]
				self.assert_all_found(("incident_missing", name), *(("follow_missing", end) for end in ends))

	def test_an_earlier_one_that_takes_the_ticket_back_is_found(self) -> None:
		self.assert_edits(INCIDENT, self.first, {"ticket": self.ticket}, "follow_ticket")
		key = row_of(INCIDENT, self.third)["ticket_key"]
		self.edit(INCIDENT, self.third, ticket_key=f"{key}~{self.third}", ticket=None)
		self.edit(INCIDENT, self.first, ticket_key=key)
		self.assert_all_found(("follow_ticket", self.first), ("no_ticket", self.third))
		self.edit(INCIDENT, self.third, ticket_key=f"{key}~{self.third}", ticket=None)
		self.assert_found("no_ticket", self.third)

	def test_a_key_of_another_ticket_is_found(self) -> None:
		key = row_of(INCIDENT, self.others_first)["ticket_key"]
		self.assert_edits(INCIDENT, self.first, {"ticket_key": f"{key}x"}, "incident_ticket")

	def test_a_line_that_goes_in_a_circle_is_found(self) -> None:
		key = row_of(INCIDENT, self.third)["ticket_key"]
		self.edit(INCIDENT, self.third, ticket_key=f"{key}~{self.third}", ticket=None, followed_by=self.first)
		self.edit(INCIDENT, self.first, follows=self.third)
		for hops in (1_000, 2):
			with self.subTest(hops), patch.object(ticket_proof, "HOPS_MAX", hops):
				found = self.findings()
				expected = [("follow_loop", name) for name in sorted((self.first, self.second, self.third))]
				self.assertEqual(expected, found)
		frappe.db.rollback()

	def test_a_deleted_ticket_at_the_end_is_found_at_the_last(self) -> None:
		self.delete(TICKET, self.ticket)
		self.assert_found("no_ticket", self.third)

	def test_windows_of_one_find_the_same(self) -> None:
		with patch.object(findings, "WINDOW", 1):
			self.assertEqual([], self.findings())
			both = ("follow_broken", self.first), ("follow_broken", self.second)
			self.assert_edit_found(self.first, {"followed_by": self.third}, *both)
