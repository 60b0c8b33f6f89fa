"""A resolved ticket is opened again, by every way of a customer and of an agent, in every situation (docs/doors.md)."""

from __future__ import annotations

import json
from collections.abc import Callable

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.door_case import DoorCase, web_form
from support_credits.tests.factories import Company
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import TICKET, Answer, Portal, agent
from support_credits.tests.test_http_reopen import LATE, ReopenCase

Way = Callable[[Portal, str], Answer]


def desk_form(portal: Portal, ticket: str) -> Answer:
	doc = portal.call("frappe.client.get", doctype=TICKET, name=ticket).value
	return portal.call(
		"frappe.desk.form.save.savedocs", doc=json.dumps({**doc, "status": "Open"}), action="Save"
	)


def bulk_update(portal: Portal, ticket: str) -> Answer:
	docs = [{"doctype": TICKET, "docname": ticket, "status": "Open"}]
	return portal.call("frappe.client.bulk_update", docs=json.dumps(docs))


SETTING_THE_STATUS: dict[str, Way] = {
	"set_value": lambda portal, ticket: portal.set_value(ticket, "status", "Open"),
	"PUT": lambda portal, ticket: portal.put(ticket, status="Open"),
	"PATCH v2": lambda portal, ticket: portal.patch_v2(ticket, status="Open"),
	"frappe.client.save": lambda portal, ticket: portal.save(ticket, status="Open"),
	"frappe.client.bulk_update": bulk_update,
	"desk form": desk_form,
}
CUSTOMERS_WAYS: dict[str, Way] = {
	"portal reply": lambda portal, ticket: portal.reply(ticket),
	"web form": lambda portal, ticket: web_form(portal, name=ticket),
	**SETTING_THE_STATUS,
}


POLICIES = {"Best effort": "Best effort", "Overdraw": "Overdrawn", "Park": "Parked"}


class ReopenDoorCase(ReopenCase, DoorCase):
	def resolve_again(self, ticket: str, days_ago: int) -> None:
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		self.resolve_days_ago(ticket, days_ago)

	def old(self, ticket: str, days_ago: int) -> None:
		"""The same written into the rows, where only what follows matters."""
		look_again()
		values = {"status": "Resolved", "status_category": "Resolved"}
		frappe.db.set_value(TICKET, ticket, values, update_modified=False)
		publish()
		self.resolve_days_ago(ticket, days_ago)

	def charges(self, company: Company) -> int:
		return len([kind for kind, _credits in kinds(company.account) if kind == "Charge"])


class TestEveryWay(ReopenDoorCase):
	def reopen_by(self, ways: dict[str, Way], days_ago: int, each_costs: int, customer: bool) -> None:
		company, portal, ticket = self.resolved(credits=len(ways), days_ago=days_ago)
		for name, way in ways.items():
			self.old(ticket, days_ago)
			with self.subTest(name):
				before = self.charges(company)
				self.assert_ok(way(portal if customer else agent(), ticket))
				self.assertEqual("Open", value(ticket, "status"))
				self.assert_incident(ticket, "Charged", 1)
				self.assertEqual(before + each_costs, self.charges(company))

	def test_within_the_window_it_is_the_same_incident_by_every_way_of_the_customer(self) -> None:
		self.reopen_by(CUSTOMERS_WAYS, 3, each_costs=0, customer=True)

	def test_within_the_window_it_is_the_same_incident_by_every_way_of_an_agent(self) -> None:
		self.reopen_by(SETTING_THE_STATUS, 3, each_costs=0, customer=False)

	def test_later_it_is_charged_by_every_way_of_the_customer(self) -> None:
		self.reopen_by(CUSTOMERS_WAYS, LATE, each_costs=1, customer=True)

	def test_later_it_is_charged_by_every_way_of_an_agent(self) -> None:
		self.reopen_by(SETTING_THE_STATUS, LATE, each_costs=1, customer=False)

	def test_later_and_without_credits_no_way_of_the_customer_opens_it(self) -> None:
		_company, portal, ticket = self.resolved(credits=0)
		for name, way in CUSTOMERS_WAYS.items():
			with self.subTest(name), self.nothing_written():
				answer = way(portal, ticket)
				if way is bulk_update:  # the host says in its answer which of many it could not save
					self.assertIn("CreditsRefused", answer.value["failed_docs"][0]["exc"])
				else:
					self.assert_refused(answer, "this ticket needs 1 and your balance is 0")
			self.assertEqual("Resolved", value(ticket, "status"))

	def test_where_late_means_a_new_ticket_no_way_of_the_customer_opens_it(self) -> None:
		_company, portal, ticket = self.resolved(credits=1)
		with self.site_settings(late_reopen="Ask for a new ticket"):
			for name, way in CUSTOMERS_WAYS.items():
				with self.subTest(name), self.nothing_written():
					answer = way(portal, ticket)
					if way is bulk_update:
						self.assertIn("ReopenTooLate", answer.value["failed_docs"][0]["exc"])
					else:
						self.assert_refused(answer, "was resolved more than 7 days ago", "ReopenTooLate")
		self.assertEqual("Resolved", value(ticket, "status"))

	def test_a_closed_ticket_is_not_the_customers_to_open_within_the_window_or_later(self) -> None:
		"""The host's own rule, for tickets of its portal page."""
		company, portal, ticket = self.resolved(credits=1)
		self.assert_ok(agent().set_value(ticket, "status", "Closed"))
		for days_ago in (3, LATE):
			self.resolve_days_ago(ticket, days_ago)
			for name in ("portal reply", "set_value"):
				with self.subTest(name, days_ago=days_ago), self.nothing_written():
					answer = CUSTOMERS_WAYS[name](portal, ticket)
					said = "Closed or rated tickets cannot be updated by non-agents"
					self.assert_refused(answer, said, "PermissionError", 403)
		self.assert_balance(company.account, 1)


class TestEmptyAccounts(ReopenDoorCase):
	def late(self, **policies: object) -> tuple[Company, Portal, str]:
		company, portal, ticket = self.resolved(credits=0)
		self.change_account(company.account, **policies)
		return company, portal, ticket

	def decide(self, field: str, ways: dict[str, Way], customer: bool) -> None:
		"""One ticket, reopened late under one policy after the other; each time a new incident follows the last."""
		company, portal, ticket = self.late(overdraft_limit=2 * len(ways))
		for policy, state in POLICIES.items():
			self.change_account(company.account, **{field: policy})
			for name, way in ways.items():
				self.old(ticket, LATE)
				before = make.incident_of(ticket).name
				with self.subTest(policy, way=name):
					self.assert_ok(way(portal if customer else agent(), ticket))
					self.assert_incident(ticket, state, int(state == "Overdrawn"), follows=before)
					status = "Waiting for credits" if state == "Parked" else "Open"
					self.assertEqual(status, value(ticket, "status"))
				if state == "Parked":  # from here on it only waits
					break
		self.assert_balance(company.account, -len(ways))

	def test_the_portals_policy_decides_for_the_customer(self) -> None:
		ways = {name: CUSTOMERS_WAYS[name] for name in ("portal reply", "set_value")}
		self.decide("portal_policy", ways, customer=True)

	def test_the_agents_policy_decides_for_the_agent(self) -> None:
		self.decide("agent_policy", {"set_value": CUSTOMERS_WAYS["set_value"]}, customer=False)

	def test_where_agents_are_refused_too_nothing_is_changed(self) -> None:
		_company, _portal, ticket = self.late(agent_policy="Refuse")
		with self.nothing_written():
			answer = agent().set_value(ticket, "status", "Open")
			self.assert_refused(answer, "this ticket needs 1 and your balance is 0")
		self.assertEqual("Resolved", value(ticket, "status"))

	def test_what_waits_after_a_late_reopening_is_released_by_a_grant_once(self) -> None:
		company, portal, ticket = self.late(portal_policy="Park")
		self.assert_ok(portal.reply(ticket))
		self.grant(company.account, 2)
		self.assertEqual("Charged", make.incident_of(ticket).state)
		self.assert_balance(company.account, 1)
		self.assertEqual(2, self.charges(company))


class TestNoAccount(ReopenDoorCase):
	def late(self) -> tuple[str, Portal, str]:
		name, portal = self.free_person()
		ticket = self.assert_ok(portal.new()).ticket
		self.resolve_again(ticket, LATE)
		return name, portal, ticket

	def test_where_nobody_must_have_credits_it_is_left_alone(self) -> None:
		_name, portal, ticket = self.late()
		for who, way in ((portal, "portal reply"), (portal, "set_value"), (agent(), "set_value")):
			with self.subTest(who.user, way=way):
				self.assert_ok(CUSTOMERS_WAYS[way](who, ticket))
				self.assert_untouched(ticket)
				self.assertEqual("Open", value(ticket, "status"))
				self.old(ticket, LATE)

	def test_within_the_window_everyone_must_have_credits_changes_nothing(self) -> None:
		name, portal, ticket = self.late()
		self.resolve_days_ago(ticket, 3)
		with self.site_settings(everyone_must_have_credits=1):
			self.assert_ok(portal.reply(ticket))
		self.assert_untouched(ticket)
		self.assertIsNone(self.account_of(name))

	def test_later_where_everyone_must_have_credits_it_is_decided_like_a_new_ticket(self) -> None:
		name, portal, ticket = self.late()
		with self.site_settings(everyone_must_have_credits=1):
			for way in ("portal reply", "set_value"):
				with self.subTest(way), self.nothing_written():
					answer = CUSTOMERS_WAYS[way](portal, ticket)
					self.assert_refused(answer, "this ticket needs 1 and your balance is 0")
			self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_incident(ticket, "Parked", 0, account=self.account_of(name), follows="")


class TestStates(ReopenDoorCase):
	def test_what_waits_for_a_decision_is_not_a_new_incident_however_late(self) -> None:
		self.payer(1)  # the site sells
		unidentified = self.assert_ok(agent().new()).ticket
		withdrawn = self.assert_ok(agent().new(customer=self.payer().name)).ticket
		for ticket, before, after in (
			(unidentified, "Unidentified", "Unidentified"),
			(withdrawn, "Withdrawn", "Parked"),
		):
			with self.subTest(before):
				self.resolve_again(ticket, 400)
				self.assert_incident(ticket, before)
				self.assert_ok(agent().set_value(ticket, "status", "Open"))
				self.assert_incident(ticket, after, follows="")

	def test_what_was_never_charged_is_decided_like_a_new_ticket(self) -> None:
		company = self.company(portal_policy="Best effort", agent_policy="Best effort")
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		self.resolve_again(ticket, LATE)
		self.grant(company.account, 1)
		self.assert_ok(portal.reply(ticket))
		incident = self.assert_incident(ticket, "Charged", 1)
		look_again()
		first = frappe.get_doc("Support Incident", incident.follows)
		self.assertEqual(("Best effort", 0), (first.state, first.credits))
		self.assert_balance(company.account, 0)
