"""Every column of a ticket, one by one, as a customer would forge it: none of them moves a credit, an incident or a mark."""

from __future__ import annotations

import json
from collections.abc import Callable

import frappe
from frappe.model import no_value_fields

from support_credits.tests import factories as make
from support_credits.tests.attack_case import LEDGER, AttackCase, Victim, insert
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.ledger_case import rows_of
from support_credits.tests.server import TICKET, Answer, Portal

LONG_AGO = "2020-01-01 00:00:00"
# What a document has beside its fields: the row's own columns, the host's pages' columns, and what a form sends along.
BESIDE = {
	"name": "9999999", "owner": "Administrator", "creation": LONG_AGO, "modified": LONG_AGO, "modified_by": "Administrator",
	"docstatus": 1, "idx": -1, "parent": "x", "parenttype": "HD Customer", "_user_tags": ",x", "_comments": "[]",
	"_assign": "[]", "_liked_by": "[]", "_seen": "[]", "__islocal": 1, "amended_from": "1", "doctype": "HD Ticket",
	"flags": {"sc_release": 1, "sc_stored": 1, "ignore_permissions": 1, "in_import": 1, "ignore_validate": 1},
	"_doc_before_save": {"sc_state": "Exempt"},
}  # fmt: skip
# Nothing of these decides anything for us, and a forged one breaks the ticket in the host's own pages.
UNLIKELY: dict[str, Callable[[Victim], object]] = {
	"Date": lambda _victim: LONG_AGO[:10],
	"Time": lambda _victim: "00:00:01",
	"Datetime": lambda _victim: LONG_AGO,
	"Duration": lambda _victim: -9_000_000,
	"Int": lambda _victim: -5,
	"Check": lambda _victim: 1,
	"Rating": lambda _victim: 1,
}
LINKED: dict[str, Callable[[Victim], object]] = {
	"HD Customer": lambda victim: victim.customer,
	"Contact": lambda victim: victim.person.contact,
	"HD Ticket": lambda victim: victim.ticket,
}


def forged_fields(victim: Victim) -> dict[str, object]:
	"""For every field of a ticket something that its honest owner would not write."""
	values: dict[str, object] = {}
	for field in frappe.get_meta(TICKET).fields:
		if field.fieldtype in no_value_fields:
			continue
		if field.fieldtype == "Link":
			known = LINKED.get(field.options)
			values[field.fieldname] = (
				known(victim) if known else frappe.db.get_value(field.options, {}, "name")
			)
		elif field.fieldtype in UNLIKELY:
			values[field.fieldname] = UNLIKELY[field.fieldtype](victim)
		else:
			values[field.fieldname] = "Exempt"
	values.update({"raised_by": victim.person.email, "agreement_status": "Failed", "sc_tier": "GOLD"})
	return values


class FieldsCase(AttackCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.victim = Victim()
		cls.fields = forged_fields(cls.victim)
		cls.forged = {**cls.fields, **BESIDE}

	def setUp(self) -> None:
		super().setUp()
		self.watch(self.victim)
		self.untouched = self.victim.rows()

	def assert_victim_untouched(self) -> None:
		self.assertEqual(self.untouched, self.victim.rows())


class TestEveryFieldOfANewTicket(FieldsCase):
	def test_every_column_is_tried(self) -> None:
		columns = set(frappe.db.get_table_columns(TICKET))
		self.assertEqual(set(), columns - set(self.forged), "columns that no test forges")

	def test_none_makes_it_cheaper_or_dearer_or_somebody_elses(self) -> None:
		mine = self.company(len(self.fields))
		portal, served = Portal(mine.person), 0
		for field, value in self.fields.items():
			with self.subTest(field):
				before = kinds(mine.account)
				answer = portal.client_insert(**{field: value})
				paid = [("Charge", -1)] if answer.status == 200 else []
				self.assertEqual(before + paid, kinds(mine.account))
				if paid:
					served += 1
					self.assert_incident(answer.ticket, "Charged", 1, account=mine.account)
		self.assertGreater(
			served, len(self.fields) / 2, "most are ignored; were they refused, nothing was tried"
		)
		self.assert_victim_untouched()

	def test_without_a_credit_none_opens_the_door(self) -> None:
		portal = Portal(self.company(0).person)
		with self.nothing_written():
			for field, value in self.forged.items():
				with self.subTest(field):
					self.assertNotEqual(200, portal.client_insert(**{field: value}).status)


class TestEveryFieldOfATicketOfOnesOwn(FieldsCase):
	def test_none_moves_a_credit_an_incident_or_a_mark(self) -> None:
		mine = self.company(3)
		portal = Portal(mine.person)
		ticket = self.assert_ok(portal.new()).ticket
		before = self.all_of(mine.account, ticket)
		for field, value in self.fields.items():
			with self.subTest(field):
				portal.set_value(ticket, field, value)
				self.assertEqual(before, self.all_of(mine.account, ticket))
		self.assert_victim_untouched()

	def test_none_wakes_a_ticket_that_waits(self) -> None:
		mine = self.company(0, portal_policy="Park")
		portal = Portal(mine.person)
		ticket = self.assert_ok(portal.new()).ticket
		before = self.all_of(mine.account, ticket), self.clock(ticket)
		wanted = {"status": "Open", "status_category": "Open", "flags": BESIDE["flags"]}
		for field, value in {**self.decisive(), **wanted}.items():
			with self.subTest(field):
				portal.set_value(ticket, field, value)
				self.assertEqual(before, (self.all_of(mine.account, ticket), self.clock(ticket)))

	def decisive(self) -> dict[str, object]:
		"""The fields that say how a ticket stands, since when, and whose it is."""
		meta = frappe.get_meta(TICKET)
		kinds_of_field = ("Datetime", "Duration", "Date", "Time", "Check", "Link")
		timely = {
			field: value
			for field, value in self.fields.items()
			if meta.get_field(field).fieldtype in kinds_of_field
		}
		return {
			**timely,
			**{field: self.fields[field] for field in ("sc_state", "sc_credits", "raised_by", "key")},
		}

	def all_of(self, account: str, ticket: str) -> object:
		look_again()
		marks = frappe.db.get_value(TICKET, ticket, ["sc_state", "sc_credits", "sc_tier", "customer", "key"])
		found = rows_of(account)
		for incident in found["Support Incident"]:
			incident.pop("resolved_at_utc")  # he may close his own ticket, and that is noted
		return found, marks

	def clock(self, ticket: str) -> object:
		fields = ["status", "status_category", "response_by", "resolution_by", "first_responded_on"]
		return frappe.db.get_value(TICKET, ticket, fields)


class TestMassAssignment(FieldsCase):
	"""A whole document of another DocType, or of a child, where a ticket is expected."""

	def doors(self, portal: Portal, doc: dict[str, object]) -> dict[str, Answer]:
		new = "helpdesk.helpdesk.doctype.hd_ticket.api.new"
		return {
			"portal page": portal.call(new, doc=doc, attachments=[]),
			"REST": portal.request("POST", f"/api/resource/{TICKET}", doc),
			"REST v2": portal.request("POST", f"/api/v2/document/{TICKET}", doc),
			"client.insert": portal.call("frappe.client.insert", doc=doc),
			"client.insert_many": portal.call("frappe.client.insert_many", docs=[doc]),
			"client.save": portal.call("frappe.client.save", doc=doc),
			"savedocs": portal.call("frappe.desk.form.save.savedocs", doc=json.dumps(doc), action="Save"),
			"run_doc_method": portal.call("run_doc_method", docs=json.dumps(doc), method="insert"),
		}

	def test_a_record_of_ours_posted_as_a_ticket_is_a_refused_ticket(self) -> None:
		portal = Portal(self.company(0).person)
		for doctype in LEDGER:
			name = self.victim.names[doctype]
			row = {
				"subject": "x",
				"account": self.victim.account,
				"remaining": 99,
				"credits": 99,
				"customer": None,
			}
			with self.nothing_written():
				for door, answer in self.doors(portal, {"doctype": doctype, "name": name, **row}).items():
					with self.subTest(doctype, door=door):
						self.assertNotEqual(200, answer.status, answer)
		self.assert_victim_untouched()

	def test_a_lot_as_a_child_of_ones_own_ticket_is_no_lot(self) -> None:
		mine = self.company(1)
		portal = Portal(mine.person)
		ticket = self.assert_ok(portal.new()).ticket
		before = kinds(mine.account)
		child = {
			"parent": ticket,
			"parenttype": TICKET,
			"parentfield": "lots",
			"account": mine.account,
			"remaining": 9,
		}
		for doctype in ("Credit Lot", "Credit Ledger Entry", "Support Incident"):
			with self.subTest(doctype), self.nothing_written():
				self.assertNotEqual(200, insert(portal, doctype, **child).status)
				nested = {
					"lots": [{"doctype": doctype, **child}],
					"contacts": [{"doctype": doctype, **child}],
				}
				portal.put(ticket, **nested)
				portal.save(ticket, **nested)
		self.assertEqual(before, kinds(mine.account))

	def test_a_list_of_documents_charges_each_or_none(self) -> None:
		mine = self.company(2)
		portal = Portal(mine.person)
		other = {"doctype": "Credit Lot", "account": mine.account, "remaining": 9}
		ticket = {"doctype": TICKET, "subject": "x", "description": "x"}
		with self.nothing_written():
			answer = portal.call("frappe.client.insert_many", docs=[ticket, other])
			self.assertNotEqual(200, answer.status, answer)
			answer = portal.call("frappe.client.insert_many", docs=[ticket, ticket, ticket])
			self.assert_refused(answer, "this ticket needs 1 and your balance is 0")


class TestNamesOfOnesOwnCompany(AttackCase):
	def test_another_spelling_of_the_customer_pays_all_the_same(self) -> None:
		"""The database takes ``COMPANY`` for ``Company``: it must not be a customer without an account for us."""
		mine = self.company(0)
		portal = Portal(mine.person)
		for spelling in (
			mine.name.upper(),
			mine.name.lower(),
			f"{mine.name} ",
			mine.name.replace("o", "ö", 1),
		):
			with self.subTest(spelling), self.nothing_written():
				answer = portal.rest(customer=spelling)
				self.assertIn(answer.status, (403, 404, 417), answer)

	def test_another_spelling_of_ones_own_address_is_oneself(self) -> None:
		mine = self.company(4)
		portal = Portal(mine.person)
		publish()
		for spelling in (mine.person.email.upper(), f" {mine.person.email}", f"Me <{mine.person.email}>"):
			with self.subTest(spelling):
				ticket = self.assert_ok(portal.rest(raised_by=spelling)).ticket
				self.assert_incident(ticket, "Charged", 1, customer=mine.name)
				self.assertEqual(mine.person.email, frappe.db.get_value(TICKET, ticket, "raised_by"))
		self.assertEqual(3, len(frappe.get_all(TICKET, {"customer": mine.name}, pluck="name")))
		self.assertEqual(1, make.incident_of(ticket).credits)
