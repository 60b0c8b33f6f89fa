"""Whose ticket it is, settled later: an agent sets, corrects or clears the customer, by our API or by a save."""

from __future__ import annotations

from collections.abc import Callable

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Answer, Portal, agent


def by_our_api(ticket: str, customer: str) -> Answer:
	return agent().incident("set_customer", ticket=ticket, customer=customer)


def by_set_value(ticket: str, customer: str) -> Answer:
	return agent().set_value(ticket, "customer", customer)


def by_saving(ticket: str, customer: str) -> Answer:
	return agent().save(ticket, customer=customer)


def by_put(ticket: str, customer: str) -> Answer:
	return agent().put(ticket, customer=customer)


WAYS: tuple[Callable[[str, str], Answer], ...] = (by_our_api, by_set_value, by_saving, by_put)


class TestUnidentified(HttpTestCase):
	def stray_ticket(self) -> str:
		"""A ticket of somebody who belongs to no customer."""
		someone = make.portal_user("stray")
		publish()
		return self.assert_ok(Portal(someone).new()).ticket

	def test_a_ticket_of_nobody_known_is_accepted_uncharged_and_flagged(self) -> None:
		self.company(1)  # the site sells
		ticket = self.stray_ticket()
		self.assert_incident(ticket, "Unidentified", customer=None, account=None)
		self.assertEqual("Open", value(ticket, "status"))

	def test_it_is_charged_when_an_agent_sets_the_customer_in_any_way(self) -> None:
		for identify in WAYS:
			with self.subTest(identify.__name__):
				company = self.company(1)
				ticket = self.stray_ticket()
				self.assert_ok(identify(ticket, company.name))
				self.assert_incident(ticket, "Charged", 1, customer=company.name, account=company.account)
				self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(company.account))

	def test_setting_the_same_customer_again_charges_nothing_again(self) -> None:
		company = self.company(2)
		ticket = self.stray_ticket()
		for identify in WAYS:
			self.assert_ok(identify(ticket, company.name))
		self.assert_incident(ticket, "Charged", 1)
		self.assert_balance(company.account, 1)

	def test_identified_for_an_empty_account_it_waits_because_it_cannot_be_refused_any_more(self) -> None:
		company = self.company(0, agent_policy="Refuse")
		ticket = self.stray_ticket()
		self.assert_ok(by_our_api(ticket, company.name))
		self.assert_incident(ticket, "Parked", account=company.account)
		self.assertEqual("Waiting for credits", value(ticket, "status"))

	def test_identified_for_a_customer_without_an_account_it_is_not_enforced(self) -> None:
		self.company(1)
		name = make.customer()
		ticket = self.stray_ticket()
		publish()
		self.assert_ok(by_our_api(ticket, name))
		self.assert_incident(ticket, "Not enforced", customer=name, account=None)

	def test_a_customer_that_does_not_exist_changes_nothing(self) -> None:
		self.company(1)
		ticket = self.stray_ticket()
		with self.nothing_written():
			self.assertNotEqual(200, by_our_api(ticket, "No such company").status)
		self.assert_incident(ticket, "Unidentified")


class TestCorrected(HttpTestCase):
	def test_the_old_customer_is_refunded_and_the_new_one_charged(self) -> None:
		for correct in WAYS:
			with self.subTest(correct.__name__):
				old, new = self.company(1), self.company(1)
				ticket = self.assert_ok(Portal(old.person).new()).ticket
				self.assert_ok(correct(ticket, new.name))
				self.assert_incident(ticket, "Charged", 1, customer=new.name, account=new.account)
				self.assertEqual([("Grant", 1), ("Charge", -1), ("Refund", 1)], kinds(old.account))
				self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(new.account))

	def test_corrected_back_and_forth_each_pays_only_while_it_is_his(self) -> None:
		one, other = self.company(1), self.company(1)
		ticket = self.assert_ok(Portal(one.person).new()).ticket
		for owner in (other, one, other, one):
			self.assert_ok(by_our_api(ticket, owner.name))
			self.assert_incident(ticket, "Charged", 1, customer=owner.name)
		self.assert_balance(one.account, 0)
		self.assert_balance(other.account, 1)

	def test_corrected_to_a_customer_without_credits_it_waits_and_the_old_one_has_his_back(self) -> None:
		old, new = self.company(1), self.company(0)
		ticket = self.assert_ok(Portal(old.person).new()).ticket
		self.assert_ok(by_our_api(ticket, new.name))
		self.assert_incident(ticket, "Parked", account=new.account)
		self.assertEqual("Waiting for credits", value(ticket, "status"))
		self.assert_balance(old.account, 1)

	def test_a_waiting_ticket_corrected_to_a_customer_with_credits_opens_and_is_charged(self) -> None:
		old, new = self.company(0, portal_policy="Park"), self.company(1)
		ticket = self.assert_ok(Portal(old.person).new()).ticket
		self.assert_ok(by_our_api(ticket, new.name))
		self.assert_incident(ticket, "Charged", 1, account=new.account)
		self.assertEqual(("Open", None), (value(ticket, "status"), value(ticket, "first_responded_on")))
		self.assertNotEqual("Paused", value(ticket, "agreement_status"))

	def test_a_waiting_ticket_that_loses_its_customer_or_gets_one_without_account_waits_no_more(self) -> None:
		free = make.customer()
		for owner in ("", free):
			with self.subTest(owner=bool(owner)):
				old = self.company(0, portal_policy="Park")
				ticket = self.assert_ok(Portal(old.person).new()).ticket
				self.assert_ok(by_our_api(ticket, owner))
				self.assert_incident(ticket, "Not enforced" if owner else "Unidentified", account=None)
				self.assertEqual(
					("Open", "Open"), (value(ticket, "status"), value(ticket, "status_category"))
				)
				self.assertIsNone(value(ticket, "first_responded_on"))

	def test_cleared_by_an_agent_the_credits_go_back_and_nobody_pays(self) -> None:
		for clear in WAYS:
			with self.subTest(clear.__name__):
				company = self.company(1)
				ticket = self.assert_ok(Portal(company.person).new()).ticket
				self.assert_ok(clear(ticket, ""))
				self.assert_incident(ticket, "Unidentified", customer=None, account=None)
				self.assert_balance(company.account, 1)

	def test_an_exempt_ticket_stays_exempt_for_whoever_owns_it(self) -> None:
		old, new = self.company(1), self.company(1)
		reason = make.exemption_reason()
		publish()
		ticket = self.assert_ok(Portal(old.person).new()).ticket
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assert_ok(by_our_api(ticket, new.name))
		self.assert_incident(ticket, "Exempt", account=new.account)
		self.assert_balance(old.account, 1)
		self.assert_balance(new.account, 1)

	def test_credits_coming_back_by_a_correction_release_what_waits_on_the_old_account(self) -> None:
		old, new = self.company(1, portal_policy="Park"), self.company(1)
		portal = Portal(old.person)
		charged = self.assert_ok(portal.new()).ticket
		waiting = self.assert_ok(portal.new()).ticket
		self.assert_ok(by_our_api(charged, new.name))
		self.assertEqual("Charged", make.incident_of(waiting).state)
		self.assert_balance(old.account, 0)

	def test_a_ticket_older_than_the_account_is_none_of_its_business(self) -> None:
		someone = make.portal_user()
		name = make.customer(someone)
		publish()
		ticket = self.assert_ok(Portal(someone).new()).ticket
		account = make.account(name, 1)
		publish()
		self.assert_ok(by_set_value(ticket, ""))
		self.assert_ok(by_set_value(ticket, name))
		self.assert_untouched(ticket)
		self.assert_balance(account, 1)
