"""Help by the hour over the real server: started, paused, resumed, stopped; who may, who sees it, and what it comes to."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.dying import killed_after
from support_credits.tests.server import Portal, agent, manager
from support_credits.tests.session_case import DOCTYPE, SessionCase, catalogue, offer

TICKET = "support_credits.api.customer.ticket"


class TestAnHourOfIt(SessionCase):
	def test_pauses_cost_nothing_and_the_customer_sees_it_run(self) -> None:
		someone = self.someone()
		ticket = self.ticket(someone)
		began = time.monotonic()
		session = self.started(ticket)
		self.pass_time(session, 80)
		[seen] = self.assert_ok(Portal(someone).call(TICKET, ticket=ticket)).value["sessions"]
		self.assertEqual(("Running", True, 60, "329.00"), tuple(seen[key] for key in (
			"state", "is_provisional", "billed_minutes", "amount")))  # fmt: skip
		self.assert_worked(80, seen["worked_seconds"], began)
		self.assertNotIn("agent", seen)
		self.done("pause", session=session)
		self.pass_time(session, 300)
		self.done("resume", session=session)
		self.pass_time(session, 11)
		line = self.done("stop", session=session, summary="Replaced the router")
		self.assertEqual(("Stopped", 120, "658.00"), (line["state"], line["billed_minutes"], line["amount"]))
		row = self.assert_row(session, customer=self.customer, summary="Replaced the router", open_key=None)
		self.assertEqual((120, 658), (row.billed_minutes, row.amount))
		self.assert_worked(91, row.worked_seconds, began)

	def assert_worked(self, minutes: int, seconds: int, began: float) -> None:
		"""So many minutes and no more than what this test has taken itself."""
		self.assertLessEqual(minutes * 60, seconds)
		self.assertLessEqual(seconds, minutes * 60 + time.monotonic() - began + 1)

	def test_no_credit_plays_a_part(self) -> None:
		company = self.company(1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_balance(company.account, 0)
		self.assertEqual("329.00", self.done("stop", session=self.started(ticket))["amount"])
		self.assert_balance(company.account, 0)
		self.assert_incident(ticket, "Charged", 1)

	def test_the_examples_of_the_providers_page(self) -> None:
		"""Per hour, to the nearest hour: what docs/emergency.md shows."""
		for minutes, billed, amount in ((20, 60, "329.00"), (89, 60, "329.00"), (91, 120, "658.00")):
			with self.subTest(minutes):
				line = self.stopped(minutes)
				self.assertEqual((billed, amount), (line["billed_minutes"], line["amount"]))

	def test_the_other_provider_offers_none_and_says_so(self) -> None:
		offer(catalogue("rockstor"))
		ticket = self.ticket()
		with self.nothing_written():
			self.assert_refused(
				self.act("start", ticket=ticket), "Emergency is not offered", "SupportCreditsError"
			)
		listed = self.assert_ok(self.act("of_ticket", ticket=ticket)).value
		self.assertEqual(([], False), (listed["kinds"], listed["may_start"]))
		self.assertIn("the catalogue has no rate for it", listed["why_not"])

	def test_after_hours_is_the_same_at_its_own_rate(self) -> None:
		offer(
			catalogue(
				after_hours={
					"rate": "90.00",
					"currency": "EUR",
					"rounding_minutes": 15,
					"minimum_minutes": 30,
				}
			)
		)
		line = self.stopped(38, kind="After Hours")
		self.assertEqual((45, "67.50", "EUR"), (line["billed_minutes"], line["amount"], line["currency"]))

	def test_a_session_keeps_the_rate_it_was_started_with(self) -> None:
		session = self.started()
		offer(catalogue(emergency={"rate": "999.00"}))
		self.assertEqual("329.00", self.done("stop", session=session)["amount"])

	def test_the_ticket_says_what_agents_can_start_and_what_runs(self) -> None:
		ticket = self.ticket()
		listed = self.assert_ok(self.act("of_ticket", ticket=ticket)).value
		self.assertEqual(["Emergency", "After Hours"], [kind["kind"] for kind in listed["kinds"]])
		self.assertEqual((True, "", []), (listed["may_start"], listed["why_not"], listed["sessions"]))
		session = self.started(ticket)
		listed = self.assert_ok(self.act("of_ticket", ticket=ticket)).value
		self.assertEqual((False, f"Your session {session} of this ticket is running already."), (
			listed["may_start"], listed["why_not"].partition(" Go on")[0]))  # fmt: skip
		[line] = listed["sessions"]
		self.assertEqual((session, agent().user, agent().user, True, False), tuple(line[key] for key in (
			"session", "agent", "running_by", "may_act", "may_cancel")))  # fmt: skip

	def test_the_timeline_says_what_happened(self) -> None:
		ticket = self.ticket()
		session = self.started(ticket)
		self.done("stop", session=session)
		look_again()
		said = frappe.get_all("HD Ticket Activity", filters={"ticket": ticket}, pluck="action")
		self.assertLessEqual({"started an emergency session", f"stopped session {session}"}, set(said))


class TestOnce(SessionCase):
	def test_the_same_key_again_is_the_same_session(self) -> None:
		ticket, key = self.ticket(), make.unique("press")
		first = self.started(ticket, key=key)
		with self.nothing_written():
			again = self.assert_ok(self.act("start", ticket=ticket, key=key)).value
		self.assertEqual((first, True), (again["session"]["session"], again["replayed"]))
		self.assert_refused(
			self.act("start", ticket=self.ticket(), key=key),
			f"used for session {first}",
			"AlreadyPosted",
			409,
		)

	def test_a_second_one_of_the_same_agent_on_the_same_ticket_is_refused(self) -> None:
		ticket = self.ticket()
		session = self.started(ticket)
		self.done("pause", session=session)
		with self.nothing_written():
			self.assert_refused(
				self.act("start", ticket=ticket),
				f"Your session {session} of this ticket is paused already. Go on with it, or stop it first.",
				"WrongState",
			)

	def test_whoever_works_on_one_works_on_no_other(self) -> None:
		first_ticket, ticket = self.ticket(), self.ticket()
		first = self.started(first_ticket)
		said = f"You are working on session {first} of ticket {first_ticket}. Pause or stop it first."
		with self.nothing_written():
			self.assert_refused(self.act("start", ticket=ticket), said, "WrongState")
		self.done("pause", session=first)
		second = self.started(ticket)
		with self.nothing_written():
			answer = self.act("resume", session=first)
		self.assert_refused(answer, f"You are working on session {second}", "WrongState")

	def test_everything_repeated_is_done_once(self) -> None:
		session = self.started()
		for method in ("pause", "resume", "stop"):
			with self.subTest(method):
				first = self.assert_ok(self.act(method, session=session)).value
				self.pass_time(session, 0)
				with self.nothing_written():
					again = self.assert_ok(self.act(method, session=session)).value
				self.assertEqual((False, True), (first["replayed"], again["replayed"]))
				self.assertEqual(first["session"]["amount"], again["session"]["amount"])
		self.assertEqual(4, self.row(session).marks.count("[") - 1)

	def test_a_stop_is_final(self) -> None:
		session = self.stopped(5)["session"]
		for method, who in (("pause", agent()), ("resume", agent()), ("cancel", manager())):
			more = {"reason": "Mistake"} if method == "cancel" else {}
			with self.subTest(method), self.nothing_written():
				self.assert_refused(
					self.act(method, who, session=session, **more), "this session is stopped", "WrongState"
				)

	def test_a_stop_that_was_cut_off_leaves_it_running_and_is_pressed_again(self) -> None:
		session = self.started()
		killed_after("support_credits.ledger.sessions.stop", session=session)
		self.assert_row(session, state="Running", billed_minutes=0)
		self.assertEqual("Stopped", self.done("stop", session=session)["state"])

	def test_a_start_that_was_cut_off_leaves_nothing(self) -> None:
		ticket = self.ticket()
		killed_after("support_credits.tests.session_acts.start", ticket=ticket)
		self.assertEqual([], self.sessions_of(ticket))
		self.started(ticket)


class TestPeople(SessionCase):
	def test_a_colleague_may_pause_and_go_on_and_the_marks_say_who(self) -> None:
		session, colleague = self.started(), Portal(self.colleague())
		self.done("pause", colleague, session=session)
		line = self.done("resume", colleague, session=session)
		self.assertEqual((agent().user, colleague.user), (line["agent"], line["running_by"]))
		self.assert_refused(self.act("resume", session=session), "this session is running", "WrongState")
		self.started()  # whoever began it is free for another one
		marks = self.row(session).marks
		self.assertEqual((1, 2), (marks.count(agent().user), marks.count(colleague.user)))

	def colleague(self) -> make.Person:
		person = make.agent("colleague")
		publish()
		return person

	def test_two_agents_may_work_on_the_same_ticket(self) -> None:
		ticket = self.ticket()
		self.started(ticket)
		self.done("start", Portal(self.colleague()), ticket=ticket)
		self.assertEqual(2, len(self.sessions_of(ticket)))

	def test_a_manager_cancels_what_was_a_mistake_and_nothing_is_billed(self) -> None:
		session = self.started()
		self.pass_time(session, 200)
		with self.nothing_written():
			answer = self.act("cancel", session=session, reason="Mistake")
		self.assertEqual(403, answer.status, answer)
		line = self.done("cancel", manager(), session=session, reason="Pressed by mistake")
		self.assertEqual(("Cancelled", "0.00", 0), (line["state"], line["amount"], line["billed_minutes"]))
		self.assert_row(session, cancelled_by=manager().user, cancel_reason="Pressed by mistake", amount=0)

	def test_a_customer_reads_no_other_customers_session_and_acts_on_none(self) -> None:
		someone = self.someone()
		ticket = self.ticket(someone)
		session = self.started(ticket)
		other = Portal(self.someone())
		self.assertEqual(403, other.call(TICKET, ticket=ticket).status)
		for who in (other, Portal(someone)):
			for method in ("pause", "stop", "resume"):
				with self.subTest(method), self.nothing_written():
					self.assert_refused(
						self.act(method, who, session=session), "Only agents", "PermissionError", 403
					)
			listed = who.call("frappe.client.get_list", doctype=DOCTYPE)
			self.assertEqual(403, listed.status, listed)

	def test_a_customer_who_got_the_ticket_later_does_not_see_what_another_pays(self) -> None:
		ticket = self.ticket()
		self.done("stop", session=self.started(ticket))
		heir = self.someone()
		doc = frappe.get_doc("HD Ticket", ticket)
		doc.update({"customer": self.customer, "raised_by": heir.email, "contact": heir.contact}).save()
		publish()
		seen = self.assert_ok(Portal(heir).call(TICKET, ticket=ticket)).value
		self.assertEqual([], seen["sessions"])

	def test_who_forgot_to_stop_says_when_the_work_ended(self) -> None:
		session = self.started()
		self.pass_time(session, 600)
		now = datetime.now(timezone.utc)
		for at, why in (
			(now + timedelta(hours=1), "not between its last mark"),
			(now - timedelta(hours=11), "not between its last mark"),
			("yesterday", "yesterday is not an instant"),
			("2026-11-30T18:05:00", "is not an instant"),
		):
			said = at if isinstance(at, str) else at.isoformat()
			answer = self.act("stop", session=session, at=said)
			with self.subTest(said):
				self.assertEqual(417, answer.status, answer)
				self.assertIn(why, answer.messages)
		line = self.done("stop", session=session, at=(now - timedelta(minutes=480)).isoformat())
		self.assertEqual(120, line["billed_minutes"])


class TestTickets(SessionCase):
	def test_a_ticket_of_nobody_has_one_and_its_customer_is_found_at_the_stop(self) -> None:
		doc = {"doctype": "HD Ticket", "subject": "Who is it?", "description": "x"}
		ticket = str(
			frappe.get_doc({**doc, "raised_by": f"{make.unique_code('x')}@example.com"}).insert().name
		)
		publish()
		session = self.started(ticket)
		self.assert_row(session, customer=None)
		self.someone()
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=self.customer))
		self.assertEqual(self.customer, self.done("stop", session=session)["customer"])

	def test_on_a_resolved_ticket_none_is_started_and_one_is_stopped(self) -> None:
		ticket = self.ticket()
		session = self.started(ticket)
		self.assert_ok(agent().set_value(ticket, "status", "Closed"))
		self.assertEqual("Stopped", self.done("stop", session=session)["state"])
		with self.nothing_written():
			self.assert_refused(
				self.act("start", ticket=ticket), f"Ticket {ticket} is resolved. Open it first", "WrongState"
			)

	def test_a_ticket_is_not_deleted_while_somebody_works_on_it_and_leaves_its_number_afterwards(
		self,
	) -> None:
		ticket = self.ticket()
		session = self.started(ticket)
		with self.nothing_written():
			answer = manager().request("DELETE", f"/api/resource/HD Ticket/{ticket}")
		self.assert_refused(answer, f"Session {session} of ticket {ticket} was not ended", "HasHistory")
		self.done("stop", session=session)
		deleted = manager().request("DELETE", f"/api/resource/HD Ticket/{ticket}")
		self.assertEqual(202, deleted.status, deleted)
		self.assert_row(session, ticket=None, ticket_no=ticket, state="Stopped", amount=329)
		self.assertTrue(self.assert_ok(self.act("stop", session=session)).value["replayed"])

	def test_unknown_things_are_refused_by_name(self) -> None:
		for method, arguments, said, error, status in (
			("start", {"ticket": "999999"}, "Ticket 999999 does not exist", "DoesNotExistError", 404),
			("pause", {"session": "ES-1"}, "Session ES-1 does not exist", "DoesNotExistError", 404),
			(
				"start",
				{"ticket": self.ticket(), "kind": "Free"},
				"Free is no kind of session",
				"SupportCreditsError",
				417,
			),
		):
			with self.subTest(method), self.nothing_written():
				self.assert_refused(self.act(method, **arguments), said, error, status)


class TestRecord(SessionCase):
	def test_nobody_writes_or_deletes_one_through_the_host(self) -> None:
		session = self.stopped(5)["session"]
		path = f"/api/resource/{DOCTYPE}"
		with self.nothing_written():
			for answer in (
				manager().request("PUT", f"{path}/{session}", {"amount": 1}),
				manager().request("POST", path, {"ticket_no": "1"}),
				manager().request("DELETE", f"{path}/{session}"),
			):
				self.assertIn(answer.status, (403, 417), answer)
			for act in (
				lambda: frappe.get_doc(DOCTYPE, session).save(),
				lambda: frappe.get_doc(DOCTYPE, session).db_set("amount", 1),
				lambda: frappe.delete_doc(DOCTYPE, session, force=True, ignore_permissions=True),
				lambda: frappe.rename_doc(DOCTYPE, session, "ES-X", force=True),
				lambda: frappe.get_doc({"doctype": DOCTYPE, "name": "ES-X"}).insert(),
			):
				with self.assertRaisesRegex(frappe.ValidationError, "is kept by the ledger"):
					act()
				frappe.db.rollback()

	def test_a_customer_with_sessions_is_not_deleted(self) -> None:
		self.stopped(5)
		with self.assertRaises(frappe.LinkExistsError):
			frappe.delete_doc("HD Customer", self.customer)
