"""Time as a way to credits: lots that are over although no job ran, windows of a deployment, dates that a customer sends."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import add_days, today

from support_credits.ledger import clock, jobs
from support_credits.tests import factories as make
from support_credits.tests.attack_case import AttackCase, insert
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.server import Portal, agent, manager
from support_credits.tests.test_http_flow import BALANCE_ZERO, DOORS


class TestLotsThatAreOver(AttackCase):
	"""The scheduler is off in this suite: nothing has booked that these credits ended."""

	def setUp(self) -> None:
		super().setUp()
		self.mine = self.company(0)
		self.lot = make.expired_credits(self.mine.account, 5)
		publish()
		self.portal = Portal(self.mine.person)

	def test_no_door_spends_them_and_no_page_counts_them(self) -> None:
		with self.nothing_written():
			for door, post in DOORS.items():
				with self.subTest(door):
					self.assert_refused(post(self.portal), BALANCE_ZERO)
			said = self.assert_ok(agent().account("statement", account=self.mine.account)).value
			[mine] = self.assert_ok(self.portal.call("support_credits.api.customer.balance")).value[
				"customers"
			]
			told = self.assert_ok(self.portal.call("support_credits.api.customer.overview")).value
		self.assertEqual((0, 0, 0), (said["balance"], mine["balance"], told["balance"]))
		self.assertEqual(([], None), (told["lots"], told["next_expiry"]))

	def test_an_adjustment_or_a_void_does_not_bring_them_back(self) -> None:
		with self.nothing_written():
			for answer in (
				manager().account("adjust", lot=self.lot, credits=1, reason="Please"),
				manager().account("adjust", lot=self.lot, credits=-1, reason="Please"),
				manager().account("void", lot=self.lot, reason="Please"),
			):
				self.assertEqual(417, answer.status, answer)

	def test_a_waiting_ticket_is_not_released_by_them(self) -> None:
		frappe.get_doc("Credit Account", self.mine.account).update({"portal_policy": "Park"}).save()
		publish()
		ticket = self.assert_ok(self.portal.new()).ticket
		answer = agent().incident("release", ticket=ticket)
		self.assert_refused(answer, "cannot be released: the balance is 0", "WrongState")
		jobs.release_waiting()
		publish()
		self.assert_incident(ticket, "Parked")

	def test_the_job_that_books_their_end_later_changes_no_balance(self) -> None:
		jobs.expire_lots()
		publish()
		self.assertEqual([("Grant", 5), ("Expiry", -5)], kinds(self.mine.account))
		self.assert_balance(self.mine.account, 0)
		self.assert_refused(self.portal.new(), BALANCE_ZERO)

	def test_a_lot_of_a_month_pays_to_its_last_day_and_not_after_it(self) -> None:
		for days, pays in ((27, True), (33, False)):
			with self.subTest(days=days):
				company = self.company(0)
				make.grant(company.account, 1, months=1, granted_at=clock.now() - timedelta(days=days))
				publish()
				self.assertEqual(200 if pays else 417, Portal(company.person).new().status)


class TestDeployments(AttackCase):
	def setUp(self) -> None:
		super().setUp()
		self.reason = make.exemption_reason("System", automatic="Deployment")
		frappe.db.set_value(
			"Exemption Reason", {"automatic": "Deployment", "name": ["!=", self.reason]}, "enabled", 0
		)
		publish()
		self.addCleanup(publish)
		self.addCleanup(frappe.db.set_value, "Exemption Reason", self.reason, "enabled", 0)

	def test_a_customer_makes_up_none(self) -> None:
		someone, own = self.boss(0)
		for portal in (Portal(someone), Portal(self.company(0).person), Portal()):
			with self.subTest(portal.user), self.nothing_written():
				answer = insert(portal, "Deployment", customer=own.name, product="x", deployed_on=today())
				self.assertEqual(403, answer.status, answer)
				self.assertNotEqual(200, portal.new(customer=own.name).status)

	def test_the_window_is_the_days_of_the_settings_and_not_one_more(self) -> None:
		for days, free in ((0, True), (7, True), (8, False), (-1, False)):
			with self.subTest(days=days):
				company = self.company(1)
				make.deployment(company.name, days_ago=days)
				publish()
				ticket = self.assert_ok(Portal(company.person).new()).ticket
				self.assertEqual("Exempt" if free else "Charged", make.incident_of(ticket).state)

	def test_dates_that_come_with_a_ticket_open_no_window(self) -> None:
		company = self.company(0)
		make.deployment(company.name, days_ago=30)
		publish()
		then = add_days(today(), -28)
		dates = {"creation": then, "opening_date": then, "modified": then, "service_level_agreement_creation": then,
			"resolution_date": then, "first_responded_on": then}  # fmt: skip
		for door, post in DOORS.items():
			with self.subTest(door), self.nothing_written():
				self.assert_refused(post(Portal(company.person), **dates), BALANCE_ZERO)

	def test_a_day_moved_later_reaches_no_ticket_that_is_charged_already(self) -> None:
		company = self.company(1)
		name = make.deployment(company.name, days_ago=30)
		publish()
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		frappe.get_doc("Deployment", name).update({"deployed_on": today()}).save()
		publish()
		self.assert_ok(agent().set_value(ticket, "priority", "High"))
		look_again()
		self.assert_incident(ticket, "Charged", 1)
