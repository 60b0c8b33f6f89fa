"""A new ticket over HTTP, through every door: charged, refused, parked, overdrawn, best effort, or none of it."""

from __future__ import annotations

from collections.abc import Callable

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Answer, Portal, agent

DOORS: dict[str, Callable[[Portal], Answer]] = {
	"portal page": Portal.new,
	"REST": Portal.rest,
	"REST v2": Portal.rest_v2,
	"frappe.client": Portal.client_insert,
}
BALANCE_ZERO = "this ticket needs 1 and your balance is 0"


class TestCustomersDoors(HttpTestCase):
	def test_a_ticket_takes_one_credit_at_every_door_of_a_customer(self) -> None:
		company = self.company(len(DOORS))
		portal = Portal(company.person)
		for number, (door, post) in enumerate(DOORS.items(), 1):
			with self.subTest(door):
				ticket = self.assert_ok(post(portal)).ticket
				self.assert_incident(ticket, "Charged", 1, customer=company.name, account=company.account)
				self.assertEqual(company.name, value(ticket, "customer"))
				self.assert_balance(company.account, len(DOORS) - number)
		self.assertEqual([("Grant", 4)] + [("Charge", -1)] * 4, kinds(company.account))

	def test_without_a_credit_every_door_refuses_and_nothing_is_left_behind(self) -> None:
		company = self.company(0)
		portal = Portal(company.person)
		for door, post in DOORS.items():
			with self.subTest(door), self.nothing_written():
				self.assert_refused(post(portal), BALANCE_ZERO)

	def test_the_third_ticket_on_two_credits_is_refused_and_a_grant_opens_the_door_again(self) -> None:
		company = self.company(2)
		portal = Portal(company.person)
		for _number in range(2):
			self.assert_ok(portal.new())
		with self.nothing_written():
			self.assert_refused(portal.new(), BALANCE_ZERO)
		self.grant(company.account, 1)
		self.assert_ok(portal.new())
		self.assert_balance(company.account, 0)

	def test_a_refused_ticket_leaves_no_gap_in_the_numbers(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		first = self.assert_ok(portal.new()).ticket
		self.assert_refused(portal.new(), BALANCE_ZERO)
		self.grant(company.account, 1)
		self.assertEqual(int(first) + 1, int(self.assert_ok(portal.new()).ticket))

	def test_a_refusal_names_what_expired_lately_and_links_the_ways_on(self) -> None:
		company = self.company(0)
		make.expired_credits(company.account, 3)
		publish()
		links = {
			"buy_url": "https://example.com/buy",
			"redeem_url": "https://example.com/redeem",
			"emergency_url": "https://example.com/now",
			"documentation_url": "https://example.com/docs",
			"community_url": "https://example.com/forum",
		}
		with self.site_settings(**links):
			answer = Portal(company.person).new()
		self.assert_refused(answer, "Expired lately: 3, last usable on")
		for url in links.values():
			self.assertIn(f'<a href="{url}">', answer.messages)

	def test_expired_credits_buy_nothing_though_no_job_has_booked_their_end(self) -> None:
		company = self.company(0)
		make.expired_credits(company.account, 5)
		publish()
		with self.nothing_written():
			self.assert_refused(Portal(company.person).new(), BALANCE_ZERO)

	def test_the_lot_that_expires_first_pays(self) -> None:
		company = self.company(1)  # never expires
		soon = self.grant(company.account, 1, months=1)
		self.grant(company.account, 1, months=6)
		self.assert_ok(Portal(company.person).new())
		self.assertEqual(0, frappe.db.get_value("Credit Lot", soon, "remaining"))
		self.assert_balance(company.account, 2)

	def test_a_tier_sets_the_price_and_one_credit_too_few_is_refused(self) -> None:
		tier = make.tier(credits_per_incident=3)
		company = self.company(5, tier=tier)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_incident(ticket, "Charged", 3, tier=tier)
		self.assertEqual(tier.upper(), value(ticket, "sc_tier"))
		with self.nothing_written():
			self.assert_refused(portal.new(), "this ticket needs 3 and your balance is 2")

	def test_a_session_that_has_loaded_helpdesks_page_posts_with_its_token(self) -> None:
		company = self.company(2)
		portal = Portal(company.person)
		self.assertEqual(200, portal.open_page("/helpdesk/my-tickets/new").status_code)
		self.assert_ok(portal.new())
		del portal.http.headers["X-Frappe-CSRF-Token"]
		with self.nothing_written():
			self.assert_refused(portal.new(), "Invalid Request", "CSRFTokenError", 400)

	def test_a_member_of_two_companies_says_which_one_pays(self) -> None:
		one, other = self.company(1), self.company(1)
		make.add_member(other.name, one.person)
		publish()
		portal = Portal(one.person)
		with self.nothing_written():
			self.assert_refused(portal.new(), "multiple customers", "ValidationError")
		self.assert_ok(portal.new(customer=other.name))
		self.assert_balance(one.account, 1)
		self.assert_balance(other.account, 0)


class TestPolicies(HttpTestCase):
	def test_park_accepts_the_ticket_and_lets_it_wait(self) -> None:
		company = self.company(0, portal_policy="Park")
		answer = self.assert_ok(Portal(company.person).new())
		self.assert_incident(answer.ticket, "Parked")
		self.assertEqual("Waiting for credits", value(answer.ticket, "status"))
		self.assertEqual([], kinds(company.account))

	def test_park_keeps_the_order_a_later_ticket_does_not_take_what_an_earlier_one_waits_for(self) -> None:
		company = self.company(1, portal_policy="Park", tier=make.tier(credits_per_incident=2))
		portal = Portal(company.person)
		self.assert_incident(self.assert_ok(portal.new()).ticket, "Parked")
		frappe.get_doc("Credit Account", company.account).update({"tier": None}).save()
		publish()
		self.assert_incident(self.assert_ok(portal.new()).ticket, "Parked")
		self.assert_balance(company.account, 1)

	def test_overdraw_goes_to_the_limit_and_is_refused_beyond_it(self) -> None:
		company = self.company(1, portal_policy="Overdraw", overdraft_limit=2)
		portal = Portal(company.person)
		states = []
		for _number in range(3):
			ticket = self.assert_ok(portal.new()).ticket
			look_again()
			states.append(make.incident_of(ticket).state)
		self.assertEqual(["Charged", "Overdrawn", "Overdrawn"], states)
		self.assert_balance(company.account, -2)
		with self.nothing_written():
			self.assert_refused(portal.new(), "this ticket needs 1 and your balance is -2")

	def test_a_grant_repays_the_overdraft_before_it_buys_anything_new(self) -> None:
		company = self.company(0, portal_policy="Overdraw", overdraft_limit=1)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		self.grant(company.account, 1)
		self.assert_balance(company.account, 0)
		self.assertEqual("Charged", make.incident_of(ticket).state)

	def test_best_effort_accepts_the_ticket_uncharged_with_the_slowest_tier(self) -> None:
		slowest = make.tier()
		company = self.company(0, portal_policy="Best effort")
		with self.site_settings(best_effort_tier=slowest):
			ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_incident(ticket, "Best effort", 0, tier=slowest)
		self.assertEqual("Open", value(ticket, "status"))
		self.assertEqual([], kinds(company.account))

	def test_the_sites_policy_holds_where_the_customer_has_none(self) -> None:
		company, strict = self.company(0), self.company(0, portal_policy="Refuse")
		with self.site_settings(portal_policy="Park"):
			self.assert_incident(self.assert_ok(Portal(company.person).new()).ticket, "Parked")
			self.assert_refused(Portal(strict.person).new(), BALANCE_ZERO)


class TestAgentsDoor(HttpTestCase):
	def test_an_agents_ticket_for_a_customer_is_charged_to_that_customer(self) -> None:
		company = self.company(2)
		for post in (Portal.new, Portal.rest):
			ticket = self.assert_ok(post(agent(), customer=company.name)).ticket
			self.assert_incident(ticket, "Charged", 1, door="agent", account=company.account)
		self.assert_balance(company.account, 0)

	def test_without_credits_an_agents_ticket_waits_by_default(self) -> None:
		company = self.company(0)
		ticket = self.assert_ok(agent().new(customer=company.name)).ticket
		self.assert_incident(ticket, "Parked", door="agent")

	def test_an_agent_may_raise_a_ticket_in_a_customers_name(self) -> None:
		company = self.company(1)
		ticket = self.assert_ok(agent().rest(raised_by=company.person.email)).ticket
		self.assert_incident(ticket, "Charged", 1, customer=company.name)
		self.assertEqual(company.person.email, value(ticket, "raised_by"))

	def test_refusing_agents_too_is_a_setting(self) -> None:
		company = self.company(0, agent_policy="Refuse")
		with self.nothing_written():
			self.assert_refused(agent().new(customer=company.name), BALANCE_ZERO)


class TestPlainHelpdesk(HttpTestCase):
	def test_customers_without_an_account_use_helpdesk_as_if_the_app_were_not_there(self) -> None:
		someone = make.portal_user()
		name = make.customer(someone)
		publish()
		portal = Portal(someone)
		for door, post in DOORS.items():
			with self.subTest(door):
				ticket = self.assert_ok(post(portal)).ticket
				self.assert_untouched(ticket)
				self.assertEqual((name, "Open"), (value(ticket, "customer"), value(ticket, "status")))

	def test_an_agents_ticket_for_a_customer_without_an_account_is_left_alone(self) -> None:
		name = make.customer()
		publish()
		self.assert_untouched(self.assert_ok(agent().new(customer=name)).ticket)

	def test_where_everyone_must_have_credits_the_first_ticket_opens_an_account_or_is_refused(self) -> None:
		someone = make.portal_user()
		name = make.customer(someone)
		publish()
		portal = Portal(someone)
		with self.site_settings(everyone_must_have_credits=1):
			with self.nothing_written():
				self.assert_refused(portal.new(), BALANCE_ZERO)
			account = make.account(name, 1)
			publish()
			self.assert_ok(portal.new())
		self.assert_balance(account, 0)

	def test_where_everyone_must_have_credits_a_new_customer_has_an_account_at_once(self) -> None:
		with self.site_settings(everyone_must_have_credits=1):
			name = make.customer()
			self.assertTrue(frappe.db.exists("Credit Account", {"customer": name}))
