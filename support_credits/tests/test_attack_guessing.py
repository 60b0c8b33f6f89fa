"""Names can be guessed: accounts, lots and entries are numbered. Guessing tells nothing, and other people's tickets are theirs."""

from __future__ import annotations

import json
from collections.abc import Callable

import frappe

from support_credits.tests import factories as make
from support_credits.tests.attack_case import OURS, SETTINGS, AttackCase, Victim, set_value
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import value
from support_credits.tests.server import TICKET, Answer, Portal

Ask = Callable[[Portal, str, str], Answer]

# Where the host answers alike for what is there and what is not. Elsewhere (REST GET, delete, has_permission) it looks a
# record up before it asks who wants it, and so tells that it is there, and nothing else.
ALIKE: dict[str, Ask] = {
	"get": lambda who, doctype, name: who.call("frappe.client.get", doctype=doctype, name=name),
	"get_value": lambda who, doctype, name: who.call(
		"frappe.client.get_value", doctype=doctype, fieldname="name", filters={"name": name}
	),
	"get_list": lambda who, doctype, name: who.call(
		"frappe.client.get_list", doctype=doctype, filters={"name": name}
	),
	"get_count": lambda who, doctype, name: who.call(
		"frappe.client.get_count", doctype=doctype, filters={"name": name}
	),
	"validate_link": lambda who, doctype, name: who.call(
		"frappe.client.validate_link", doctype=doctype, docname=name
	),
	"search_link": lambda who, doctype, name: who.call(
		"frappe.desk.search.search_link", doctype=doctype, txt=name
	),
	"getdoc": lambda who, doctype, name: who.call("frappe.desk.form.load.getdoc", doctype=doctype, name=name),
	"set_value": lambda who, doctype, name: set_value(who, doctype, name, "reason", "x"),
	"REST v2": lambda who, doctype, name: who.request("GET", f"/api/v2/document/{doctype}/{name}/"),
}


def said(answer: Answer, name: str) -> tuple[object, ...]:
	return answer.status, answer.error, answer.messages.replace(name, "it")


class TestGuessedNames(AttackCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.victim, outsider = Victim(), make.company(1)
		publish()
		cls.outsider = Portal(outsider.person)

	def setUp(self) -> None:
		super().setUp()
		self.watch(self.victim)

	def test_a_record_that_is_there_and_one_that_is_not_are_answered_alike(self) -> None:
		for doctype in OURS:
			if doctype == SETTINGS:
				continue
			name = self.victim.names[doctype]
			missing = f"{name[:-1]}~"
			for door, ask in ALIKE.items():
				with self.subTest(doctype, door=door):
					there = said(ask(self.outsider, doctype, name), name)
					self.assertEqual(there, said(ask(self.outsider, doctype, missing), missing))

	def test_our_own_endpoints_ask_first_who_wants_to_know(self) -> None:
		names, other = self.victim.names, "no-such-thing"
		asked: dict[str, tuple[dict[str, str], dict[str, str]]] = {
			"incident.exempt": ({"ticket": self.victim.ticket, "reason": names["Exemption Reason"]}, {"ticket": other, "reason": other}),
			"incident.unexempt": ({"ticket": self.victim.ticket}, {"ticket": other}),
			"incident.park": ({"ticket": self.victim.ticket}, {"ticket": other}),
			"incident.release": ({"ticket": self.victim.ticket}, {"ticket": other}),
			"incident.set_customer": ({"ticket": self.victim.ticket, "customer": self.victim.customer}, {"ticket": other, "customer": other}),
			"preview.costs": ({"ticket": self.victim.ticket}, {"ticket": other}),
			"account.statement": ({"account": self.victim.account}, {"account": other}),
			"account.verify": ({"account": self.victim.account}, {"account": other}),
			"account.void": ({"lot": names["Credit Lot"], "reason": "x"}, {"lot": other, "reason": "x"}),
			"account.grant": ({"customer": self.victim.customer, "credits": "1", "reason": "x"}, {"customer": other, "credits": "1", "reason": "x"}),
		}  # fmt: skip
		for who in (self.outsider, Portal()):
			for path, (there, missing) in asked.items():
				with self.subTest(path, user=who.user):
					answers = [who.call(f"support_credits.api.{path}", **named) for named in (there, missing)]
					self.assertEqual(said(answers[0], ""), said(answers[1], ""))
					self.assertEqual(403, answers[0].status, answers[0])

	def test_a_refusal_for_another_customer_says_nothing_of_his_balance_or_account(self) -> None:
		for customer in (self.victim.customer, "No such company"):
			answer = self.outsider.rest(customer=customer)
			with self.subTest(customer):
				self.assertNotEqual(200, answer.status)
				self.assertNotIn("balance", answer.messages)
				self.assertNotIn(self.victim.account, answer.text)
				self.assertNotIn(self.victim.secret, answer.text)

	def test_our_pages_show_a_customer_his_own_companies_and_a_guest_none(self) -> None:
		for who in (self.outsider, Portal()):
			for path in ("/support-credits", "/helpdesk/credits"):
				for query in ("", f"?customer={self.victim.customer}&account={self.victim.account}"):
					page = who.open_page(f"{path}{query}").text.replace(query, "")
					# What tiers and reasons say of themselves is published there, and the victim's word with it.
					for name in (self.victim.customer, self.victim.account, *self.victim.names.values()):
						self.assertNotIn(name, page)


class TestTicketsOfOthers(AttackCase):
	"""Strangers and colleagues: acting on a ticket may withdraw it, or charge its company again."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.theirs, stranger = make.company(0, portal_policy="Park"), make.company(1)
		colleague = make.portal_user("colleague")
		make.add_member(cls.theirs.name, colleague)
		publish()
		cls.owner = Portal(cls.theirs.person)
		cls.others = (Portal(stranger.person), Portal(colleague), Portal())

	def setUp(self) -> None:
		super().setUp()
		self.verified.append(self.theirs.account)

	def acts(self, who: Portal, ticket: str, status: str) -> None:
		"""The host asks the changed document whose it is: each way is tried with the claim that it is one's own."""
		for claim in ({}, {"raised_by": who.user}, {"contact": self.contact_of(who)}, {"owner": who.user}):
			wish = {"status": status, "subject": "Mine now", **claim}
			who.set_value(ticket, wish)
			who.put(ticket, **wish)
			who.patch_v2(ticket, **wish)
			who.call(
				"frappe.client.bulk_update", docs=json.dumps([{"doctype": TICKET, "docname": ticket, **wish}])
			)
		who.reply(ticket)
		for more in ({}, {"__islocal": 1}):
			self.act_on_a_forged_document(who, ticket, status=status, **more)

	def contact_of(self, who: Portal) -> str | None:
		return frappe.db.get_value("Contact", {"user": who.user})

	def act_on_a_forged_document(self, who: Portal, ticket: str, **more: object) -> None:
		"""A whole document of one's own making, with all that nobody else can know of this one."""
		columns = ("modified", "creation", "priority", "ticket_type", "agent_group", "sla")
		known = {column: str(value(ticket, column) or "") for column in columns}
		claims = {"owner": who.user, "raised_by": who.user, "subject": "Mine now", "via_customer_portal": 1}
		doc = json.dumps({"doctype": TICKET, "name": ticket, **known, **claims, **more})
		who.call(
			"run_doc_method", docs=doc, method="create_communication_via_contact", args='{"message": "x"}'
		)
		who.call("frappe.client.save", doc=doc)
		who.call("frappe.desk.form.save.savedocs", doc=doc, action="Save")

	def state_of(self, ticket: str) -> object:
		fields = ["status", "raised_by", "customer", "subject", "sc_state"]
		incident = make.incident_of(ticket)
		entries = frappe.get_all("Credit Ledger Entry", {"incident": incident.name}, ["kind", "credits"])
		return incident, entries, frappe.db.get_value(TICKET, ticket, fields)

	def assert_nothing_done(self, ticket: str, status: str) -> None:
		look_again()
		before = self.state_of(ticket)
		for who in self.others:
			with self.subTest(who.user):
				self.acts(who, ticket, status)
				look_again()
				self.assertEqual(before, self.state_of(ticket))

	def test_nobody_else_withdraws_a_ticket_that_waits(self) -> None:
		self.assert_nothing_done(self.assert_ok(self.owner.new()).ticket, "Closed")

	def test_nobody_else_opens_a_withdrawn_ticket_again_and_makes_its_company_pay(self) -> None:
		ticket = self.assert_ok(self.owner.new()).ticket
		self.assert_ok(self.owner.set_value(ticket, "status", "Resolved"))
		self.grant(self.theirs.account, 3)
		self.assert_nothing_done(ticket, "Open")

	def test_the_one_whose_ticket_it_is_does_both(self) -> None:
		mine = self.company(0, portal_policy="Park")
		portal = Portal(mine.person)
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(portal.set_value(ticket, "status", "Resolved"))
		self.assert_incident(ticket, "Withdrawn")
		self.grant(mine.account, 1)
		self.assert_ok(portal.reply(ticket))
		self.assert_incident(ticket, "Charged", 1)
