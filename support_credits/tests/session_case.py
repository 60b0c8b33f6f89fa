"""What tests about help by the hour begin with: a site that offers it, a ticket without credits, and a clock that is set back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import frappe

from support_credits.engine.model import stamp_text
from support_credits.engine.session import Mark
from support_credits.ledger import session_rows, sessions
from support_credits.ledger.session_proof import session_findings
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Person
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, agent

API = "support_credits.api.sessions."
SETTINGS = "Support Credits Settings"
DOCTYPE = "Emergency Session"
FIXTURES = Path(frappe.get_app_path("support_credits")).parent / "fixtures"


def catalogue(name: str = "extremeshok", **changed: object) -> str:
	"""A provider's file as the settings keep it; ``changed`` keys replace its own."""
	return json.dumps({**json.loads((FIXTURES / f"{name}.json").read_text()), **changed})


def offer(stored: str) -> None:
	"""The site's catalogue is ``stored`` from now on, for the server too."""
	frappe.db.set_single_value(SETTINGS, "catalogue", stored)
	publish()


def end_open() -> None:
	"""Nobody works on anything any more: the people of one test are those of the next."""
	look_again()
	open_ones = {"state": ["in", session_rows.OPEN_STATES]}
	for name in frappe.get_all(DOCTYPE, filters=open_ones, pluck="name", order_by="name asc"):
		sessions.cancel(name, "End of the test")
	publish()


def findings() -> list[str]:
	"""What is wrong with any session of the site."""
	return [finding.message for finding in session_findings()]


def set_back(session: str, minutes: float) -> None:
	"""Everything that is marked on it happened so many minutes earlier."""
	marks = session_rows.marks_of(session_rows.read(session))
	moved = tuple(Mark(mark.event, mark.at - timedelta(minutes=minutes), mark.by) for mark in marks)
	values = {"marks": session_rows.marks_text(moved), "started_at_utc": stamp_text(moved[0].at)}
	frappe.db.set_value(DOCTYPE, session, values)


class SessionCase(HttpTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		before = frappe.db.get_single_value(SETTINGS, "catalogue") or ""
		cls.addClassCleanup(offer, before)

	def setUp(self) -> None:
		super().setUp()
		offer(catalogue())
		# Other tests make rows up that no session can have.
		self.found_before = findings()
		self.addCleanup(self.assert_proved)
		self.addCleanup(end_open)

	def assert_proved(self) -> None:
		look_again()
		self.assertEqual(self.found_before, findings())

	def ticket(self, someone: Person | None = None) -> str:
		"""A ticket of a customer that has no account: credits play no part in it."""
		someone = someone or self.someone()
		name = str(make.ticket(someone).name)
		publish()
		return name

	def someone(self) -> Person:
		person = make.portal_user()
		self.customer = make.customer(person)
		publish()
		return person

	def act(self, method: str, /, who: Portal | None = None, **arguments: object) -> Answer:
		return (who or agent()).call(f"{API}{method}", **arguments)

	def done(self, method: str, /, who: Portal | None = None, **arguments: object) -> dict:
		"""The same, which succeeds: the session after it."""
		return self.assert_ok(self.act(method, who, **arguments)).value["session"]

	def started(self, ticket: str = "", **arguments: object) -> str:
		return self.done("start", ticket=ticket or self.ticket(), **arguments)["session"]

	def stopped(self, minutes: int, **arguments: object) -> dict:
		"""A session of so many minutes."""
		session = self.started(**arguments)
		self.pass_time(session, minutes)
		return self.done("stop", session=session)

	def pass_time(self, session: str, minutes: float) -> None:
		"""So many minutes pass: everything that is marked happened that much earlier."""
		look_again()
		set_back(session, minutes)
		publish()

	def row(self, session: str) -> frappe._dict:
		look_again()
		return frappe.db.get_value(DOCTYPE, session, "*", as_dict=True)

	def assert_row(self, session: str, **expected: object) -> frappe._dict:
		row = self.row(session)
		self.assertEqual(expected, {field: row[field] for field in expected})
		return row

	def sessions_of(self, ticket: str) -> list[str]:
		look_again()
		return frappe.get_all(DOCTYPE, filters={"ticket_no": ticket}, pluck="name")
