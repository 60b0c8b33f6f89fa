"""An agent who is no manager, and people who are on both sides: what they may not do, and what stays visible of what they may."""

from __future__ import annotations

import json

import frappe

from support_credits.tests import factories as make
from support_credits.tests.attack_case import (
	CATALOGUE,
	LEDGER,
	SETTINGS,
	AttackCase,
	Victim,
	insert,
	set_value,
)
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company, Person
from support_credits.tests.http_case import kinds
from support_credits.tests.server import Answer, Portal, agent, manager

# What an agent would change for a friend, and what he would set it to.
WISHES: dict[str, dict[str, object]] = {
	"Credit Account": {"portal_policy": "Best effort", "overdraft_limit": 99, "tier": None},
	"Credit Lot": {"remaining": 99, "expires_at_utc": None, "voided": 0},
	"Credit Ledger Entry": {"credits": 99},
	"Support Incident": {"state": "Exempt", "credits": 0, "exemption": None},
	"Credit Pack": {"credits": 99, "price": 0},
	"Support Tier": {"credits_per_incident": 0},
	"Exemption Reason": {"who": "Agent", "enabled": 1, "note_required": 0},
	SETTINGS: {"portal_policy": "Best effort", "deployment_days": 999, "everyone_must_have_credits": 0},
}


# Sent along with an act, to be somebody else's.
FORGED = {
	"actor": "Administrator", "by": "Administrator", "owner": "Administrator", "user": "Administrator",
	"modified_by": "Administrator", "exempted_by": "Administrator", "posted_at_utc": "2020-01-01",
}  # fmt: skip


class TestRecordsAnAgentOnlyReads(AttackCase):
	def ways(self, doctype: str, name: str, wishes: dict[str, object]) -> dict[str, Answer]:
		who = agent()
		doc = {**(who.call("frappe.client.get", doctype=doctype, name=name).value or {}), **wishes}
		whole = {"doctype": doctype, "name": name, **doc}
		update = "frappe.desk.doctype.bulk_update.bulk_update.submit_cancel_or_update_docs"
		names, data = json.dumps([name]), json.dumps(wishes)
		return {
			"set_value": set_value(who, doctype, name, wishes),
			"save": who.call("frappe.client.save", doc=whole),
			"savedocs": who.call(
				"frappe.desk.form.save.savedocs", doc=json.dumps(whole, default=str), action="Save"
			),
			"PUT": who.request("PUT", f"/api/resource/{doctype}/{name}", wishes),
			"PATCH": who.request("PATCH", f"/api/v2/document/{doctype}/{name}/", wishes),
			"insert": insert(
				who, doctype, **{**wishes, "customer": make.unique("x"), "label": make.unique("x")}
			),
			"bulk_update": who.call(
				"frappe.client.bulk_update", docs=json.dumps([{**whole, "docname": name}], default=str)
			),
			"bulk edit": who.call(update, doctype=doctype, docnames=names, action="update", data=data),
			"rename": who.call(
				"frappe.rename_doc", doctype=doctype, old=name, new=make.unique_code("x"), force=1
			),
			"delete": who.call("frappe.client.delete", doctype=doctype, name=name),
			"delete in a list": who.call("frappe.desk.reportview.delete_items", doctype=doctype, items=names),
		}

	def test_no_way_of_writing_changes_one(self) -> None:
		victim = self.watch(Victim())
		before = victim.rows()
		counts = {doctype: frappe.db.count(doctype) for doctype in (*LEDGER, *CATALOGUE[:3])}
		for doctype, wishes in WISHES.items():
			for way, answer in self.ways(doctype, victim.names[doctype], wishes).items():
				if way in ("bulk_update", "bulk edit", "delete in a list"):
					continue  # the host answers 200 with a list of what failed
				with self.subTest(doctype, way=way):
					self.assertNotEqual(200, answer.status, answer)
			with self.subTest(doctype):
				self.assertEqual(before[doctype], victim.rows()[doctype])
		self.assertEqual(counts, {doctype: frappe.db.count(doctype) for doctype in counts})

	def test_a_kanban_card_moved_is_no_policy_changed(self) -> None:
		victim, who = self.watch(Victim()), agent()
		before, name = victim.rows(), make.unique("Board")
		columns = [{"column_name": text, "status": "Active"} for text in ("Best effort", "Park")]
		board = {
			"kanban_board_name": name,
			"reference_doctype": "Credit Account",
			"field_name": "portal_policy",
		}
		self.assert_ok(insert(who, "Kanban Board", **board, columns=columns))
		path = "frappe.desk.doctype.kanban_board.kanban_board."
		order = json.dumps({"Best effort": [victim.account], "Park": []})
		moved = {
			"docname": victim.account,
			"from_colname": "",
			"to_colname": "Best effort",
			"old_index": 0,
			"new_index": 0,
		}
		who.call(f"{path}update_order", board_name=name, order=order)
		who.call(f"{path}update_order_for_single_card", board_name=name, **moved)
		who.call(f"{path}add_card", board_name=name, docname=victim.account, colname="Best effort")
		self.assertEqual(before, victim.rows())

	def test_he_does_not_make_himself_a_manager(self) -> None:
		someone, victim = make.agent("climber"), self.watch(Victim())
		publish()
		who, before = Portal(someone), victim.rows()
		role = {"doctype": "Has Role", "role": "Agent Manager"}
		who.call(
			"helpdesk.helpdesk.doctype.hd_agent.hd_agent.update_agent_role", user=who.user, new_role="manager"
		)
		insert(who, "Has Role", parent=who.user, parenttype="User", parentfield="roles", role="Agent Manager")
		set_value(who, "User", who.user, "roles", [role])
		set_value(who, "User", who.user, "role_profile_name", "Agent Manager")
		grant = Portal(someone).account("grant", customer=victim.customer, credits=5, reason="x")
		self.assertEqual(403, grant.status, grant)
		self.assertEqual(before, victim.rows())


class BothSidesCase(AttackCase):
	def company_of(self, someone: Person, credits: int = 0) -> Company:
		name = make.customer(someone)
		company = Company(name, someone, make.account(name, credits))
		self.verified.append(company.account)
		publish()
		return company

	def last_line(self, account: str) -> tuple[object, ...]:
		line = self.assert_ok(manager().account("statement", account=account)).value["lines"][-1]
		return tuple(line[key] for key in ("kind", "credits", "by", "reason"))


class TestPeopleOnBothSides(BothSidesCase):
	"""The rules do not forbid them to serve themselves; the ledger says that it was they, and nothing they send changes that."""

	def test_a_manager_who_grants_to_his_own_company_is_named_in_the_ledger(self) -> None:
		someone = make.agent_manager("both")
		own = self.company_of(someone)
		answer = Portal(someone).account("grant", customer=own.name, credits=3, reason="For me", **FORGED)
		self.assert_ok(answer)
		self.assertEqual(("Grant", 3, someone.email, "For me"), self.last_line(own.account))
		entry = frappe.get_all("Credit Ledger Entry", {"account": own.account}, ["actor", "posted_at_utc"])[
			-1
		]
		self.assertEqual(someone.email, entry.actor)
		self.assertGreater(entry.posted_at_utc, "2026")

	def test_an_agent_who_exempts_his_own_ticket_is_named_in_the_incident_and_the_ledger(self) -> None:
		someone = make.agent("both")
		own, reason = self.company_of(someone, 1), make.exemption_reason()
		publish()
		who = Portal(someone)
		ticket = self.assert_ok(who.new()).ticket
		self.assert_incident(ticket, "Charged", 1, door="agent", account=own.account)
		self.assert_ok(who.incident("exempt", ticket=ticket, reason=reason, **FORGED))
		self.assert_incident(ticket, "Exempt", exempted_by=someone.email)
		self.assertEqual(("Refund", 1, someone.email), self.last_line(own.account)[:3])

	def test_an_agent_who_clears_or_moves_the_customer_is_named_with_what_it_gave_back(self) -> None:
		someone, mine, free = make.agent("friend"), self.company(2), make.customer()
		publish()
		for customer in ("", free):
			with self.subTest(cleared=not customer):
				ticket = self.assert_ok(Portal(mine.person).new()).ticket
				self.assert_ok(Portal(someone).incident("set_customer", ticket=ticket, customer=customer))
				line = ("Refund", 1, someone.email, "Customer corrected")
				self.assertEqual(line, self.last_line(mine.account))

	def test_a_deployment_made_up_for_a_friend_stays_on_the_incident_when_it_is_deleted(self) -> None:
		someone, mine = make.agent("friend"), self.company(1)
		reason = make.exemption_reason("System", automatic="Deployment")
		self.addCleanup(publish)
		self.addCleanup(frappe.db.set_value, "Exemption Reason", reason, "enabled", 0)
		frappe.db.set_value(
			"Exemption Reason", {"automatic": "Deployment", "name": ["!=", reason]}, "enabled", 0
		)
		publish()
		who = Portal(someone)
		made = insert(who, "Deployment", customer=mine.name, product="x", deployed_on=frappe.utils.today())
		ticket = self.assert_ok(Portal(mine.person).new()).ticket
		self.assert_ok(who.call("frappe.client.delete", doctype="Deployment", name=made.value["name"]))
		self.assert_incident(ticket, "Exempt", exemption=reason)
		left = frappe.get_all("Deleted Document", {"deleted_name": made.value["name"]}, ["owner", "data"])
		self.assertEqual([someone.email], [row.owner for row in left])
		self.assert_incident(self.assert_ok(Portal(mine.person).new()).ticket, "Charged", 1)

	def test_a_charge_that_an_agent_makes_for_somebody_says_so(self) -> None:
		mine = self.company(1)
		ticket = self.assert_ok(agent().rest(customer=mine.name, raised_by=mine.person.email)).ticket
		self.assert_incident(ticket, "Charged", 1, door="agent")
		self.assertEqual(("Charge", -1, agent().user), self.last_line(mine.account)[:3])


class TestReasonsOfManagers(AttackCase):
	def test_no_spelling_and_no_detour_lets_an_agent_set_one(self) -> None:
		mine, theirs, plain = self.company(1), make.exemption_reason("Agent Manager"), make.exemption_reason()
		publish()
		ticket = self.assert_ok(Portal(mine.person).new()).ticket
		before = kinds(mine.account)
		for reason in (
			theirs,
			theirs.upper(),
			f"{theirs} ",
			f" {theirs}",
			theirs.replace("reason", "réason"),
		):
			with self.subTest(reason):
				answer = agent().incident("exempt", ticket=ticket, reason=reason)
				self.assertIn(answer.status, (403, 404), answer)
				self.assertEqual(before, kinds(mine.account))
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=plain))
		answer = agent().incident("exempt", ticket=ticket, reason=theirs)  # replacing one he may set
		self.assert_refused(answer, "Only an Agent Manager can set", "PermissionError", 403)
		self.assert_incident(ticket, "Exempt", exemption=plain)

	def test_what_a_manager_has_set_an_agent_neither_takes_away_nor_replaces(self) -> None:
		mine, theirs, plain = self.company(1), make.exemption_reason("Agent Manager"), make.exemption_reason()
		publish()
		ticket = self.assert_ok(Portal(mine.person).new()).ticket
		self.assert_ok(manager().incident("exempt", ticket=ticket, reason=theirs))
		with self.nothing_written():
			for answer in (
				agent().incident("unexempt", ticket=ticket),
				agent().incident("unexempt", ticket=f"{ticket} "),
				agent().incident("exempt", ticket=ticket, reason=plain),
			):
				self.assert_refused(answer, "Only an Agent Manager can take", "PermissionError", 403)
		look_again()
		self.assert_incident(ticket, "Exempt", exemption=theirs)
