"""Reasons not to charge, set by agents or applying by themselves: credits go back to where they came from, once."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Answer, Portal, agent, manager


class TestExempt(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.reason = make.exemption_reason()
		publish()

	def exempt(self, ticket: str, **more: object) -> Answer:
		return agent().incident("exempt", **{"ticket": ticket, "reason": self.reason, **more})

	def test_the_credits_go_back_to_the_same_lots(self) -> None:
		company = self.company(1, tier=make.tier(credits_per_incident=3))
		lots = [self.grant(company.account, 1, months=1), self.grant(company.account, 4, months=6)]
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assertEqual([0, 2], [remaining(lot) for lot in lots])
		answer = self.assert_ok(self.exempt(ticket))
		self.assertEqual(
			("Exempt", 0, 3), tuple(answer.value[key] for key in ("state", "credits", "credits_back"))
		)
		self.assert_incident(ticket, "Exempt", 0, exemption=self.reason, exempted_by=agent().user)
		self.assertEqual([1, 4], [remaining(lot) for lot in lots])
		self.assertEqual([("Refund", 2), ("Refund", 1)], kinds(company.account)[-2:])

	def test_twice_is_once(self) -> None:
		company = self.company(1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_ok(self.exempt(ticket))
		self.assertEqual(0, self.assert_ok(self.exempt(ticket)).value["credits_back"])
		self.assertEqual([("Grant", 1), ("Charge", -1), ("Refund", 1)], kinds(company.account))

	def test_removing_the_reason_charges_again_and_twice_is_refused(self) -> None:
		company = self.company(1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		for _round in range(2):
			self.assert_ok(self.exempt(ticket))
			self.assert_balance(company.account, 1)
			self.assert_ok(agent().incident("unexempt", ticket=ticket))
			self.assert_incident(ticket, "Charged", 1, exemption=None)
			self.assert_balance(company.account, 0)
		with self.nothing_written():
			answer = agent().incident("unexempt", ticket=ticket)
			self.assert_refused(answer, "cannot be done to it", "WrongState")

	def test_removing_the_reason_when_the_credits_are_gone_lets_the_ticket_wait(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(self.exempt(ticket))
		self.assert_ok(portal.new())
		self.assert_ok(agent().incident("unexempt", ticket=ticket))
		self.assert_incident(ticket, "Parked")
		self.assertEqual("Waiting for credits", value(ticket, "status"))

	def test_credits_of_a_lot_that_is_over_come_back_on_a_new_lot_for_some_days(self) -> None:
		company = self.company(0)
		lot = self.grant(company.account, 1, months=1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.lot_ends(lot)
		with self.site_settings(refund_grace_days=10):
			self.assert_ok(self.exempt(ticket))
		self.assert_balance(company.account, 1)
		new = frappe.get_all(
			"Credit Lot", filters={"account": company.account, "source": "Refund"}, pluck="name"
		)
		self.assertEqual([1], [remaining(name) for name in new])

	def lot_ends(self, lot: str) -> None:
		"""As if months had passed: the end of the lot, until the test is over and the account is verified."""
		end = frappe.db.get_value("Credit Lot", lot, "expires_at_utc")
		set_end = "UPDATE `tabCredit Lot` SET expires_at_utc = {0} WHERE name = %(lot)s"
		frappe.db.sql(set_end.format("granted_at_utc"), {"lot": lot})
		publish()
		self.addCleanup(publish)
		self.addCleanup(frappe.db.sql, set_end.format("%(end)s"), {"lot": lot, "end": end})

	def test_exempting_an_unidentified_ticket_gives_nothing_back_and_costs_nobody_later(self) -> None:
		company = self.company(1)
		someone = make.portal_user()
		publish()
		ticket = self.assert_ok(Portal(someone).new()).ticket
		self.assertEqual(0, self.assert_ok(self.exempt(ticket)).value["credits_back"])
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=company.name))
		self.assert_incident(ticket, "Exempt")
		self.assert_balance(company.account, 1)

	def test_exempting_a_waiting_ticket_opens_it_with_a_fresh_clock(self) -> None:
		company = self.company(0, portal_policy="Park")
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_ok(self.exempt(ticket))
		self.assert_incident(ticket, "Exempt")
		self.assertEqual(("Open", None), (value(ticket, "status"), value(ticket, "first_responded_on")))

	def test_an_exemption_of_one_ticket_releases_the_next_that_waits(self) -> None:
		company = self.company(1, portal_policy="Park")
		portal = Portal(company.person)
		first, second = self.assert_ok(portal.new()).ticket, self.assert_ok(portal.new()).ticket
		self.assert_ok(self.exempt(first))
		self.assertEqual("Charged", make.incident_of(second).state)
		self.assert_balance(company.account, 0)

	def test_an_overdrawn_ticket_pays_its_overdraft_back(self) -> None:
		company = self.company(0, portal_policy="Overdraw", overdraft_limit=1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_balance(company.account, -1)
		self.assert_ok(self.exempt(ticket))
		self.assert_balance(company.account, 0)

	def test_a_vendors_bug_raises_the_priority_and_carries_the_issues_address(self) -> None:
		company = self.company(1)
		self.reason = make.exemption_reason(raise_priority_to="Urgent", takes_url=1)
		publish()
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		url = "https://example.com/issues/7"
		self.assert_ok(self.exempt(ticket, url=url))
		self.assert_incident(ticket, "Exempt", exemption_url=url)
		self.assertEqual("Urgent", value(ticket, "priority"))


class TestWhoMaySetAReason(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.mine = self.company(1)
		self.ticket = self.assert_ok(Portal(self.mine.person).new()).ticket

	def refused(self, reason: str, text: str, error: str, status: int, **more: object) -> None:
		publish()
		with self.nothing_written():
			answer = agent().incident("exempt", ticket=self.ticket, reason=reason, **more)
			self.assert_refused(answer, text, error, status)

	def test_goodwill_is_the_managers(self) -> None:
		reason = make.exemption_reason("Agent Manager")
		self.refused(reason, "Only an Agent Manager can set", "PermissionError", 403)
		self.assert_ok(manager().incident("exempt", ticket=self.ticket, reason=reason))

	def test_what_applies_by_itself_is_nobodys(self) -> None:
		reason = make.exemption_reason("System", automatic="Merge")
		self.refused(reason, "applies by itself; nobody sets it", "PermissionError", 403)

	def test_a_reason_that_wants_a_note_gets_one(self) -> None:
		reason = make.exemption_reason(note_required=1)
		self.refused(reason, "needs a note that says why", "ValidationError", 417, note="  ")

	def test_an_address_goes_only_where_one_belongs_and_only_to_the_web(self) -> None:
		self.refused(
			make.exemption_reason(), "carries no issue URL", "ValidationError", 417, url="https://e.org"
		)
		reason = make.exemption_reason(takes_url=1)
		self.refused(reason, "", "ValidationError", 417, url="javascript:alert(1)")

	def test_a_disabled_or_unknown_reason_is_named_with_those_that_are_there(self) -> None:
		known, off = make.exemption_reason(), make.exemption_reason(enabled=0)
		for reason in (off, "no-such-reason"):
			self.refused(reason, f"{reason} is not an exemption reason", "DoesNotExistError", 404)
		publish()
		self.assertIn(known, agent().incident("exempt", ticket=self.ticket, reason=off).messages)


class TestDeployment(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_value("Exemption Reason", {"automatic": "Deployment"}, "enabled", 0)
		self.reason = make.exemption_reason("System", automatic="Deployment")
		publish()

	def tearDown(self) -> None:
		frappe.db.set_value("Exemption Reason", self.reason, "enabled", 0)
		publish()
		super().tearDown()

	def test_a_problem_within_the_days_after_a_deployment_costs_nothing(self) -> None:
		company = self.company(1)
		make.deployment(company.name, days_ago=6)
		publish()
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_incident(ticket, "Exempt", exemption=self.reason)
		self.assert_balance(company.account, 1)

	def test_with_no_credit_at_all_it_is_not_refused_either(self) -> None:
		company = self.company(0)
		make.deployment(company.name)
		publish()
		self.assert_incident(self.assert_ok(Portal(company.person).new()).ticket, "Exempt")

	def test_after_those_days_or_for_another_customer_it_is_charged(self) -> None:
		late, other = self.company(1), self.company(1)
		make.deployment(late.name, days_ago=9)
		publish()
		for company in (late, other):
			self.assert_incident(self.assert_ok(Portal(company.person).new()).ticket, "Charged", 1)

	def test_a_deployment_that_is_still_to_come_excuses_nothing(self) -> None:
		company = self.company(1)
		make.deployment(company.name, days_ago=-3)
		publish()
		self.assert_incident(self.assert_ok(Portal(company.person).new()).ticket, "Charged", 1)

	def test_with_the_reason_switched_off_it_is_charged(self) -> None:
		company = self.company(1)
		make.deployment(company.name)
		frappe.db.set_value("Exemption Reason", self.reason, "enabled", 0)
		publish()
		self.assert_incident(self.assert_ok(Portal(company.person).new()).ticket, "Charged", 1)


def remaining(lot: str) -> int:
	return frappe.db.get_value("Credit Lot", lot, "remaining")
