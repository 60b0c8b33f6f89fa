"""A quote is the charge, done and undone: what a customer is told before he sends is what happens when he does."""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, agent

QUOTE = "support_credits.api.customer.quote"
TICKET = "support_credits.api.customer.ticket"


class QuoteCase(HttpTestCase):
	def quote(self, who: Portal, **arguments: object) -> dict[str, object]:
		with self.nothing_written():
			return self.assert_ok(who.call(QUOTE, **arguments)).value

	def assert_comes_true(self, who: Portal, said: dict[str, object], **fields: object) -> Answer:
		"""The ticket that is sent now costs what was quoted, from the same lots, due at the same time."""
		answer = self.assert_ok(who.new(**fields))
		card = self.assert_ok(who.call(TICKET, ticket=answer.ticket)).value
		for field in ("state", "credits", "lots", "tier"):
			self.assertEqual(said[field], card[field], field)
		self.assertEqual(said["balance_after"], card["balance"])
		look_again()
		self.assertEqual(said["severity"], make.incident_of(answer.ticket).severity or None)
		self.assertEqual(bool(said["due"]), bool(card["due"]))
		if said["due"]:  # to the minutes between the two
			quoted, due = (datetime.fromisoformat(one["due"]["due"]) for one in (said, card))
			self.assertLess(abs(due - quoted), timedelta(minutes=2))
		return answer


class TestWhatItWillCost(QuoteCase):
	def test_a_ticket_that_can_be_paid_names_the_lots_in_the_order_of_spending(self) -> None:
		tier = make.tier(credits_per_incident=3)
		company = self.company(2, tier=tier)
		first = self.grant(company.account, 2, months=1)
		portal = Portal(company.person)
		said = self.quote(portal)
		self.assertEqual(
			("Charged", 3, 4, 1), tuple(said[key] for key in ("state", "credits", "balance", "balance_after"))
		)
		self.assertEqual(
			[(first, 2), (f"{company.account}-L000001", 1)],
			[(part["lot"], part["credits"]) for part in said["lots"]],
		)
		self.assertIsNotNone(said["lots"][0]["expires_on"])
		self.assertIsNone(said["lots"][1]["expires_on"])
		self.assertEqual("This ticket will cost 3 credit(s). Credits left after it: 1.", said["message"])
		self.assertEqual([], said["ways"])
		self.assert_comes_true(portal, said)

	def test_without_credits_it_says_why_and_how_to_go_on(self) -> None:
		company = self.company(0)
		with self.site_settings(
			documentation_url="https://example.com/docs", community_url="", buy_url="/shop"
		):
			portal = Portal(company.person)
			said = self.quote(portal)
			self.assertEqual(("Refused", False, 0), (said["state"], said["accepted"], said["credits"]))
			self.assertEqual("This ticket needs 1 credit(s) and your balance is 0.", said["message"])
			ways = {way["name"]: way["url"] for way in said["ways"]}
			self.assertEqual("/shop", ways["buy"])
			self.assertIn("redeem", ways)
			self.assertEqual(["https://example.com/docs"], [link["url"] for link in said["reading"]])
			with self.nothing_written():
				self.assert_refused(portal.new(), "this ticket needs 1 and your balance is 0")

	def test_where_the_provider_lets_him_wait_it_says_so_and_so_it_happens(self) -> None:
		company = self.company(0, portal_policy="Park")
		portal = Portal(company.person)
		said = self.quote(portal)
		self.assertEqual(("Parked", True, 0), (said["state"], said["accepted"], said["credits"]))
		self.assertEqual("This ticket would wait for credits: your balance is 0.", said["message"])
		self.assertTrue(said["ways"])
		self.assert_comes_true(portal, said)

	def test_an_overdraft_is_quoted_with_the_balance_below_zero(self) -> None:
		company = self.company(0, portal_policy="Overdraw", overdraft_limit=2)
		portal = Portal(company.person)
		said = self.quote(portal)
		self.assertEqual(("Overdrawn", 1, -1), (said["state"], said["credits"], said["balance_after"]))
		self.assert_comes_true(portal, said)

	def test_best_effort_costs_nothing_and_says_what_it_is(self) -> None:
		company = self.company(0, portal_policy="Best effort")
		portal = Portal(company.person)
		said = self.quote(portal)
		self.assertEqual(("Best effort", 0), (said["state"], said["credits"]))
		self.assertIn("answered as time allows", said["message"])
		self.assert_comes_true(portal, said)

	def test_shortly_after_a_deployment_it_is_free_and_says_why(self) -> None:
		make.exemption_reason(who="System", automatic="Deployment", label=make.unique("New installation"))
		company = self.company(1)
		make.deployment(company.name, days_ago=2)
		publish()
		portal = Portal(company.person)
		said = self.quote(portal)
		self.assertEqual(("Exempt", 0), (said["state"], said["credits"]))
		self.assert_comes_true(portal, said)

	def test_it_says_by_when_it_will_be_answered_and_why(self) -> None:
		calendar = make.support_calendar(make.hours("00:00", "24:00"), zone="Europe/Lisbon")
		company = self.company(
			1, tier=make.tier(calendar=calendar, promise_value=2, promise_unit="business days")
		)
		portal = Portal(company.person)
		said = self.quote(portal)
		self.assertRegex(said["due"]["due"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$")
		self.assertIn("2 business days", said["due"]["why"])
		self.assert_comes_true(portal, said)

	def test_the_priority_he_chooses_counts_up_to_what_his_tier_allows(self) -> None:
		urgent = make.hours("00:00", "24:00", "saturday", "sunday", *make.WORKDAYS, from_severity="Urgent")
		calendar = make.support_calendar(make.hours("10:00", "10:01", "wednesday"), urgent)
		modest = make.tier(calendar=calendar, promise_unit="covered hours", promise_value=1)
		trusted = make.tier(
			calendar=calendar, promise_unit="covered hours", promise_value=1, customer_severity="Urgent"
		)
		for tier, severity in ((modest, None), (trusted, "Urgent")):
			with self.subTest(tier=tier):
				portal = Portal(self.company(1, tier=tier).person)
				plain, said = self.quote(portal), self.quote(portal, priority="Urgent")
				if severity:
					self.assertEqual(severity, said["severity"])
					self.assertLess(said["due"]["due"], plain["due"]["due"])
				else:
					self.assertEqual(plain["severity"], said["severity"])
					first, second = (datetime.fromisoformat(one["due"]["due"]) for one in (plain, said))
					self.assertLess(abs(second - first), timedelta(minutes=2))

	def test_a_type_of_tickets_that_has_a_priority_counts_as_the_host_counts_it(self) -> None:
		urgent = make.hours("00:00", "24:00", "saturday", "sunday", *make.WORKDAYS, from_severity="Urgent")
		calendar = make.support_calendar(make.hours("10:00", "10:01", "wednesday"), urgent)
		promise = {"promise_unit": "covered hours", "promise_value": 1, "customer_severity": "Urgent"}
		portal = Portal(self.company(2, tier=make.tier(calendar=calendar, **promise)).person)
		kind = frappe.get_doc(
			{"doctype": "HD Ticket Type", "name": make.unique("Outage"), "priority": "Urgent"}
		)
		kind.insert(ignore_permissions=True)
		publish()
		said = self.quote(portal, ticket_type=kind.name)
		self.assertEqual("Urgent", said["severity"])
		self.assert_comes_true(portal, said, ticket_type=kind.name)
		with self.host_settings(default_ticket_type=kind.name):
			self.assertEqual("Urgent", self.quote(portal)["severity"])

	def test_a_priority_that_does_not_exist_is_as_none(self) -> None:
		portal = Portal(self.company(1).person)
		self.assertEqual("Charged", self.quote(portal, priority="<b>Now</b>")["state"])


class TestWhoPays(QuoteCase):
	def two(self) -> tuple[Company, Company, Portal]:
		one, other = self.company(1), self.company(2)
		make.add_member(other.name, one.person)
		publish()
		return one, other, Portal(one.person)

	def test_a_member_of_two_customers_is_asked_which_one_it_is_for(self) -> None:
		one, other, portal = self.two()
		said = self.quote(portal)
		self.assertEqual({one.name, other.name}, set(said["choose"]))
		self.assertEqual(("", "Choose the customer this ticket is for."), (said["state"], said["message"]))
		said = self.quote(portal, customer=other.name)
		self.assertEqual((other.name, 2), (said["customer"], said["balance"]))
		self.assert_comes_true(portal, said, customer=other.name)

	def test_another_customers_credits_are_nobody_elses_business(self) -> None:
		mine, other = self.company(1), self.company(5)
		portal = Portal(mine.person)
		for name in (other.name, "No Such Company"):
			with self.nothing_written():
				answer = portal.call(QUOTE, customer=name)
				self.assert_refused(answer, f"You are not a member of {name}.", "NotMember", 403)

	def test_who_has_no_account_is_told_nothing_and_pays_nothing(self) -> None:
		person = make.portal_user()
		make.customer(person)
		publish()
		said = self.quote(Portal(person))
		self.assertEqual(("", False, 0), (said["state"], said["accepted"], said["credits"]))

	def test_where_everyone_must_have_credits_he_is_told_that_he_has_none(self) -> None:
		person = make.portal_user()
		make.customer(person)
		publish()
		with self.site_settings(everyone_must_have_credits=1):
			said = self.quote(Portal(person))
			self.assertEqual(("Refused", 0), (said["state"], said["balance"]))

	def test_a_person_without_a_customer_is_told_nothing(self) -> None:
		person = make.portal_user()
		publish()
		self.assertEqual(("", []), tuple(self.quote(Portal(person))[key] for key in ("state", "choose")))

	def test_an_agent_is_told_what_a_ticket_of_any_customer_would_cost(self) -> None:
		company = self.company(1)
		said = self.quote(agent(), customer=company.name)
		self.assertEqual(("Charged", 1, company.name), (said["state"], said["credits"], said["customer"]))
		self.assertEqual("", self.quote(agent())["state"])

	def test_a_guest_is_told_to_log_in(self) -> None:
		with self.nothing_written():
			self.assert_refused(Portal().call(QUOTE), "Login to access", "PermissionError", 403)
