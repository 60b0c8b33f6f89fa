"""Files of opening balances from several processes at once, and from one that is killed between two rows."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import frappe
from frappe.utils import get_bench_path

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.ledger_case import elsewhere, rows_of
from support_credits.tests.opening_case import OpeningCase, reference, row
from support_credits.tests.test_commands import BENCH

WAIT_SECONDS = 90


class TestProcesses(OpeningCase):
	def setUp(self) -> None:
		super().setUp()
		self.customers = [self.customer(credits=1), self.customer(credits=1)]
		self.new = self.customer()
		self.accounts = sorted(self.account_of(name) for name in self.customers)
		rows = [row(name, number) for name in (*self.customers, self.new) for number in (1, 2)]
		self.path = self.file(*rows, row(self.new, 3, reference=reference()))
		self.processes: list[subprocess.Popen[str]] = []
		self.addCleanup(self.stop)

	def stop(self) -> None:
		for process in self.processes:
			if process.poll() is None:
				process.kill()
			process.wait()
			process.stdout.close()
			process.stderr.close()

	def start(self) -> subprocess.Popen[str]:
		"""``bench import-balances`` of the file, as a process of its own."""
		process = subprocess.Popen(
			[*BENCH, frappe.local.site, "support-credits", "import-balances", self.path, "--json"],
			cwd=os.path.join(get_bench_path(), "sites"),
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)
		self.processes.append(process)
		return process

	@contextmanager
	def locked(self, account: str) -> Iterator[None]:
		"""Nobody else gets the account's lock during the block."""
		with elsewhere():
			frappe.db.sql("SELECT name FROM `tabCredit Account` WHERE name = %s FOR UPDATE", account)
			yield

	def wait_for(self, condition: Callable[[], bool]) -> None:
		until = time.monotonic() + WAIT_SECONDS
		while not condition():
			for process in self.processes:
				self.assertIsNone(process.poll(), "a process ended before it had to wait")
			self.assertLess(time.monotonic(), until, "nobody came to wait for the lock")
			time.sleep(0.05)

	def waiting_for(self, account: str) -> int:
		"""How many connections of this site wait for the account's lock."""
		found = frappe.db.sql("SHOW FULL PROCESSLIST", as_dict=True)
		ending = f"FROM `tabCredit Account` WHERE name = '{account}' FOR UPDATE"
		return sum((one.Info or "").endswith(ending) and one.Command == "Query" for one in found)

	def answer(self, process: subprocess.Popen[str]) -> dict[str, object]:
		out, errors = process.communicate(timeout=WAIT_SECONDS)
		self.assertEqual(0, process.returncode, errors)
		return json.loads(out)

	def test_the_same_file_from_two_processes_at_once_is_granted_once(self) -> None:
		with self.locked(self.accounts[0]):
			both = [self.start(), self.start()]
			self.wait_for(lambda: self.waiting_for(self.accounts[0]) == 2)
		answers = [self.answer(process) for process in both]
		self.assertEqual([(0, 7), (7, 0)], sorted((said["grants"], said["before"]) for said in answers))
		look_again()
		for name in self.customers:
			self.assertEqual([1, 1, 2], [lot.credits_granted for lot in self.lots(name)])
		self.assertEqual([1, 2, 3], sorted(lot.credits_granted for lot in self.lots(self.new)))
		self.assert_proved(*self.accounts, self.account_of(self.new))

	def test_a_process_killed_between_two_accounts_leaves_nothing_and_the_file_can_come_again(self) -> None:
		before = [rows_of(account) for account in self.accounts]
		with self.locked(self.accounts[1]):
			process = self.start()
			self.wait_for(lambda: self.waiting_for(self.accounts[1]) == 1)
			# The first account's rows are written by now, uncommitted: its lock is held.
			self.assertTrue(self.is_locked(self.accounts[0]))
			process.kill()
			process.wait()
		self.wait_until_free(self.accounts[0])
		look_again()
		self.assertEqual(before, [rows_of(account) for account in self.accounts])
		self.assertIsNone(self.account_of(self.new))
		self.processes.clear()
		self.assertEqual(7, self.answer(self.start())["grants"])
		look_again()
		self.assert_proved(*self.accounts, self.account_of(self.new))

	def is_locked(self, account: str) -> bool:
		with elsewhere():
			try:
				frappe.db.sql(
					"SELECT name FROM `tabCredit Account` WHERE name = %s FOR UPDATE NOWAIT", account
				)
			except frappe.QueryTimeoutError:
				return True
			return False

	def wait_until_free(self, account: str) -> None:
		until = time.monotonic() + WAIT_SECONDS
		while self.is_locked(account):
			self.assertLess(time.monotonic(), until, "the dead process still holds its lock")
			time.sleep(0.05)

	def test_a_ticket_and_a_file_for_one_account_at_once_both_count(self) -> None:
		company = make.company(1)
		publish()
		self.path = self.file(row(company.name, 5))
		with self.locked(company.account):
			process = self.start()
			self.wait_for(lambda: self.waiting_for(company.account) == 1)
		make.ticket(company.person)
		publish()
		self.assertEqual(1, self.answer(process)["grants"])
		look_again()
		self.assertEqual(5, company.balance)
		self.assert_proved(company.account)
