"""Sessions as lines to invoice, for providers who invoice elsewhere: each is in one file, which can be had again."""

from __future__ import annotations

import csv
import io

import frappe

from support_credits.tests.compat import publish
from support_credits.tests.server import agent, manager
from support_credits.tests.session_case import DOCTYPE, SessionCase, catalogue, offer


class TestExport(SessionCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.sql(
			f"UPDATE `tab{DOCTYPE}` SET export_name = 'before' WHERE COALESCE(export_name, '') = ''"
		)
		publish()

	def export(self, **arguments: object) -> tuple[str, list[dict[str, str]]]:
		"""The name of the file and its lines."""
		answer = manager().call("support_credits.api.sessions.export_csv", **arguments)
		self.assertEqual(200, answer.status, answer)
		name = (
			answer.headers["Content-Disposition"].partition('filename="')[2].rstrip('"').removesuffix(".csv")
		)
		return name, list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))

	def nothing_left(self) -> None:
		with self.nothing_written():
			self.assert_refused(
				self.act("export_csv", manager()), "There is nothing to invoice", "SupportCreditsError"
			)

	def test_a_stopped_session_is_one_line_in_one_file(self) -> None:
		session = self.started(kind="After Hours")
		self.pass_time(session, 91)
		self.done("stop", session=session, summary="=1+1")
		name, [line] = self.export()
		said = {
			key: line[key] for key in ("Session", "Customer", "Kind", "Hours", "Rate", "Amount", "Currency")
		}
		self.assertEqual({
			"Session": session, "Customer": self.customer, "Kind": "After Hours", "Hours": "2.00", "Rate": "329.00",
			"Amount": "658.00", "Currency": "USD"}, said)  # fmt: skip
		self.assertEqual("'=1+1", line["Summary"])  # no sheet runs it
		self.assert_row(session, export_name=name)
		self.nothing_left()

	def test_a_file_that_was_lost_can_be_had_again(self) -> None:
		self.stopped(5)
		name, lines = self.export()
		self.stopped(5)
		with self.nothing_written():
			self.assertEqual((name, lines), self.export(export=name))
		self.assertEqual(404, self.act("export_csv", manager(), export="SX-none").status)

	def test_what_runs_was_cancelled_or_costs_nothing_is_not_in_it(self) -> None:
		self.done("cancel", manager(), session=self.started(), reason="Mistake")
		offer(catalogue(emergency={"rate": "100.00", "minimum_minutes": 0}))
		self.assertEqual("0.00", self.stopped(3)["amount"])
		self.started()
		self.nothing_left()

	def test_only_the_days_asked_for_the_last_one_included(self) -> None:
		session = self.stopped(5)["session"]
		frappe.db.set_value(DOCTYPE, session, "stopped_at_utc", "2026-01-31T23:30:00.000000Z")
		publish()
		try:
			for since, until in (("2026-02-01", ""), ("", "2026-01-30"), ("2026-01-01", "2026-01-30")):
				answer = self.act("export_csv", manager(), since=since, until=until)
				self.assertEqual(417, answer.status, answer)
			with self.site_settings(time_zone="Etc/UTC"):
				_name, [line] = self.export(since="2026-01-31", until="2026-01-31")
			self.assertEqual(session, line["Session"])
		finally:
			self.delete(session)

	def delete(self, session: str) -> None:
		"""Its marks say another day than its row: no proof holds of it."""
		frappe.db.sql(f"DELETE FROM `tab{DOCTYPE}` WHERE name = %s", session)
		publish()

	def test_a_day_that_is_none_is_refused(self) -> None:
		self.stopped(5)
		for day in ("yesterday", "2026-13-01", "9999-12-31"):
			with self.subTest(day), self.nothing_written():
				answer = self.act("export_csv", manager(), until=day)
				self.assert_refused(answer, f"{day} is not a day", "SupportCreditsError")

	def test_an_agent_exports_nothing(self) -> None:
		self.stopped(5)
		with self.nothing_written():
			self.assertEqual(403, self.act("export_csv", agent()).status)
