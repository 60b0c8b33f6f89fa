"""Requests that are no incidents, over HTTP: who may ask, and what becomes of it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import frappe
from frappe.utils import now_datetime

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import Portal, agent
from support_credits.tests.services_case import ASKED, GUEST, REQUEST, SAID, ServicesCase, address


class TestPeople(ServicesCase):
	def test_a_customers_request_costs_nothing_and_is_marked(self) -> None:
		company = self.company(2)
		ticket = self.asked(Portal(company.person))
		self.assert_incident(
			ticket, "Not chargeable", 0, door="services", customer=company.name, message=SAID
		)
		self.assertEqual([("Grant", 2)], kinds(company.account))
		self.assertEqual(company.person.email, value(ticket, "raised_by"))
		self.assertEqual("Professional services: Move our mail server", value(ticket, "subject"))

	def test_without_credits_it_is_not_refused_and_does_not_wait(self) -> None:
		for policy in ("Refuse", "Park", "Overdraw"):
			with self.subTest(policy):
				company = self.company(0, portal_policy=policy, overdraft_limit=3)
				self.assert_incident(self.asked(Portal(company.person)), "Not chargeable", 0)
				self.assertEqual([], kinds(company.account))

	def test_it_waits_behind_no_ticket_and_releases_none(self) -> None:
		company = self.company(0, portal_policy="Park")
		portal = Portal(company.person)
		waiting = self.assert_ok(portal.new()).ticket
		self.assert_incident(self.asked(portal), "Not chargeable", 0)
		self.assert_incident(waiting, "Parked", 0)

	def test_no_tier_promises_it_anything(self) -> None:
		tier = make.tier(calendar=make.support_calendar(), promise_unit="covered hours")
		company = self.company(1, tier=tier)
		ticket = self.asked(Portal(company.person))
		incident = self.assert_incident(ticket, "Not chargeable", 0)
		self.assertEqual(("", None, None), (incident.due_at_utc or "", incident.calendar, incident.agreement))
		self.assertFalse(value(ticket, "sc_severity"))
		ordinary = self.assert_ok(Portal(company.person).new()).ticket
		self.assertTrue(make.incident_of(ordinary).due_at_utc)

	def test_charged_as_an_incident_after_all_it_is_to_be_answered_from_then_on(self) -> None:
		tier = make.tier(
			calendar=make.support_calendar(make.hours("00:00", "24:00", *make.WORKDAYS, "saturday", "sunday"))
		)
		company = self.company(1, tier=tier)
		ticket = self.asked(Portal(company.person))
		asked_on = now_datetime() - timedelta(hours=9)
		frappe.db.set_value("HD Ticket", ticket, "first_responded_on", asked_on, update_modified=False)
		publish()
		self.assert_ok(agent().incident("charge", ticket=ticket))
		incident = self.assert_incident(ticket, "Charged", 1)
		self.assertTrue(incident.due_at_utc)
		self.assertIsNone(value(ticket, "first_responded_on"))
		self.assertGreater(value(ticket, "service_level_agreement_creation"), asked_on + timedelta(hours=8))
		card = self.assert_ok(
			Portal(company.person).call("support_credits.api.customer.ticket", ticket=ticket)
		).value
		self.assertIsNone(card["responded_at"])

	def test_his_own_words_and_the_pack_are_what_agents_read(self) -> None:
		company, pack = self.company(0), make.pack(on_sale=1)
		publish()
		self.addCleanup(self.off_sale, pack)
		ticket = self.asked(Portal(company.person), kind="buy", pack=pack)
		self.assertEqual("Buy credits: Move our mail server", value(ticket, "subject"))
		said = self.message_of(ticket)
		self.assertIn(f"Pack: {pack.upper()} ({pack})", said)
		self.assertIn("One <b>old</b>.", said)

	def test_a_member_of_two_customers_says_for_which_he_asks(self) -> None:
		one, other = self.company(1), self.company(1)
		make.add_member(other.name, one.person)
		publish()
		portal = Portal(one.person)
		with self.nothing_written():
			answer = self.ask(portal)
			self.assert_refused(answer, "Say for which customer you ask", "NotMember", 403)
		ticket = self.asked(portal, customer=other.name)
		self.assert_incident(ticket, "Not chargeable", 0, customer=other.name)

	def test_nobody_asks_for_a_customer_he_is_no_member_of(self) -> None:
		mine, other = self.company(1), self.company(1)
		with self.nothing_written():
			answer = self.ask(Portal(mine.person), customer=other.name)
			self.assert_refused(answer, "You are not a member of", "NotMember", 403)

	def test_an_agent_asks_as_himself_or_for_a_customer(self) -> None:
		company = self.company(1)
		self.assert_incident(self.asked(agent()), "Not chargeable", 0, customer=None)
		ticket = self.asked(agent(), customer=company.name)
		self.assert_incident(ticket, "Not chargeable", 0, customer=company.name)
		self.assert_balance(company.account, 1)
		with self.nothing_written():
			self.assert_refused(
				self.ask(agent(), customer="Nobody"), "There is no customer", "SupportCreditsError"
			)

	def test_of_a_customer_without_an_account_it_is_left_alone(self) -> None:
		someone = make.portal_user("free")
		make.customer(someone, label="Free")
		publish()
		self.assert_untouched(self.asked(Portal(someone)))

	def test_where_everyone_must_have_credits_it_is_not_charged_either(self) -> None:
		someone = make.portal_user("free")
		name = make.customer(someone, label="Free")
		publish()
		self.everyone(1)
		self.addCleanup(self.everyone, 0)
		self.assert_incident(self.asked(Portal(someone)), "Not chargeable", 0, customer=name)


class TestGuests(ServicesCase):
	def test_a_guests_request_is_a_ticket_of_the_address_he_gives(self) -> None:
		self.company(1)  # somebody has an account: the site sells
		ticket = self.asked(self.guest)
		self.assert_incident(ticket, "Not chargeable", 0, customer=None, account=None, door="services")
		self.assertEqual(GUEST["email"], value(ticket, "raised_by"))
		said = self.message_of(ticket)
		self.assertIn("From Rui Costa, rui@nowhere.example. Sent without a login", said)
		self.assertIn("By March.", said)
		sender = frappe.db.get_value(
			"Communication", {"reference_name": ticket}, ["sender", "sent_or_received"]
		)
		self.assertEqual((GUEST["email"], "Received"), sender)

	def test_it_is_told_no_address_to_look_at(self) -> None:
		self.assertEqual("", self.assert_ok(self.ask(self.guest)).value["url"])

	def test_giving_a_customers_address_spends_and_touches_nothing_of_his(self) -> None:
		for credits in (1, 0):
			company = self.company(credits)
			with self.subTest(credits=credits):
				ticket = self.asked(self.guest, email=company.person.email)
				self.assert_incident(ticket, "Not chargeable", 0, customer=None, account=None)
				self.assertIsNone(value(ticket, "customer"))
				self.assertEqual([("Grant", 1)][:credits], kinds(company.account))

	def test_a_guest_who_gives_the_address_of_a_free_customer_is_left_alone(self) -> None:
		self.company(1)
		someone = make.portal_user("free")
		name = make.customer(someone, label="Free")
		publish()
		ticket = self.asked(self.guest, email=someone.email)
		self.assert_untouched(ticket)
		self.assertEqual(name, value(ticket, "customer"))

	def test_where_everyone_must_have_credits_a_guest_opens_no_account(self) -> None:
		someone = make.portal_user("free")
		name = make.customer(someone, label="Free")
		publish()
		self.everyone(1)
		self.addCleanup(self.everyone, 0)
		ticket = self.asked(self.guest, email=someone.email)
		self.assert_incident(ticket, "Not chargeable", 0, customer=None)
		self.assertIsNone(frappe.db.get_value("Credit Account", {"customer": name}))

	def test_an_address_of_two_customers_is_nobodys(self) -> None:
		one, other = self.company(1), self.company(1)
		make.add_member(other.name, one.person)
		publish()
		self.assert_incident(
			self.asked(self.guest, email=one.person.email), "Not chargeable", 0, customer=None
		)

	def test_a_customer_he_names_is_not_taken(self) -> None:
		company = self.company(1)
		self.assertIsNone(value(self.asked(self.guest, customer=company.name), "customer"))

	def test_who_he_is_must_be_said(self) -> None:
		wrong = (
			({"name": ""}, "the name is missing"),
			({"name": "   "}, "the name is missing"),
			({"email": ""}, "is not an e-mail address"),
			({"email": "rui"}, "rui is not an e-mail address"),
			({"email": "a@b.example, c@d.example"}, "is not an e-mail address"),
			({"email": "<img src=x>@b.example"}, "is not an e-mail address"),
		)
		for fields, said in wrong:
			with self.subTest(**fields), self.nothing_written():
				self.assert_refused(self.ask(self.guest, **fields), said, "SupportCreditsError")

	def test_what_a_machine_fills_in_is_refused(self) -> None:
		with self.nothing_written():
			answer = self.ask(self.guest, website="https://spam.example")
			self.assert_refused(answer, "Leave the field for a website empty", "SupportCreditsError")

	def test_the_sixth_in_an_hour_from_one_address_is_refused(self) -> None:
		here = address()
		with make.rate_factor(1):
			for _number in range(5):
				self.assert_ok(self.ask(self.guest, here))
			with self.nothing_written():
				self.assert_refused(self.ask(self.guest, here), "rate limit", "RateLimitExceededError", 429)
			self.assert_ok(self.ask(self.guest))

	def test_what_was_refused_does_not_count(self) -> None:
		here = address()
		with make.rate_factor(1):
			for _number in range(7):
				self.assertEqual(417, self.ask(self.guest, here, subject="").status)
			self.assert_ok(self.ask(self.guest, here))

	def test_whoever_is_known_may_ask_more_often_and_is_counted_by_himself(self) -> None:
		here, portal = address(), Portal(self.company(1).person)
		with make.rate_factor(1):
			for _number in range(6):
				self.assert_ok(self.ask(portal, here))
			self.assert_ok(self.ask(self.guest, here))

	def test_no_mail_goes_to_an_address_nobody_has_proved(self) -> None:
		with self.site_settings("HD Settings", send_acknowledgement_email=1):
			before = frappe.db.count("Email Queue")
			self.asked(self.guest)
			look_again()
			self.assertEqual(before, frappe.db.count("Email Queue"))


class TestRefusals(ServicesCase):
	def test_each_says_what_is_missing_and_nothing_is_written(self) -> None:
		portal = Portal(self.company(1).person)
		wrong = (
			({"subject": ""}, "the subject is missing"),
			({"subject": " \n "}, "the subject is missing"),
			({"subject": "x" * 101}, "The subject is too long"),
			({"subject": "<script>x</script>"}, "cannot hold HTML"),
			({"details": ""}, "the details are missing"),
			({"details": "x" * 10_001}, "The text is too long"),
			({"details": "a\0b"}, "cannot be stored"),
			({"kind": "incident"}, "incident cannot be asked for. Choose one of: services, buy, emergency."),
			({"kind": "Services"}, "cannot be asked for"),
			({"pack": "NO-SUCH-PACK"}, "Pack NO-SUCH-PACK is not on sale."),
			({"pack": make.pack(on_sale=0)}, "is not on sale"),
		)
		publish()
		by_the_host = ("The subject is too long", "cannot hold HTML")
		for who, (fields, said) in itertools.product((portal, self.guest), wrong):
			shown = {key: str(text)[:20] for key, text in fields.items()}
			error = "ValidationError" if said in by_the_host else "SupportCreditsError"
			with self.subTest(who.user, **shown), self.nothing_written():
				self.assert_refused(self.ask(who, **fields), said, error)

	def test_a_link_opens_nothing(self) -> None:
		portal = Portal(self.company(1).person)
		with self.nothing_written():
			for who in (self.guest, portal):
				url = f"{who.url}/api/method/{REQUEST}"
				self.assertEqual(403, who.http.get(url, params={**ASKED, **GUEST}, timeout=60).status_code)
