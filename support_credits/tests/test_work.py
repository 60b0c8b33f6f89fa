"""Work on a ticket: timers that run on the server and end as one log each, and typed entries, all rounded up by one rule."""

from __future__ import annotations

from datetime import timedelta

import frappe

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, agent, manager
from support_credits.tests.test_race_last_credit import RaceCase, agents_act, outcomes

API = "support_credits.api.work."
LOG, TIMER = "Work Log", "Work Timer"


def act(who: Portal, endpoint: str, **arguments: object) -> Answer:
	return who.call(f"{API}{endpoint}", **arguments)


class WorkCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.customer = self.company(2)
		self.ticket = self.new_ticket()

	def new_ticket(self) -> str:
		name = str(make.ticket(self.customer.person).name)
		publish()
		return name

	def start_timer(self, who: Portal | None = None) -> str:
		return self.assert_ok(act(who or agent(), "start_timer", ticket=self.ticket)).value["timer"]

	def ran(self, timer: str, **time: float) -> None:
		"""The timer was started so long ago."""
		began = stamp_text(clock.now() - timedelta(**time))
		frappe.db.set_value(TIMER, timer, "started_at_utc", began)
		publish()

	def logs(self, ticket: str = "") -> list[tuple[int, str, str]]:
		look_again()
		fields = ["minutes", "agent", "note"]
		found = frappe.get_all(LOG, {"ticket": ticket or self.ticket}, fields, order_by="creation asc")
		return [(row.minutes, row.agent, row.note or "") for row in found]

	def timers(self) -> list[str]:
		look_again()
		return frappe.get_all(TIMER, {"ticket": self.ticket}, pluck="agent", order_by="agent asc")

	def assert_nothing_kept(self, answer: Answer, text: str, error: str, status: int = 417) -> None:
		self.assert_refused(answer, text, error, status)
		self.assertEqual([], self.logs())


class TestTimer(WorkCase):
	def test_stopped_it_is_one_log_of_what_it_measured_and_the_card_counts_it(self) -> None:
		timer = self.start_timer()
		self.ran(timer, minutes=12, seconds=5)
		said = self.assert_ok(act(agent(), "stop_timer", timer=timer, note="Read the logs")).value
		self.assertEqual((13, False), (said["minutes"], said["replayed"]))
		self.assertEqual("13 minutes of work are logged.", said["message"])
		self.assertEqual([(13, agent().user, "Read the logs")], self.logs())
		self.assertEqual([], self.timers())
		incident = frappe.db.get_value(LOG, said["work_log"], "incident")
		self.assertEqual(make.incident_of(self.ticket).name, incident)
		card = self.assert_ok(agent().call("support_credits.api.agent.ticket", ticket=self.ticket)).value
		self.assertEqual((13, None), (card["worked"], card["timer"]))

	def test_it_runs_on_for_whoever_starts_it_again_from_another_browser(self) -> None:
		timer = self.start_timer()
		self.ran(timer, minutes=5)
		other = Portal(user=agent().user, password=make.PASSWORD)
		again = self.assert_ok(act(other, "start_timer", ticket=self.ticket)).value
		self.assertEqual(timer, again["timer"])
		card = self.assert_ok(other.call("support_credits.api.agent.ticket", ticket=self.ticket)).value
		self.assertEqual((timer, again["started_at"]), (card["timer"]["timer"], card["timer"]["started_at"]))
		self.assertEqual([agent().user], self.timers())

	def test_two_agents_have_a_timer_each_and_one_agent_one_on_each_ticket(self) -> None:
		mine, his = self.start_timer(), self.start_timer(manager())
		self.assertEqual(sorted([agent().user, manager().user]), self.timers())
		other = self.assert_ok(act(agent(), "start_timer", ticket=self.new_ticket())).value["timer"]
		self.assertEqual(3, len({mine, his, other}))

	def test_stopping_it_again_is_the_same_log(self) -> None:
		timer = self.start_timer()
		first = self.assert_ok(act(agent(), "stop_timer", timer=timer)).value
		again = self.assert_ok(act(agent(), "stop_timer", timer=timer, minutes=99, note="Twice")).value
		self.assertEqual({**first, "replayed": True}, again)
		self.assertEqual([(1, agent().user, "")], self.logs())

	def test_its_agent_may_say_how_much_of_it_was_work(self) -> None:
		timer = self.start_timer()
		self.ran(timer, hours=5)
		self.assertEqual(
			40, self.assert_ok(act(agent(), "stop_timer", timer=timer, minutes=40)).value["minutes"]
		)

	def test_one_that_was_forgotten_for_a_day_needs_to_be_told_and_runs_on_until_then(self) -> None:
		timer = self.start_timer()
		self.ran(timer, hours=72, seconds=1)
		refused = act(agent(), "stop_timer", timer=timer)
		self.assert_nothing_kept(refused, "has run for 72 hours. Say how many minutes", "SupportCreditsError")
		self.assertEqual([agent().user], self.timers())
		self.assert_ok(act(agent(), "stop_timer", timer=timer, minutes=30))
		self.assertEqual([(30, agent().user, "")], self.logs())

	def test_thrown_away_it_logs_nothing_and_cannot_be_stopped(self) -> None:
		timer = self.start_timer()
		gone = self.assert_ok(act(agent(), "discard_timer", timer=timer)).value
		self.assertEqual({"timer": timer, "ticket": self.ticket}, gone)
		for endpoint in ("stop_timer", "discard_timer"):
			self.assert_nothing_kept(
				act(agent(), endpoint, timer=timer), "does not run any more", "WrongState"
			)

	def test_somebody_elses_timer_is_nobodys_business(self) -> None:
		timer = self.start_timer(manager())
		for endpoint in ("stop_timer", "discard_timer"):
			answer = act(agent(), endpoint, timer=timer)
			self.assert_nothing_kept(answer, "Somebody else has started this timer", "PermissionError", 403)
		self.assertEqual([manager().user], self.timers())

	def test_nobody_starts_one_over_the_hosts_own_door(self) -> None:
		row = {"ticket": self.ticket, "agent": agent().user, "started_at_utc": "2020-01-01T00:00:00.000000Z"}
		self.assertEqual(403, agent().request("POST", f"/api/resource/{TIMER}", row).status)
		self.assertEqual([], self.timers())

	def test_it_ends_with_its_ticket_and_the_next_ticket_of_that_number_has_none(self) -> None:
		self.start_timer()
		reason = make.exemption_reason()
		publish()
		self.assert_ok(agent().incident("exempt", ticket=self.ticket, reason=reason))
		frappe.delete_doc("HD Ticket", self.ticket)
		publish()
		self.assertEqual([], self.timers())


class TestTyped(WorkCase):
	def test_typed_work_is_logged_once_a_key(self) -> None:
		for replayed in (False, True):
			said = self.assert_ok(
				act(agent(), "log", ticket=self.ticket, minutes=25, note="Call", key="k")
			).value
			self.assertEqual((25, replayed), (said["minutes"], said["replayed"]))
		self.assertEqual([(25, agent().user, "Call")], self.logs())

	def test_the_same_key_of_another_agent_or_for_another_ticket_is_other_work(self) -> None:
		for who, ticket in ((agent(), self.ticket), (manager(), self.ticket), (agent(), self.new_ticket())):
			self.assertFalse(
				self.assert_ok(act(who, "log", ticket=ticket, minutes=5, key="k")).value["replayed"]
			)

	def test_without_a_key_each_call_is_work_of_its_own(self) -> None:
		for _time in range(2):
			self.assert_ok(act(agent(), "log", ticket=self.ticket, minutes=5))
		self.assertEqual(2, len(self.logs()))

	def test_what_is_no_time_or_no_text_is_refused(self) -> None:
		bad = [(minutes, "") for minutes in (0, -5, 1441, True)] + [(5, "<b>x</b>"), (5, "x" * 1001)]
		for minutes, note in bad:
			with self.subTest(minutes=minutes, note=note[:9]), self.nothing_written():
				answer = act(agent(), "log", ticket=self.ticket, minutes=minutes, note=note)
				self.assertEqual(417, answer.status, answer)
		self.assertEqual([], self.logs())

	def test_a_ticket_that_is_not_there_is_said(self) -> None:
		answer = act(agent(), "log", ticket="999999999", minutes=5)
		self.assert_nothing_kept(answer, "Ticket 999999999 does not exist.", "DoesNotExistError", 404)


class TestRounding(WorkCase):
	def test_every_started_quarter_counts_by_whichever_door_the_work_comes(self) -> None:
		timer = self.start_timer()
		self.ran(timer, minutes=15, seconds=30)
		with self.site_settings(work_step_minutes=15):
			self.assert_ok(act(agent(), "stop_timer", timer=timer))
			self.assert_ok(act(agent(), "log", ticket=self.ticket, minutes=15))
			log = {"doctype": LOG, "ticket": self.ticket, "minutes": 1}
			self.assert_ok(agent().request("POST", f"/api/resource/{LOG}", log))
		self.assertEqual([30, 15, 15], [minutes for minutes, _agent, _note in self.logs()])

	def test_a_correction_is_taken_as_it_is_typed(self) -> None:
		with self.site_settings(work_step_minutes=15):
			said = self.assert_ok(act(agent(), "log", ticket=self.ticket, minutes=20)).value
			path = f"/api/resource/{LOG}/{said['work_log']}"
			self.assert_ok(agent().request("PUT", path, {"minutes": 20}))
		self.assertEqual([(20, agent().user, "")], self.logs())

	def test_a_step_that_is_none_is_refused_by_the_settings(self) -> None:
		doc = frappe.get_doc("Support Credits Settings")
		for step in (-1, 1441):
			doc.work_step_minutes = step
			with self.assertRaisesRegex(frappe.ValidationError, "Round Logged Work Up to"):
				doc.validate()


class TestRaces(RaceCase, WorkCase):
	def test_two_stops_at_once_by_separate_processes_make_one_log(self) -> None:
		for _round in range(4):
			self.ticket = self.new_ticket()
			self.grant(self.customer.account, 1)
			timer = self.start_timer()
			racers = self.start([agents_act(agent(), "work.stop_timer", timer=timer)] * 2)
			hits = racers.fire()
			self.assertEqual({(200, ""): 2}, outcomes(hits))
			self.assertEqual([False, True], sorted(hit.value["replayed"] for hit in hits))
			self.assertEqual(1, len(self.logs()))

	def test_a_stop_and_a_discard_at_once_are_one_of_them(self) -> None:
		timer = self.start_timer()
		shots = [agents_act(agent(), f"work.{act}", timer=timer) for act in ("stop_timer", "discard_timer")]
		hits = self.start(shots).fire()
		self.assertEqual(1, sum(hit.status == 200 for hit in hits), hits)
		stopped = hits[0].status == 200
		self.assertEqual(int(stopped), len(self.logs()))
		self.assertEqual([], self.timers())

	def test_eight_starts_at_once_are_one_timer(self) -> None:
		hits = self.start([agents_act(agent(), "work.start_timer", ticket=self.ticket)] * 8).fire()
		self.assertEqual({(200, ""): 8}, outcomes(hits))
		self.assertEqual(1, len({hit.value["timer"] for hit in hits}))
		self.assertEqual([agent().user], self.timers())

	def test_a_typed_entry_sent_by_eight_at_once_under_one_key_is_one_log(self) -> None:
		shot = agents_act(agent(), "work.log", ticket=self.ticket, minutes=10, key="once")
		hits = self.start([shot] * 8).fire()
		self.assertEqual({(200, ""): 8}, outcomes(hits))
		self.assertEqual(1, len({hit.value["work_log"] for hit in hits}))
		self.assertEqual([(10, agent().user, "")], self.logs())
