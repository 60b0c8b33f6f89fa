"""The deadline of a ticket and the preview of a calendar over HTTP: who may ask, in whose zone and language, and what for agents alone."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import frappe
from dateutil.easter import easter
from frappe.utils import getdate

from support_credits.engine.model import parse_stamp
from support_credits.hours import wording
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import TICKET, Answer, Portal, agent, manager

GET_ONE = "helpdesk.helpdesk.doctype.hd_ticket.api.get_one"
CALENDAR = "Support Calendar"
LISBON = ZoneInfo("Europe/Lisbon")
THIS_YEAR = getdate().year
GOOD_FRIDAY = easter(THIS_YEAR) - timedelta(days=2)


def hours(portal: Portal, action: str, **arguments: object) -> Answer:
	return portal.call(f"support_credits.api.hours.{action}", **arguments)


class HoursApiCase(HttpTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		always = make.hours("00:00", "24:00", *make.WORKDAYS, "saturday", "sunday")
		own = [{"day": f"{THIS_YEAR}-12-24", "description": "Véspera de Natal"}]
		cls.hours = make.support_calendar(always, zone="Europe/Lisbon", own_days=own)
		cls.tier = make.tier(calendar=cls.hours, promise_value=30, promise_unit="covered hours", aim_value=2)
		publish()

	def ticket(self) -> tuple[make.Company, Portal, str]:
		company = self.company(3, tier=self.tier)
		portal = Portal(company.person)
		return company, portal, self.assert_ok(portal.new()).ticket

	def person_in(self, company: str, is_manager: bool = False, **fields: object) -> Portal:
		look_again()
		someone = make.portal_user("colleague")
		make.add_member(company, someone, is_manager)
		if fields:
			frappe.db.set_value("User", someone.email, fields)
		publish()
		return Portal(someone)

	def deadline(self, portal: Portal, ticket: str) -> dict[str, object]:
		return self.assert_ok(hours(portal, "deadline", ticket=ticket)).value


class TestDeadline(HoursApiCase):
	def test_the_raiser_is_told_when_and_why_in_the_providers_zone(self) -> None:
		_company, portal, ticket = self.ticket()
		said = self.deadline(portal, ticket)
		due = parse_stamp(make.incident_of(ticket).due_at_utc)
		self.assertEqual((due.isoformat(), False), (said["due"], said["passed"]))
		self.assertEqual(wording.moment(due, LISBON), said["due_there"])
		self.assertIn("+ 30 covered hours", said["why"])
		self.assertIn("(Europe/Lisbon)", said["why"])
		self.assertEqual(("Medium", self.tier), (said["severity"], said["tier"]))

	def test_whoever_may_read_the_ticket_may_ask_and_nobody_else(self) -> None:
		company, portal, ticket = self.ticket()
		stranger = Portal(self.company(1).person)
		colleague, head = self.person_in(company.name), self.person_in(company.name, is_manager=True)
		for name, who in {
			"raiser": portal,
			"colleague": colleague,
			"manager": head,
			"stranger": stranger,
			"agent": agent(),
			"guest": Portal(),
		}.items():
			with self.subTest(name):
				reads = who.request("GET", f"/api/resource/{TICKET}/{ticket}").status
				self.assertEqual(reads, hours(who, "deadline", ticket=ticket).status)
		self.assertEqual(200, hours(portal, "deadline", ticket=ticket).status)
		for who in (stranger, Portal()):
			with self.nothing_written():
				answer = hours(who, "deadline", ticket=ticket)
				self.assertEqual((403, "PermissionError"), (answer.status, answer.error))
			self.assertNotIn("Europe/Lisbon", answer.text)

	def test_what_is_aimed_for_is_shown_to_agents_alone(self) -> None:
		_company, portal, ticket = self.ticket()
		said = self.deadline(agent(), ticket)
		look_again()
		incident = make.incident_of(ticket)
		self.assertEqual(parse_stamp(incident.aim_at_utc).isoformat(), said["aim"]["due"])
		self.assertIs(False, said["severity_confirmed"])
		told = [
			hours(portal, "deadline", ticket=ticket),
			portal.call(GET_ONE, name=ticket, is_customer_portal=True),
			portal.request("GET", f"/api/resource/{TICKET}/{ticket}"),
			portal.new(),
		]
		aim = parse_stamp(incident.aim_at_utc)
		secrets = (
			incident.aim_at_utc,
			aim.isoformat(),
			wording.moment(aim, LISBON),
			f"{aim:%Y-%m-%d %H:%M:%S}",
			'"aim',
		)
		for answer in told:
			self.assert_ok(answer)
			for secret in secrets:
				self.assertNotIn(secret, answer.text)
		for answer in (
			portal.request("GET", f"/api/resource/Support Incident/{incident.name}"),
			portal.call(
				"frappe.client.get_value",
				doctype="Support Incident",
				filters={"ticket": ticket},
				fieldname="aim",
			),
			portal.call("support_credits.api.preview.costs", ticket=ticket),
		):
			self.assertEqual(403, answer.status, answer)

	def test_a_reader_is_told_in_his_own_zone_and_language(self) -> None:
		company, _portal, ticket = self.ticket()
		fields = {"time_zone": "Asia/Kolkata", "language": "pt"}
		said = self.deadline(self.person_in(company.name, is_manager=True, **fields), ticket)
		self.assertIn("(Asia/Kolkata)", said["due_here"])
		self.assertIn("(Europe/Lisbon)", said["due_there"])
		self.assertIn("(Asia/Kolkata)", said["why_here"])
		self.assertTrue(
			any(day in said["due_here"] for day in ("seg", "ter", "qua", "qui", "sex", "sáb", "dom")), said
		)
		for odd in ({"time_zone": "Mars/Olympus"}, {"language": "xx"}, {"language": "zh-TW"}):
			with self.subTest(odd):
				self.assertTrue(
					self.deadline(self.person_in(company.name, is_manager=True, **odd), ticket)["due"]
				)

	def test_where_nothing_is_promised_none_is_said(self) -> None:
		company = self.company(0, tier=self.tier, portal_policy="Park")
		portal = Portal(company.person)
		waits = self.assert_ok(portal.new()).ticket
		self.assertEqual({"ticket": waits, "due": None}, self.deadline(portal, waits))
		someone = make.portal_user()
		make.customer(someone)
		publish()
		free = Portal(someone)
		ticket = self.assert_ok(free.new()).ticket
		self.assertEqual({"ticket": ticket, "due": None}, self.deadline(free, ticket))

	def test_a_ticket_that_does_not_exist_says_so_and_a_list_is_no_ticket(self) -> None:
		answer = hours(agent(), "deadline", ticket="999999999")
		self.assert_refused(answer, "does not exist", "DoesNotExistError", 404)
		for odd in ({"name": ["like", "%"]}, ["1", "2"], None):
			answer = hours(self.ticket()[1], "deadline", ticket=odd)
			self.assertIn(answer.status, (403, 404, 417, 500))
			self.assertNotIn("due", answer.body.get("message") or {})


class TestPreview(HoursApiCase):
	def draft(self, **fields: object) -> str:
		windows = [
			make.hours("08:00", "18:00"),
			make.hours("09:00", "20:00", "saturday", from_severity="Urgent"),
		]
		return json.dumps(
			{
				"doctype": CALENDAR,
				"calendar_name": "Draft",
				"time_zone": "Europe/Lisbon",
				"country": "PT",
				"windows": windows,
				**fields,
			}
		)

	def saved(self) -> str:
		look_again()
		return frappe.as_json(frappe.get_doc(CALENDAR, self.hours).as_dict())

	def test_a_draft_is_shown_before_it_is_saved_and_nothing_is_written(self) -> None:
		with self.nothing_written():
			before = frappe.db.count(CALENDAR)
			week_of = str(GOOD_FRIDAY - timedelta(days=1))
			answer = hours(manager(), "preview_calendar", doc=self.draft(), week_of=week_of)
			said = self.assert_ok(answer).value
			self.assertEqual(before, frappe.db.count(CALENDAR))
		monday = str(GOOD_FRIDAY - timedelta(days=4))
		self.assertEqual(("Europe/Lisbon", monday), (said["zone"], said["monday"]))
		self.assertEqual(["", "Urgent"], said["severities"])
		first, friday, saturday = (said["week"][number] for number in (0, 4, 5))
		self.assertEqual([(480, 1080)] * 2, [(span["from"], span["to"]) for span in first["spans"]])
		self.assertEqual(("Sexta-feira Santa", []), (friday["holiday"], friday["spans"]))
		spans = [(span["severity"], span["from"], span["to"]) for span in saturday["spans"]]
		self.assertEqual([("Urgent", 540, 1200)], spans)
		self.assertEqual([], said["due"])
		self.assertEqual(2, len(said["opening"]))

	def test_a_saved_one_says_when_a_ticket_now_would_be_due(self) -> None:
		said = self.assert_ok(hours(agent(), "preview_calendar", doc=self.saved())).value
		self.assertEqual({"promise", "aim"}, {line["kind"] for line in said["due"]})
		self.assertTrue(all("(Europe/Lisbon)" in line["due"] and line["why"] for line in said["due"]))
		self.assertTrue(said["opening"][0]["text"])
		self.assertEqual([f"{THIS_YEAR}-12-24"], [day["day"] for day in said["holidays"]])

	def test_what_could_not_be_saved_is_refused_with_the_same_words(self) -> None:
		cases = (
			("not JSON", "This is not a Support Calendar"),
			("[]", "This is not a Support Calendar"),
			("null", "This is not a Support Calendar"),
			(json.dumps({"doctype": "User", "name": "Administrator"}), "This is not a Support Calendar"),
			(self.draft(time_zone="Mars/Olympus"), "Mars/Olympus is not a time zone"),
			(self.draft(country="Portugal"), "There are no holidays for country Portugal"),
			(self.draft(windows=[make.hours("08:00", "soon")]), '"soon" is not a time of day'),
			(self.draft(own_days=[{"day": "2026-12-24"}, {"day": "2026-12-24"}]), "is in row 1 already"),
		)
		with self.nothing_written():
			for doc, says in cases:
				with self.subTest(says):
					self.assert_refused(
						hours(manager(), "preview_calendar", doc=doc), says, "CalendarRefused"
					)
			answer = hours(manager(), "preview_calendar", doc=self.draft(), week_of="someday")
			self.assert_refused(answer, "someday is not a date", "CalendarRefused")

	def test_forged_years_are_not_worked_out(self) -> None:
		said = hours(agent(), "preview_calendar", doc=self.draft(first_year=-5, last_year=10**7))
		self.assert_ok(said)

	def test_customers_and_guests_are_refused(self) -> None:
		_company, portal, _ticket = self.ticket()
		for who in (portal, Portal()):
			for action, arguments in (
				("preview_calendar", {"doc": self.draft()}),
				("countries", {}),
				("subdivisions", {"country": "PT"}),
			):
				with self.subTest(who.user, action=action):
					self.assertEqual(403, hours(who, action, **arguments).status)
		self.assertIn("PT", self.assert_ok(hours(agent(), "countries")).value)
		self.assertIn("CA", self.assert_ok(hours(agent(), "subdivisions", country="US")).value)
		self.assertEqual([], self.assert_ok(hours(agent(), "subdivisions", country="Atlantis")).value)
