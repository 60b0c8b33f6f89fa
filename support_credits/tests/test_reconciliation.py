"""The nightly proof: every account within its days, whatever nights are missed, and managers told of a finding once."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import frappe

from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.exceptions import LedgerImmutableError
from support_credits.ledger import clock, reconciliation
from support_credits.ledger.reconciliation import DOCTYPE, SETTINGS, prove_some
from support_credits.ledger.verification import Report, verify
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.crowd import all_at_once
from support_credits.tests.http_case import HttpTestCase

RUN = "support_credits.ledger.reconciliation.prove_some"


class ProofCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.manager = make.agent_manager()
		self.company = make.company(3)
		self.account = self.company.account
		# What other suites have left is proved already, and not what is looked at here.
		self.all_proved(stamp_text(clock.now() - timedelta(days=1)))
		frappe.db.set_single_value(
			SETTINGS, {"verify_days": 7, "site_proved_at_utc": stamp_text(clock.now())}
		)
		self.next_in_turn()

	def all_proved(self, at: str) -> None:
		frappe.db.sql("UPDATE `tabCredit Account` SET proved_at_utc = %s", at)

	def next_in_turn(self) -> None:
		frappe.db.sql("UPDATE `tabCredit Account` SET proved_at_utc = NULL WHERE name = %s", self.account)
		publish()

	def proved_at(self, account: str) -> str | None:
		look_again()
		return frappe.db.get_value("Credit Account", account, "proved_at_utc")

	def spoil(self, by: int = -1) -> None:
		"""Change what the lot holds behind the ledger's back, for others to see; 0 gives back what was taken."""
		frappe.db.sql("UPDATE `tabCredit Lot` SET remaining = %s WHERE account = %s", (3 + by, self.account))
		publish()

	def findings(self) -> list[frappe._dict]:
		look_again()
		return frappe.get_all(
			DOCTYPE, {"account": self.account}, ["name", "code", "state", "message"], order_by="code asc"
		)

	def told(self) -> list[str]:
		"""What the manager was told of this account; other suites leave accounts that have been tampered with."""
		look_again()
		about = {"for_user": self.manager.email, "document_type": DOCTYPE}
		said = frappe.get_all("Notification Log", about, pluck="subject", order_by="creation asc")
		return [subject for subject in said if self.account in subject]


class TestTurns(ProofCase):
	def test_whose_proof_is_longest_ago_comes_first_and_is_noted(self) -> None:
		before = stamp_text(clock.now())
		self.assertGreater(prove_some(), 0)
		self.assertGreater(self.proved_at(self.account), before)
		self.assertEqual(([], []), (self.findings(), self.told()))

	def test_a_night_takes_its_share_and_no_more(self) -> None:
		total = frappe.db.count("Credit Account")
		self.assertEqual(-(-total // 7), prove_some())

	def test_after_a_week_of_silence_one_night_takes_all_of_them(self) -> None:
		self.all_proved(stamp_text(clock.now() - timedelta(days=8)))
		publish()
		self.assertEqual(frappe.db.count("Credit Account"), prove_some())
		look_again()
		oldest = frappe.db.sql("SELECT MIN(proved_at_utc) FROM `tabCredit Account`")[0][0]
		self.assertLess(clock.now() - parse_stamp(oldest), timedelta(hours=1))

	def test_what_time_cuts_short_is_next_nights_first(self) -> None:
		with patch.object(reconciliation, "MOST_SECONDS", 0.0):
			self.assertEqual(0, prove_some())
		self.assertIsNone(self.proved_at(self.account))
		prove_some()
		self.assertIsNotNone(self.proved_at(self.account))

	def test_accounts_that_cannot_be_proved_do_not_take_the_turns_of_the_others(self) -> None:
		"""Never proved, they come first every night: of five accounts in seven days that was the one turn there is."""
		hopeless = make.company(1).account
		frappe.db.sql("UPDATE `tabCredit Account` SET proved_at_utc = NULL WHERE name = %s", hopeless)
		publish()

		def proof(account: str, *more: object) -> Report:
			if account == hopeless:
				raise frappe.ValidationError("cannot be read")
			return verify(account, *more)

		total = frappe.db.count("Credit Account")
		with (
			patch.object(reconciliation, "verify", proof),
			patch.object(reconciliation, "share", lambda *_of: 1),
		):
			for _night in range(2):
				self.assertEqual(1, prove_some())
		self.assertGreater(total, 1)
		self.assertIsNone(self.proved_at(hopeless))
		self.assertIsNotNone(self.proved_at(self.account))

	def test_it_can_be_switched_off(self) -> None:
		with self.site_settings(verify_days=0):
			self.assertEqual(0, prove_some())
		self.assertIsNone(self.proved_at(self.account))

	def test_what_belongs_to_no_account_has_its_turn_too(self) -> None:
		prove_some()
		first = frappe.db.get_single_value(SETTINGS, "site_proved_at_utc", cache=False)
		long_ago = stamp_text(clock.now() - timedelta(days=7))
		frappe.db.set_single_value(SETTINGS, "site_proved_at_utc", long_ago)
		prove_some()
		look_again()
		self.assertGreater(frappe.db.get_single_value(SETTINGS, "site_proved_at_utc", cache=False), first)


class TestFindings(ProofCase):
	def setUp(self) -> None:
		super().setUp()
		self.spoil()
		self.addCleanup(self.spoil, 0)

	def test_a_finding_is_kept_and_told_once_however_often_it_is_found(self) -> None:
		for _night in range(3):
			self.next_in_turn()
			prove_some()
		found = self.findings()
		self.assertTrue(found)
		self.assertEqual({"Open"}, {one.state for one in found})
		self.assertEqual(1, len(self.told()), self.told())
		self.assertIn(self.account, self.told()[0])

	def test_two_processes_at_once_tell_once(self) -> None:
		self.assertEqual(["done", "done"], all_at_once(RUN, [{}, {}]))
		self.assertEqual(1, len(self.told()), self.told())
		self.assertEqual(len(self.findings()), len({one.code for one in self.findings()}))

	def test_one_that_is_gone_says_so_and_one_that_comes_back_is_told_again(self) -> None:
		prove_some()
		self.spoil(0)
		self.next_in_turn()
		prove_some()
		self.assertEqual({"Gone"}, {one.state for one in self.findings()})
		self.assertEqual(1, len(self.told()))
		self.spoil()
		self.next_in_turn()
		prove_some()
		self.assertEqual({"Open"}, {one.state for one in self.findings()})
		self.assertEqual(2, len(self.told()))

	def test_another_thing_of_the_same_account_is_told_and_the_first_is_not_repeated(self) -> None:
		prove_some()
		frappe.db.sql(
			"UPDATE `tabCredit Account` SET lot_count = lot_count + 1 WHERE name = %s", self.account
		)
		publish()
		try:
			self.next_in_turn()
			prove_some()
		finally:
			frappe.db.sql(
				"UPDATE `tabCredit Account` SET lot_count = lot_count - 1 WHERE name = %s", self.account
			)
			publish()
		self.assertEqual(2, len(self.told()), self.told())
		self.assertNotEqual(*self.told())

	def test_nobody_edits_or_deletes_a_finding(self) -> None:
		prove_some()
		doc = frappe.get_doc(DOCTYPE, self.findings()[0].name)
		for act in (doc.save, doc.delete, lambda: doc.db_set("state", "Gone")):
			with self.assertRaises(LedgerImmutableError):
				act()
		self.assertEqual("Open", self.findings()[0].state)
