"""Separate processes press the same button at the same instant: it happens once."""

from __future__ import annotations

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again
from support_credits.tests.factories import PASSWORD
from support_credits.tests.race import Racers, Shot
from support_credits.tests.server import agent, manager, running
from support_credits.tests.session_case import API, SessionCase
from support_credits.tests.test_race_last_credit import outcomes

RACERS = 6


class TestAtOnce(SessionCase):
	def racers(self, method: str, user: str = "", **arguments: object) -> Racers:
		server = running()
		shot = Shot(user or agent().user, PASSWORD, f"/api/method/{API}{method}", arguments, {})
		racers = Racers(server.url, server.site, [shot] * RACERS)
		self.addCleanup(racers.stop)
		return racers

	def test_one_start_of_many_begins_a_session_and_the_others_are_told(self) -> None:
		ticket = self.ticket()
		hits = self.racers("start", ticket=ticket).fire()
		self.assertEqual({(200, ""): 1, (417, "WrongState"): RACERS - 1}, outcomes(hits))
		self.assertEqual(1, len(self.sessions_of(ticket)))
		for hit in hits:
			if hit.status != 200:
				self.assertIn("of this ticket is running already", hit.message)

	def test_with_a_key_all_of_them_are_told_the_same_session(self) -> None:
		ticket = self.ticket()
		hits = self.racers("start", ticket=ticket, key=make.unique("press")).fire()
		self.assertEqual({(200, ""): RACERS}, outcomes(hits))
		self.assertEqual(self.sessions_of(ticket), sorted({hit.value["session"]["session"] for hit in hits}))
		self.assertEqual([False] + [True] * (RACERS - 1), sorted(hit.value["replayed"] for hit in hits))

	def test_starts_on_two_tickets_at_once_leave_one_running(self) -> None:
		server, tickets = running(), [self.ticket(), self.ticket()]
		shots = [
			Shot(agent().user, PASSWORD, f"/api/method/{API}start", {"ticket": ticket}, {})
			for ticket in tickets * 2
		]
		racers = Racers(server.url, server.site, shots)
		self.addCleanup(racers.stop)
		self.assertEqual({(200, ""): 1, (417, "WrongState"): 3}, outcomes(racers.fire()))
		self.assertEqual(1, sum(len(self.sessions_of(ticket)) for ticket in tickets))

	def test_stops_at_once_bill_it_once(self) -> None:
		session = self.started()
		self.pass_time(session, 90)
		hits = self.racers("stop", session=session).fire()
		self.assertEqual({(200, ""): RACERS}, outcomes(hits))
		self.assertEqual([False] + [True] * (RACERS - 1), sorted(hit.value["replayed"] for hit in hits))
		self.assertEqual({"658.00"}, {hit.value["session"]["amount"] for hit in hits})

	def test_a_stop_and_a_cancellation_at_once_end_it_once(self) -> None:
		session, server = self.started(), running()
		shots = [
			Shot(agent().user, PASSWORD, f"/api/method/{API}stop", {"session": session}, {}),
			Shot(
				manager().user, PASSWORD, f"/api/method/{API}cancel", {"session": session, "reason": "No"}, {}
			),
		]
		racers = Racers(server.url, server.site, shots)
		self.addCleanup(racers.stop)
		self.assertEqual({(200, ""): 1, (417, "WrongState"): 1}, outcomes(racers.fire()))
		look_again()
		self.assertIn(self.row(session).state, ("Stopped", "Cancelled"))

	def test_exports_at_once_have_each_line_once(self) -> None:
		sessions = {self.stopped(5)["session"] for _number in range(3)}
		hits = self.racers("export_csv", manager().user).fire()
		self.assertEqual([200] + [417] * (RACERS - 1), sorted(hit.status for hit in hits))
		exports = {self.row(session).export_name for session in sessions}
		self.assertEqual(1, len(exports - {None, ""}), exports)
