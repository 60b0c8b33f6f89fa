"""What a customer sees of his credits: his own and nobody else's, each figure as the ledger has it."""

from __future__ import annotations

import csv
import io
import shutil

import frappe

from support_credits.api import statement
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import pages, queries
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Portal, agent

API = "support_credits.api."


class CustomerCase(HttpTestCase):
	def ask(self, who: Portal, endpoint: str, **arguments: object) -> dict[str, object]:
		with self.nothing_written():
			return self.assert_ok(who.call(f"{API}{endpoint}", **arguments)).value

	def colleague(self, company: make.Company, is_manager: bool = False) -> Portal:
		someone = make.portal_user("colleague")
		make.add_member(company.name, someone, is_manager)
		publish()
		return Portal(someone)


class TestBalance(CustomerCase):
	def test_each_customer_of_his_with_an_account_is_a_row(self) -> None:
		one, other = self.company(2), self.company(0, portal_policy="Park")
		make.add_member(other.name, one.person, is_manager=True)
		free = make.customer(one.person)
		self.grant(one.account, 1, months=1)
		portal = Portal(one.person)
		self.assert_ok(portal.new(customer=other.name))
		found = {row["customer"]: row for row in self.ask(portal, "customer.balance")["customers"]}
		self.assertEqual({one.name, other.name}, set(found))
		self.assertNotIn(free, found)
		self.assertEqual(
			(3, False, 0), tuple(found[one.name][key] for key in ("balance", "may_act", "waiting"))
		)
		self.assertEqual(
			(0, True, 1), tuple(found[other.name][key] for key in ("balance", "may_act", "waiting"))
		)
		self.assertEqual(1, found[one.name]["next_expiry"]["credits"])
		self.assertIsNone(found[other.name]["next_expiry"])

	def test_who_has_no_account_and_an_agent_have_none(self) -> None:
		person = make.portal_user()
		publish()
		for who in (Portal(person), agent()):
			self.assertEqual([], self.ask(who, "customer.balance")["customers"])

	def test_with_the_setting_every_member_may_act(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		with self.site_settings(members_may_act=1):
			self.assertTrue(self.ask(portal, "customer.balance")["customers"][0]["may_act"])
		self.assertFalse(self.ask(portal, "customer.balance")["customers"][0]["may_act"])


class TestLotsAndOverview(CustomerCase):
	def test_lots_come_in_the_order_in_which_they_are_spent(self) -> None:
		company = self.company(1)
		pack = make.pack(credits=4, validity_months=2)
		late, soon = (
			self.grant(company.account, 2, months=3),
			self.grant(company.account, 2, months=1, pack=pack),
		)
		said = self.ask(Portal(company.person), "customer.lots")
		self.assertEqual([soon, late, f"{company.account}-L000001"], [lot["lot"] for lot in said["lots"]])
		self.assertEqual(frappe.db.get_value("Credit Pack", pack, "pack_name"), said["lots"][0]["pack_name"])
		self.assertEqual(5, said["balance"])

	def test_the_overview_agrees_with_the_ledger(self) -> None:
		company = self.company(3, tier=make.tier())
		portal = Portal(company.person)
		self.assert_ok(portal.new())
		said = self.ask(portal, "customer.overview")
		look_again()
		self.assertEqual(queries.balance(company.account), said["balance"])
		self.assertEqual([0, 3, 2], [point["balance"] for point in said["chart"]["points"]])
		self.assertEqual(("1.0", 30), (said["runway"]["credits_a_month"], said["runway"]["days"]))
		self.assertTrue(said["runway"]["tiers"])
		self.assertTrue(all(set(tier) >= {"lasts_until", "promise_text"} for tier in said["runway"]["tiers"]))

	def test_a_colleagues_ticket_is_listed_and_its_subject_is_not_shown(self) -> None:
		company = self.company(0, portal_policy="Park")
		self.assert_ok(Portal(company.person).new(subject="A secret of mine"))
		member, manager = self.colleague(company), self.colleague(company, is_manager=True)
		self.assertEqual([""], [row["subject"] for row in self.ask(member, "customer.overview")["waiting"]])
		self.assertEqual(
			["A secret of mine"],
			[row["subject"] for row in self.ask(manager, "customer.overview")["waiting"]],
		)

	def test_another_customers_page_is_refused_with_the_same_words_as_one_that_does_not_exist(self) -> None:
		mine, other = self.company(1), self.company(1)
		portal = Portal(mine.person)
		for endpoint in ("customer.overview", "customer.lots", "statement.page", "proposals.listed"):
			for name in (other.name, "No Such Company"):
				with self.subTest(endpoint, name=name), self.nothing_written():
					answer = portal.call(f"{API}{endpoint}", customer=name)
					self.assert_refused(answer, f"You are not a member of {name}.", "NotMember", 403)

	def test_a_customer_without_an_account_is_told_that_nothing_is_charged(self) -> None:
		person = make.portal_user()
		name = make.customer(person)
		publish()
		answer = Portal(person).call(f"{API}customer.overview", customer=name)
		self.assert_refused(
			answer, f"{name} has no credits: its tickets are not charged.", "SupportCreditsError"
		)

	def test_who_has_two_must_say_which(self) -> None:
		one, other = self.company(1), self.company(1)
		make.add_member(other.name, one.person)
		publish()
		answer = Portal(one.person).call(f"{API}customer.overview")
		self.assert_refused(answer, "Say which customer you mean.", "NotMember", 403)

	def test_agents_read_every_account(self) -> None:
		company = self.company(2)
		self.assertEqual(2, self.ask(agent(), "customer.overview", customer=company.name)["balance"])


class TestStatement(CustomerCase):
	def test_pages_by_key_hold_every_change_once_with_the_running_balance(self) -> None:
		company = self.company(9)
		portal = Portal(company.person)
		tickets = [self.assert_ok(portal.new()).ticket for _number in range(4)]
		rows, after = [], ""
		while True:
			page = self.ask(portal, "statement.page", after=after, limit=2)
			rows += page["rows"]
			after = page["next"]
			if not after:
				break
		self.assertEqual([5, 6, 7, 8, 9], [row["balance"] for row in rows])
		self.assertEqual([*reversed(tickets), ""], [row["ticket"] for row in rows])
		look_again()
		self.assertEqual(queries.statement(company.account).digest, page["digest"])
		self.assertEqual(5, page["seq"])

	def test_filters_take_kinds_and_days_and_refuse_what_is_neither(self) -> None:
		company = self.company(2)
		portal = Portal(company.person)
		self.assert_ok(portal.new())
		self.assertEqual(
			["Charge"], [row["kind"] for row in self.ask(portal, "statement.page", kind="Charge")["rows"]]
		)
		self.assertEqual([], self.ask(portal, "statement.page", until="2020-01-01")["rows"])
		self.assertEqual([], self.ask(portal, "statement.page", since="2100-01-01")["rows"])
		for bad, text in (
			({"kind": "Theft"}, "Theft is not a kind of change. Known are: Grant, Charge"),
			({"since": "yesterday-ish"}, "yesterday-ish is not a day. Write it as 2026-11-22."),
			({"until": "9999-12-31"}, "9999-12-31 is not a day."),
			({"after": "1~2~3"}, "This is not a page of a statement. Start from its first page."),
		):
			with self.subTest(bad), self.nothing_written():
				answer = portal.call(f"{API}statement.page", **bad)
				self.assertEqual(417, answer.status, answer)
				self.assertIn(text, answer.messages)

	def test_a_page_of_a_time_to_come_is_refused(self) -> None:
		company = self.company(2)
		made_up = "2099-01-01T00:00:00.000000Z~99~9~1000~2099-01-01T00:00:00.000000Z~99~x"
		answer = Portal(company.person).call(f"{API}statement.page", after=made_up)
		self.assert_refused(answer, "This is not a page of a statement", "SupportCreditsError")

	def test_the_csv_file_holds_every_change_oldest_first_and_the_digest(self) -> None:
		company = self.company(3)
		portal = Portal(company.person)
		self.assert_ok(portal.new(subject='=HYPERLINK("http://evil.example","x")'))
		answer = portal.request("GET", f"/api/method/{API}statement.download?format=csv")
		self.assertEqual(200, answer.status, answer)
		self.assertIn("attachment", answer.headers["Content-Disposition"])
		rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
		head = dict(row for row in rows if len(row) == 2)
		look_again()
		self.assertEqual(queries.statement(company.account).digest, head["Digest"])
		self.assertEqual(("0", "2"), (head["Balance before"], head["Balance after"]))
		lines = [row for row in rows if len(row) == 10][1:]
		self.assertEqual([("3", "3"), ("-1", "2")], [(line[2], line[3]) for line in lines])
		self.assertTrue(lines[1][6].startswith("'="), lines[1])

	def test_the_pdf_file_is_one_and_where_none_can_be_made_the_csv_is_offered(self) -> None:
		company = self.company(3)
		answer = Portal(company.person).request("GET", f"/api/method/{API}statement.download?format=pdf")
		if shutil.which("wkhtmltopdf"):
			self.assertEqual((200, True), (answer.status, answer.text.startswith("%PDF")), answer)
		else:
			self.assert_refused(answer, "Download the CSV file instead.", "SupportCreditsError")

	def test_a_file_holds_more_than_a_page_looks_at_and_refuses_more_than_a_file_should(self) -> None:
		company = self.company(9)
		for _number in range(5):
			make.ticket(company.person)
		for patched, most in (("LOOK_MAX", 2), ("CHUNK", 2)):
			self.addCleanup(setattr, pages, patched, getattr(pages, patched))
			setattr(pages, patched, most)
		with make.acting_as(company.person):
			statement.download()
			rows = list(csv.reader(io.StringIO(frappe.response["filecontent"].decode())))
			self.assertEqual(6, sum(len(row) == 10 for row in rows) - 1)
			self.addCleanup(setattr, statement, "FILE_LINES_MAX", statement.FILE_LINES_MAX)
			statement.FILE_LINES_MAX = 3
			with self.assertRaises(SupportCreditsError) as refused:
				statement.download()
		self.assertIn(
			"There are more than 3 changes in this time. Choose a shorter one.", str(refused.exception)
		)

	def test_an_overdrawn_balance_is_a_number_in_the_sheet(self) -> None:
		company = self.company(0, portal_policy="Overdraw", overdraft_limit=3)
		portal = Portal(company.person)
		self.assert_ok(portal.new())
		answer = portal.request("GET", f"/api/method/{API}statement.download?format=csv")
		head = dict(row for row in csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))) if len(row) == 2)
		self.assertEqual("-1", head["Balance after"])

	def test_another_format_is_refused(self) -> None:
		company = self.company(3)
		answer = Portal(company.person).request("GET", f"/api/method/{API}statement.download?format=exe")
		self.assert_refused(answer, "A statement is downloaded as csv or pdf.", "SupportCreditsError")


class TestTicket(CustomerCase):
	def test_a_charged_ticket_says_what_it_cost_and_how_much_work_that_covers(self) -> None:
		company = self.company(2)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		log = {"doctype": "Work Log", "ticket": ticket, "minutes": 25}
		self.assert_ok(agent().request("POST", "/api/resource/Work Log", log))
		said = self.ask(portal, "customer.ticket", ticket=ticket)
		self.assertEqual(("Charged", 1, 1), (said["state"], said["credits"], said["balance"]))
		self.assertEqual({"used": 25, "covered": 60}, said["minutes"])
		self.assertEqual([], said["proposals"])

	def test_work_belongs_to_the_incident_it_was_done_for(self) -> None:
		"""A ticket reopened late is a new one, with minutes of its own."""
		company = self.company(2)
		ticket = str(make.ticket(company.person).name)
		log = frappe.get_doc({"doctype": "Work Log", "ticket": ticket, "minutes": 55}).insert()
		self.assertEqual(make.incident_of(ticket).name, log.incident)
		frappe.db.set_value("Work Log", log.name, "incident", "an earlier one")
		publish()
		said = self.ask(Portal(company.person), "customer.ticket", ticket=ticket)
		self.assertEqual({"used": 0, "covered": 60}, said["minutes"])

	def test_an_exempt_ticket_says_why_and_a_parked_one_how_to_go_on(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		reason = make.exemption_reason(label="Our own bug", takes_url=1)
		publish()
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason, url="https://example.com/42"))
		said = self.ask(portal, "customer.ticket", ticket=ticket)
		self.assertEqual(("Exempt", 0, "Our own bug"), (said["state"], said["credits"], said["exemption"]))
		self.assertEqual("https://example.com/42", said["exemption_url"])
		waits = self.company(0, portal_policy="Park")
		portal = Portal(waits.person)
		said = self.ask(portal, "customer.ticket", ticket=self.assert_ok(portal.new()).ticket)
		self.assertEqual(("Parked", None), (said["state"], said["minutes"]))
		self.assertTrue(said["ways"])

	def test_a_ticket_without_credits_says_that_they_play_no_part(self) -> None:
		person = make.portal_user()
		make.customer(person)
		publish()
		portal = Portal(person)
		said = self.ask(portal, "customer.ticket", ticket=self.assert_ok(portal.new()).ticket)
		self.assertEqual(
			("", 0, None, None), tuple(said[key] for key in ("state", "credits", "due", "balance"))
		)

	def test_somebody_elses_ticket_is_refused_whether_or_not_it_exists(self) -> None:
		company, other = self.company(1), self.company(1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		for number in (ticket, "999999999"):
			with self.nothing_written():
				answer = Portal(other.person).call(f"{API}customer.ticket", ticket=number)
				self.assert_refused(answer, f"You have no access to ticket {number}.", "PermissionError", 403)

	def test_work_cannot_be_logged_by_a_customer_nor_for_no_time(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		log = {"doctype": "Work Log", "ticket": ticket, "minutes": 25}
		with self.nothing_written():
			self.assertEqual(403, portal.request("POST", "/api/resource/Work Log", log).status)
		for minutes in (0, -5, 2000):
			answer = agent().request("POST", "/api/resource/Work Log", {**log, "minutes": minutes})
			self.assertEqual(417, answer.status, answer)
		self.assertEqual(0, frappe.db.count("Work Log", {"ticket": ticket}))
