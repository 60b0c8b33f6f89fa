"""Who may do what: customers and guests none of the agents' acts, agents none of the managers', nobody the ledger's."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, agent, manager

OURS = (
	"Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident", "Credit Pack", "Support Tier",
	"Exemption Reason", "Deployment", "Support Credits Settings",
)  # fmt: skip
NOT_ALLOWED = (401, 403)


class RightsCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.company_ = self.company(2)
		self.customer = Portal(self.company_.person)
		self.ticket = self.assert_ok(self.customer.new()).ticket
		self.reason, self.pack = make.exemption_reason(), make.pack()
		self.lot = frappe.get_all("Credit Lot", filters={"account": self.company_.account}, pluck="name")[0]
		publish()

	def agents_acts(self, who: Portal) -> dict[str, Answer]:
		return {
			"exempt": who.incident("exempt", ticket=self.ticket, reason=self.reason),
			"unexempt": who.incident("unexempt", ticket=self.ticket),
			"park": who.incident("park", ticket=self.ticket),
			"release": who.incident("release", ticket=self.ticket),
			"set_customer": who.incident("set_customer", ticket=self.ticket, customer=""),
			"statement": who.account("statement", account=self.company_.account),
		}

	def managers_acts(self, who: Portal) -> dict[str, Answer]:
		return {
			"grant": who.account("grant", customer=self.company_.name, credits=5, reason="Because"),
			"grant a pack": who.account(
				"grant", customer=self.company_.name, pack=self.pack, reason="Because"
			),
			"grant a person": who.account(
				"grant", person=self.company_.person.email, credits=5, reason="Because"
			),
			"void": who.account("void", lot=self.lot, reason="Because"),
			"adjust": who.account("adjust", lot=self.lot, credits=5, reason="Because"),
			"verify": who.account("verify", account=self.company_.account),
		}


class TestOurEndpoints(RightsCase):
	def test_customers_and_guests_get_403_from_every_one_and_no_row_changes(self) -> None:
		for who in (self.customer, Portal()):
			with self.nothing_written():
				for name, answer in {**self.agents_acts(who), **self.managers_acts(who)}.items():
					with self.subTest(name, user=who.user):
						self.assertIn(answer.status, NOT_ALLOWED, answer)

	def test_a_manager_of_the_customers_company_is_no_agent(self) -> None:
		boss = make.portal_user("boss")
		make.add_member(self.company_.name, boss, is_manager=True)
		publish()
		with self.nothing_written():
			for name, answer in {
				**self.agents_acts(Portal(boss)),
				**self.managers_acts(Portal(boss)),
			}.items():
				with self.subTest(name):
					self.assertEqual(403, answer.status, answer)

	def test_plain_agents_do_not_touch_accounts(self) -> None:
		with self.nothing_written():
			for name, answer in self.managers_acts(agent()).items():
				with self.subTest(name):
					self.assertEqual(403, answer.status, answer)
		self.assert_ok(agent().account("statement", account=self.company_.account))

	def test_an_agent_of_another_team_does_not_decide_where_the_site_keeps_teams_apart(self) -> None:
		frappe.db.set_value("HD Ticket", self.ticket, "agent_group", "Billing")
		with (
			self.host_settings(
				restrict_tickets_by_agent_group=1, do_not_restrict_tickets_without_an_agent_group=0
			),
			self.nothing_written(),
		):
			answer = agent().incident("exempt", ticket=self.ticket, reason=self.reason)
			self.assertEqual(403, answer.status, answer)

	def test_managers_do(self) -> None:
		grant = manager().account(
			"grant", customer=self.company_.name, credits=3, reason="Goodwill", key=self.ticket
		)
		self.assertEqual(4, self.assert_ok(grant).value["balance"])
		self.assertTrue(
			self.assert_ok(manager().account("verify", account=self.company_.account)).value["ok"]
		)
		self.assert_ok(manager().account("void", lot=grant.value["lot"], reason="By mistake"))
		self.assert_balance(self.company_.account, 1)

	def test_the_same_grant_key_grants_once(self) -> None:
		key = make.unique_code("order")
		asked = {"customer": self.company_.name, "credits": 3, "reason": "Bought", "key": key}
		first = self.assert_ok(manager().account("grant", **asked))
		with self.nothing_written():
			again = self.assert_ok(manager().account("grant", **asked))
		self.assertEqual((False, True), (first.value["replayed"], again.value["replayed"]))
		self.assertEqual(first.value["lot"], again.value["lot"])

	def test_writing_calls_do_not_answer_to_get(self) -> None:
		for path in ("incident.exempt", "account.grant"):
			with self.nothing_written():
				answer = manager().request("GET", f"/api/method/support_credits.api.{path}")
				self.assertEqual(403, answer.status, answer)

	def test_what_does_not_exist_is_said_to_agents_and_to_nobody_else(self) -> None:
		for who, status in ((agent(), 404), (self.customer, 403)):
			answer = who.incident("exempt", ticket="no-such-ticket", reason=self.reason)
			self.assertEqual(status, answer.status, answer)

	def test_a_statement_shows_every_change_with_its_balance_and_ticket(self) -> None:
		self.assert_ok(agent().incident("exempt", ticket=self.ticket, reason=self.reason))
		said = self.assert_ok(agent().account("statement", account=self.company_.account)).value
		lines = [(line["kind"], line["credits"], line["balance"], line["ticket"]) for line in said["lines"]]
		charged = [("Charge", -1, 1, self.ticket), ("Refund", 1, 2, self.ticket)]
		self.assertEqual([("Grant", 2, 2, ""), *charged], lines)
		self.assertEqual(2, said["balance"])


class TestOurRecords(RightsCase):
	def name_of(self, doctype: str) -> str:
		known = {
			"Credit Account": self.company_.account,
			"Support Credits Settings": "Support Credits Settings",
		}
		found = known.get(doctype) or frappe.db.get_value(doctype, {}, "name", order_by="creation desc")
		return found or "anything"

	def reads(self, who: Portal, doctype: str) -> dict[str, Answer]:
		name = self.name_of(doctype)
		asked = {"doctype": doctype}
		return {
			"get": who.call("frappe.client.get", **asked, name=name),
			"get_list": who.call("frappe.client.get_list", **asked, fields=["*"]),
			"get_value": who.call(
				"frappe.client.get_value", **asked, fieldname="owner", filters={"name": name}
			),
			"get_count": who.call("frappe.client.get_count", **asked),
			"REST list": who.request("GET", f"/api/resource/{doctype}"),
			"REST": who.request("GET", f"/api/resource/{doctype}/{name}"),
			"v2": who.request("GET", f"/api/v2/document/{doctype}/{name}"),
			"report": who.call("frappe.desk.reportview.get", **asked, fields=["name"]),
		}

	def writes(self, who: Portal, doctype: str) -> dict[str, Answer]:
		name = self.name_of(doctype)
		forged = {"doctype": doctype, "account": self.company_.account, "credits": 99, "remaining": 99}
		ours = {"doctype": doctype, "name": name}
		return {
			"insert": who.call("frappe.client.insert", doc=forged),
			"set_value": who.call("frappe.client.set_value", **ours, fieldname="remaining", value=99),
			"save": who.call("frappe.client.save", doc={**forged, "name": name}),
			"delete": who.call("frappe.client.delete", **ours),
			"rename": who.call(
				"frappe.client.rename_doc", doctype=doctype, old_name=name, new_name=name + "-x"
			),
			"submit": who.call("frappe.client.submit", doc={**forged, "name": name}),
			"REST post": who.request("POST", f"/api/resource/{doctype}", forged),
			"REST put": who.request("PUT", f"/api/resource/{doctype}/{name}", {"remaining": 99, "seq": 0}),
			"REST delete": who.request("DELETE", f"/api/resource/{doctype}/{name}"),
		}

	def test_customers_neither_read_nor_write_them(self) -> None:
		for doctype in OURS:
			with self.nothing_written():
				for way, answer in {
					**self.reads(self.customer, doctype),
					**self.writes(self.customer, doctype),
				}.items():
					with self.subTest(doctype, way=way):
						self.assertNotEqual(200, answer.status, answer)

	def test_not_even_a_manager_writes_what_the_ledger_keeps(self) -> None:
		for doctype in ("Credit Lot", "Credit Ledger Entry", "Support Incident"):
			with self.nothing_written():
				for way, answer in self.writes(manager(), doctype).items():
					with self.subTest(doctype, way=way):
						self.assertNotEqual(200, answer.status, answer)

	def test_a_customer_cannot_delete_merge_or_split_his_ticket(self) -> None:
		hosts = "helpdesk.helpdesk.doctype.hd_ticket.api"
		with self.nothing_written():
			for answer in (
				self.customer.call("frappe.client.delete", doctype="HD Ticket", name=self.ticket),
				self.customer.request("DELETE", f"/api/resource/HD Ticket/{self.ticket}"),
				self.customer.call(f"{hosts}.merge_ticket", source=self.ticket, target=self.ticket),
			):
				self.assertNotEqual(200, answer.status, answer)

	def test_the_boss_of_a_company_cannot_merge_it_into_one_that_has_credits(self) -> None:
		boss = make.portal_user("boss")
		own = make.customer(managers=(boss,))
		make.account(own)
		publish()
		portal = Portal(boss)
		with self.nothing_written():
			answer = portal.call(
				"frappe.client.rename_doc",
				doctype="HD Customer",
				old_name=own,
				new_name=self.company_.name,
				merge=True,
			)
			self.assertNotEqual(200, answer.status, answer)
			self.assert_refused(portal.new(customer=self.company_.name), "", "ValidationError")
