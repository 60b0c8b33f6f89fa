"""The proof recomputes what every session comes to from its marks."""

from __future__ import annotations

import frappe

from support_credits.engine.session import Kind
from support_credits.ledger import sessions, verification
from support_credits.ledger.session_proof import session_findings
from support_credits.tests import factories as make
from support_credits.tests.ledger_case import LedgerCase
from support_credits.tests.session_case import DOCTYPE, SETTINGS, catalogue


class TestProof(LedgerCase):
	"""In one transaction that is rolled back."""

	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_single_value(SETTINGS, "catalogue", catalogue())
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		self.addCleanup(frappe.clear_document_cache, SETTINGS, SETTINGS)
		person = make.portal_user()
		make.customer(person)
		self.session = sessions.start(str(make.ticket(person).name), Kind.EMERGENCY).session

	def told(self) -> list[tuple[str, str]]:
		return [
			(finding.code, finding.message) for finding in session_findings() if finding.row == self.session
		]

	def edit(self, **values: object) -> None:
		frappe.db.set_value(DOCTYPE, self.session, values)

	def test_whatever_happened_to_it_is_proved(self) -> None:
		for act in (sessions.pause, sessions.resume, sessions.stop):
			self.assertEqual([], self.told())
			act(self.session)
		self.assertEqual([], self.told())

	def test_a_cancelled_one_is_proved(self) -> None:
		sessions.cancel(self.session, "Mistake")
		self.assertEqual([], self.told())

	def test_an_amount_minutes_or_seconds_that_were_changed_are_found(self) -> None:
		sessions.stop(self.session)
		for values in ({"amount": 1}, {"billed_minutes": 600}, {"worked_seconds": 36_000}, {"rate": 1}):
			before = frappe.db.get_value(DOCTYPE, self.session, list(values), as_dict=True)
			self.edit(**values)
			with self.subTest(values):
				[(code, message)] = self.told()
				self.assertEqual("session_bill", code)
				self.assertIn(f"Session {self.session} claims", message)
			self.edit(**before)

	def test_a_state_or_an_instant_that_was_changed_is_found(self) -> None:
		sessions.stop(self.session)
		for values in (
			{"state": "Running"},
			{"started_at_utc": "2026-01-01T00:00:00.000000Z"},
			{"stopped_at_utc": None},
		):
			before = frappe.db.get_value(DOCTYPE, self.session, list(values), as_dict=True)
			self.edit(**values)
			with self.subTest(values):
				self.assertEqual(["session_times"], [code for code, _message in self.told()])
			self.edit(**before)

	def test_marks_that_no_session_can_have_are_found(self) -> None:
		for marks in (
			"",
			"x",
			"[]",
			'[["stop", "2026-11-30T07:00:00.000000Z", ""]]',
			'[["start", "now", ""]]',
			"[7]",
		):
			self.edit(marks=marks)
			with self.subTest(marks):
				[(code, message)] = self.told()
				self.assertEqual("session_marks", code)
				self.assertIn("has marks that no session can have", message)

	def test_an_open_one_that_claims_an_amount_is_found(self) -> None:
		self.edit(amount=5)
		self.assertEqual(["session_bill"], [code for code, _message in self.told()])

	def test_the_whole_verification_says_it(self) -> None:
		self.edit(state="Stopped")
		found = [
			finding.code
			for finding in verification.verify(tickets=False).findings
			if finding.row == self.session
		]
		self.assertEqual(["session_times"], found)
