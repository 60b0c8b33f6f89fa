"""A deadlock loses the whole transaction, so the whole is done again, a bounded number of times (promise 3)."""

from __future__ import annotations

from unittest.mock import patch

import frappe

from support_credits.api import account as account_api
from support_credits.ledger import retry
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase, rows_of


class Flaky:
	"""Work that fails so many times before it succeeds."""

	def __init__(self, failures: int, error: type[Exception] = frappe.QueryDeadlockError) -> None:
		self.failures, self.error, self.calls = failures, error, 0

	def __call__(self) -> str:
		self.calls += 1
		if self.calls <= self.failures:
			raise self.error("Deadlock found when trying to get lock")
		return "done"


class TestRetry(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		pause = patch("support_credits.ledger.retry.time.sleep")
		pause.start()
		self.addCleanup(pause.stop)

	def test_a_deadlock_is_retried_from_the_start(self) -> None:
		for error in (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			work = Flaky(retry.ATTEMPTS - 1, error)
			self.assertEqual("done", retry.retry_whole(work))
			self.assertEqual(retry.ATTEMPTS, work.calls)

	def test_after_the_last_attempt_the_deadlock_is_said(self) -> None:
		work = Flaky(retry.ATTEMPTS)
		with self.assertRaises(frappe.QueryDeadlockError):
			retry.retry_whole(work)
		self.assertEqual(retry.ATTEMPTS, work.calls)

	def test_what_was_committed_in_the_middle_is_not_done_twice(self) -> None:
		customer = factories.customer()
		frappe.db.commit()
		calls: list[int] = []

		def commits_and_deadlocks() -> None:
			calls.append(1)
			frappe.get_doc({"doctype": "HD Customer", "customer_name": f"{customer} {len(calls)}"}).insert()
			frappe.db.commit()
			raise frappe.QueryDeadlockError

		self.assertRaises(frappe.QueryDeadlockError, retry.retry_whole, commits_and_deadlocks)
		self.assertEqual(1, len(calls))
		self.assertEqual(1, frappe.db.count("HD Customer", {"customer_name": ["like", f"{customer} %"]}))

	def test_a_refusal_is_not_retried(self) -> None:
		work = Flaky(1, frappe.ValidationError)
		self.assertRaises(frappe.ValidationError, retry.retry_whole, work)
		self.assertEqual(1, work.calls)

	def test_what_a_lost_attempt_had_written_is_gone_before_the_next(self) -> None:
		customer = factories.customer()
		frappe.db.commit()
		from support_credits.ledger import grants

		grant, calls = grants.grant, []

		def deadlocked_once(account: str, order: grants.GrantOrder) -> grants.Granted:
			granted = grant(account, order)
			calls.append(granted.lot)
			if len(calls) == 1:
				raise frappe.QueryDeadlockError("Deadlock found when trying to get lock")
			return granted

		with patch("support_credits.ledger.grants.grant", deadlocked_once):
			done = account_api.grant(reason="Test", customer=customer, credits=2)
		self.assertEqual(2, len(calls))
		self.assertEqual([("Grant", 2)], self.entries(done["account"]))
		self.assertEqual(1, len(rows_of(done["account"])["Credit Lot"]))
		self.assert_proved(done["account"])
