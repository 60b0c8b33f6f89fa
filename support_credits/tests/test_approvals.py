"""Entries by hand from a number of credits on: they wait for another manager, are entered once, and never by who asked."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from threading import Thread

import frappe
from frappe.utils import get_bench_path

from support_credits.engine.model import stamp_text
from support_credits.exceptions import LedgerImmutableError
from support_credits.ledger import approvals, clock
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase, kinds
from support_credits.tests.server import Answer, Portal, manager
from support_credits.tests.test_commands import BENCH

ACCOUNT, APPROVALS = "support_credits.api.account.", "support_credits.api.approvals."
WAITS = "wait for a second person"


class ApprovalCase(HttpTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.asks, cls.answers = make.agent_manager("asks"), make.agent_manager("answers")
		publish()
		cls.asker, cls.other = Portal(cls.asks), Portal(cls.answers)

	def setUp(self) -> None:
		super().setUp()
		limit = self.site_settings(second_person_from=10)
		limit.__enter__()
		self.addCleanup(limit.__exit__, None, None, None)

	def asked_grant(self, customer: str, credits: int, **more: object) -> Answer:
		asked = {"customer": customer, "credits": credits, "reason": "A big order", **more}
		return self.assert_ok(self.asker.call(f"{ACCOUNT}grant", **asked))

	def waiting_grant(self, customer: str, credits: int = 10, **more: object) -> str:
		answer = self.asked_grant(customer, credits, **more)
		self.assertIn(WAITS, answer.value["message"])
		return answer.value["approval"]

	def answer(self, who: Portal, act: str, approval: str, **more: object) -> Answer:
		return who.call(f"{APPROVALS}{act}", approval=approval, **more)

	def row(self, approval: str) -> frappe._dict:
		look_again()
		return frappe.get_doc(approvals.DOCTYPE, approval)


class TestAsking(ApprovalCase):
	def test_below_the_limit_a_grant_is_entered_at_once(self) -> None:
		company = self.company()
		self.assertEqual(9, self.asked_grant(company.name, 9).value["balance"])
		self.assertEqual([("Grant", 9)], kinds(company.account))

	def test_from_the_limit_on_nothing_is_entered_and_a_request_waits(self) -> None:
		company = self.company()
		with self.nothing_written():
			approval = self.waiting_grant(company.name, 10)
		row = self.row(approval)
		self.assertEqual(
			("Grant", "Waiting", 10, company.name, self.asks.email, "A big order"),
			(row.act, row.state, row.credits, row.customer, row.requested_by, row.reason),
		)

	def test_the_same_key_is_the_same_request_and_another_amount_is_told(self) -> None:
		company, key = self.company(), make.unique_code("order")
		first = self.waiting_grant(company.name, 10, key=key)
		self.assertEqual(first, self.waiting_grant(company.name, 10, key=key))
		answer = self.asker.call(
			f"{ACCOUNT}grant", customer=company.name, credits=11, reason="Because", key=key
		)
		self.assert_refused(answer, "waits under the same key", "AlreadyPosted", 409)

	def test_a_void_and_an_adjustment_wait_too_whichever_way_the_credits_go(self) -> None:
		company = self.company(20)
		[lot] = frappe.get_all("Credit Lot", {"account": company.account}, pluck="name")
		for act, more in (("void", {}), ("adjust", {"credits": -10}), ("adjust", {"credits": 10})):
			with self.subTest(act, **more), self.nothing_written():
				answer = self.assert_ok(self.asker.call(f"{ACCOUNT}{act}", lot=lot, reason="Because", **more))
				self.assertIn(WAITS, answer.value["message"])
		self.assert_ok(self.asker.call(f"{ACCOUNT}adjust", lot=lot, credits=-9, reason="Because"))
		self.assert_balance(company.account, 11)

	def test_the_other_managers_are_told_in_the_desk(self) -> None:
		approval = self.waiting_grant(self.company().name)
		look_again()
		told = frappe.get_all("Notification Log", {"document_name": approval}, pluck="for_user")
		self.assertIn(self.answers.email, told)
		self.assertNotIn(self.asks.email, told)

	def test_off_asks_for_nobody(self) -> None:
		with self.site_settings(second_person_from=0):
			self.assertEqual(500, self.asked_grant(self.company().name, 500).value["balance"])


class TestAnswering(ApprovalCase):
	def test_another_manager_approves_and_both_names_are_in_the_ledger(self) -> None:
		company = self.company()
		approval = self.waiting_grant(company.name, 10, months=3)
		answer = self.assert_ok(self.answer(self.other, "approve", approval, note="Seen the order"))
		self.assertEqual(("Approved", 10), (answer.value["state"], answer.value["balance"]))
		entry = frappe.get_last_doc("Credit Ledger Entry", {"account": company.account})
		self.assertEqual(self.answers.email, entry.actor)
		self.assertEqual(
			f"A big order (asked for by {self.asks.email}, approved by {self.answers.email})", entry.reason
		)
		row = self.row(approval)
		self.assertEqual(
			("Approved", self.answers.email, "Seen the order"), (row.state, row.answered_by, row.answer_note)
		)

	def test_a_pack_is_granted_at_the_price_that_was_approved(self) -> None:
		company, pack = self.company(), make.pack(credits=12, price=100)
		publish()
		answer = self.assert_ok(
			self.asker.call(f"{ACCOUNT}grant", customer=company.name, pack=pack, reason="Order 7")
		)
		frappe.db.set_value("Credit Pack", pack, {"price": 999, "credits": 40})
		publish()
		self.assert_ok(self.answer(self.other, "approve", answer.value["approval"]))
		lot = frappe.get_last_doc("Credit Lot", {"account": company.account})
		self.assertEqual((12, 100, pack, "Pack"), (lot.credits_granted, lot.price, lot.pack, lot.source))

	def test_a_void_and_an_adjustment_are_entered_once_they_are_approved(self) -> None:
		company = self.company(20)
		[lot] = frappe.get_all("Credit Lot", {"account": company.account}, pluck="name")
		for act, more, left in (("adjust", {"credits": 15}, 35), ("void", {}, 0)):
			asked = self.assert_ok(self.asker.call(f"{ACCOUNT}{act}", lot=lot, reason="Because", **more))
			answer = self.assert_ok(self.answer(self.other, "approve", asked.value["approval"]))
			self.assertEqual(left, answer.value["balance"])
		self.assertEqual([("Grant", 20), ("Adjustment", 15), ("Void", -35)], kinds(company.account))

	def test_who_asked_cannot_approve(self) -> None:
		approval = self.waiting_grant(self.company().name)
		with self.nothing_written():
			answer = self.answer(self.asker, "approve", approval)
			self.assert_refused(answer, "it needs another manager", "WrongState")
		self.assertEqual("Waiting", self.row(approval).state)

	def test_a_declined_request_enters_nothing_and_cannot_be_approved_any_more(self) -> None:
		approval = self.waiting_grant(self.company().name)
		with self.nothing_written():
			self.assert_ok(self.answer(self.other, "decline", approval, note="Not ours"))
			answer = self.answer(self.other, "approve", approval)
			self.assert_refused(answer, "it is Declined already", "WrongState")

	def test_who_asked_takes_it_back_and_nobody_else_does(self) -> None:
		approval = self.waiting_grant(self.company().name)
		with self.nothing_written():
			answer = self.answer(self.other, "withdraw", approval)
			self.assert_refused(answer, "decline it instead", "WrongState")
			self.assert_ok(self.answer(self.asker, "withdraw", approval))
		self.assertEqual("Withdrawn", self.row(approval).state)

	def test_after_its_days_it_is_over_and_the_job_says_so(self) -> None:
		company, key = self.company(), make.unique_code("late")
		approval = self.waiting_grant(company.name, 10, key=key)
		past = stamp_text(clock.now() - timedelta(seconds=1))
		frappe.db.set_value(approvals.DOCTYPE, approval, "expires_at_utc", past)
		publish()
		with self.nothing_written():
			answer = self.answer(self.other, "approve", approval)
			self.assert_refused(answer, "it is Expired already", "WrongState")
		self.assertGreaterEqual(approvals.expire_waiting(), 1)
		self.assertEqual("Expired", self.row(approval).state)
		self.assertNotEqual(approval, self.waiting_grant(company.name, 10, key=key))

	def test_the_same_key_after_the_approval_is_the_grant_that_was_made(self) -> None:
		company, key = self.company(), make.unique_code("order")
		approval = self.waiting_grant(company.name, 10, key=key)
		self.assert_ok(self.answer(self.other, "approve", approval))
		again = self.asked_grant(company.name, 10, key=key).value
		self.assertEqual((True, 10), (again["replayed"], again["balance"]))

	def test_two_approvals_at_once_enter_it_once(self) -> None:
		company = self.company()
		approval = self.waiting_grant(company.name)
		managers = [make.agent_manager("quick") for _number in range(2)]
		publish()
		people = [Portal(someone) for someone in managers]
		answers: list[Answer] = []
		threads = [
			Thread(target=lambda who=who: answers.append(self.answer(who, "approve", approval)))
			for who in [*people, self.other]
		]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		self.assertEqual([200, 417, 417], sorted(answer.status for answer in answers))
		self.assertEqual([("Grant", 10)], kinds(company.account))

	def test_what_cannot_be_entered_any_more_is_told_and_keeps_waiting(self) -> None:
		company = self.company(20)
		[lot] = frappe.get_all("Credit Lot", {"account": company.account}, pluck="name")
		asked = self.assert_ok(self.asker.call(f"{ACCOUNT}void", lot=lot, reason="Because"))
		with self.site_settings(second_person_from=0):
			self.assert_ok(self.asker.call(f"{ACCOUNT}void", lot=lot, reason="At once"))
		with self.nothing_written():
			answer = self.answer(self.other, "approve", asked.value["approval"])
			self.assert_refused(answer, "already void", "SupportCreditsError")
		self.assertEqual("Waiting", self.row(asked.value["approval"]).state)

	def test_more_than_was_asked_for_is_not_voided(self) -> None:
		company = self.company(20)
		[lot] = frappe.get_all("Credit Lot", {"account": company.account}, pluck="name")
		asked = self.assert_ok(self.asker.call(f"{ACCOUNT}void", lot=lot, reason="Because")).value["approval"]
		with self.site_settings(second_person_from=0):
			self.assert_ok(self.asker.call(f"{ACCOUNT}adjust", lot=lot, credits=5, reason="At once"))
		with self.nothing_written():
			answer = self.answer(self.other, "approve", asked)
			self.assert_refused(answer, "holds 25 credits by now; 20 were asked for", "WrongState")
		self.assertEqual("Waiting", self.row(asked).state)

	def test_one_that_is_asked_for_by_many_at_once_waits_once(self) -> None:
		asked = {
			"customer": self.company().name,
			"credits": 10,
			"reason": "A big order",
			"key": make.unique_code("order"),
		}
		answers: list[Answer] = []
		threads = [
			Thread(target=lambda: answers.append(self.asker.call(f"{ACCOUNT}grant", **asked)))
			for _number in range(4)
		]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		self.assertEqual([200] * 4, [answer.status for answer in answers])
		self.assertEqual(1, len({answer.value["approval"] for answer in answers}))

	def test_a_request_that_is_not_there_is_not_found(self) -> None:
		self.assertEqual(404, self.answer(self.other, "approve", "nothing").status)


class TestReading(ApprovalCase):
	def test_managers_see_what_waits_and_what_is_their_own(self) -> None:
		approval = self.waiting_grant(self.company().name)
		for who, mine in ((self.asker, True), (self.other, False)):
			listed = self.assert_ok(who.call(f"{APPROVALS}waiting")).value["approvals"]
			[line] = [line for line in listed if line["approval"] == approval]
			self.assertEqual((mine, 10, "Grant"), (line["is_mine"], line["credits"], line["act"]))

	def test_nobody_writes_a_request_by_hand(self) -> None:
		approval = self.waiting_grant(self.company().name)
		answer = manager().request("PUT", f"/api/resource/Credit Approval/{approval}", {"state": "Approved"})
		self.assertIn(answer.status, (403, 417))
		for act in (lambda doc: doc.save(), lambda doc: doc.delete()):
			with self.assertRaises(LedgerImmutableError):
				act(self.row(approval))
		self.assertEqual("Waiting", self.row(approval).state)


class TestCommands(ApprovalCase):
	def run_command(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
		done = subprocess.run(
			[*BENCH, frappe.local.site, "support-credits", *arguments],
			cwd=os.path.join(get_bench_path(), "sites"),
			capture_output=True,
			text=True,
			timeout=300,
			check=False,
		)
		self.assertEqual(status, done.returncode, done.stdout + done.stderr)
		look_again()
		return done

	def test_a_big_grant_ends_with_one_and_says_which_request_waits(self) -> None:
		company = self.company()
		asked = ("grant", "--customer", company.name, "--credits", "10", "--reason", "Order 8")
		said = json.loads(self.run_command(*asked, "--json", status=1).stdout)
		self.assertEqual("Waiting", self.row(said["approval"]).state)
		self.assert_balance(company.account, 0)
		done = self.run_command("answer-approval", said["approval"], "--approve", status=1)
		self.assertIn("it needs another manager", done.stderr)
		self.assertIn(said["approval"], self.run_command("approvals").stdout)

	def test_administrator_answers_what_a_manager_asked_for(self) -> None:
		company = self.company()
		first, second = self.waiting_grant(company.name), self.waiting_grant(company.name)
		self.assertIn("The balance is 10", self.run_command("answer-approval", first, "--approve").stdout)
		self.run_command("answer-approval", second, "--decline", "--note", "Twice")
		self.assertEqual(("Declined", "Twice"), (self.row(second).state, self.row(second).answer_note))
		self.assertEqual([("Grant", 10)], kinds(company.account))
