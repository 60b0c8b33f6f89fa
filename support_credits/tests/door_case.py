"""The doors by which a ticket comes in, as functions of who calls, and what the suites about doors share.

``docs/doors.md`` is the table; its cells name the tests in ``test_door_*`` and in the older suites.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import TICKET, Answer, Portal, agent, draft

WEB_FORM = "frappe.website.doctype.web_form.web_form.accept"
SAVE_FORM = "frappe.desk.form.save.savedocs"
SPLIT = "helpdesk.helpdesk.doctype.hd_ticket.api.split_ticket"
_addresses = itertools.count(1)

Door = Callable[..., Answer]


def web_form(portal: Portal, **fields: object) -> Answer:
	"""Helpdesk's own form ``tickets``, with what its page posts; a ``name`` edits that ticket.

	Every post comes from an address of its own: the host takes ten in a minute from one.
	"""
	shown = {"status": "Open", "priority": "Medium", "via_customer_portal": 1}
	number = next(_addresses)
	address = {"X-Forwarded-For": f"127.1.{number // 250}.{number % 250 + 1}"}
	return portal.call(WEB_FORM, address, web_form="tickets", data=json.dumps(draft(**shown, **fields)))


def desk_form(portal: Portal, **fields: object) -> Answer:
	"""A new document saved in Desk."""
	new = {"doctype": TICKET, "name": "new-hd-ticket-1", "__islocal": 1, "__unsaved": 1, **draft(**fields)}
	return portal.call(SAVE_FORM, doc=json.dumps(new), action="Save")


def one_of_many(portal: Portal, **fields: object) -> Answer:
	return portal.insert_many(1, **fields)


# The portal page says that it is the portal, and so does the web form; the others say nothing.
CUSTOMERS_DOORS: dict[str, tuple[Door, str]] = {
	"portal page": (Portal.new, "portal"),
	"REST": (Portal.rest, "api"),
	"REST v2": (Portal.rest_v2, "api"),
	"frappe.client.insert": (Portal.client_insert, "api"),
	"frappe.client.insert_many": (one_of_many, "api"),
	"web form": (web_form, "portal"),
	"desk form": (desk_form, "api"),
}
AGENTS_DOORS: dict[str, Door] = {
	"agent's page": Portal.new,
	"REST": Portal.rest,
	"desk form": desk_form,
}


@dataclass(frozen=True)
class Payer:
	"""A customer and its account."""

	name: str
	account: str


def number_of(answer: Answer) -> str:
	"""The ticket a door has made, wherever its answer says so."""
	if "docs" in answer.body:
		return str(answer.body["docs"][0]["name"])
	return str(answer.value[0]) if isinstance(answer.value, list) else answer.ticket


class DoorCase(HttpTestCase):
	"""Tickets through a door, and what became of them."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.write_web_form(published=1)
		cls.addClassCleanup(cls.write_web_form, published=0)

	@classmethod
	def write_web_form(cls, **fields: object) -> None:
		"""Helpdesk ships the form unpublished."""
		look_again()
		frappe.db.set_value("Web Form", "tickets", fields)
		publish()
		frappe.clear_document_cache("Web Form", "tickets")

	def change_account(self, account: str, **fields: object) -> None:
		look_again()
		frappe.get_doc("Credit Account", account).update(fields).save()
		publish()

	def payer(self, credits: int = 0, **fields: object) -> Payer:
		"""A customer with an account whose tickets agents open: it has no people."""
		name = make.customer(label="Payer")
		account = make.account(name, credits, **fields)
		self.verified.append(account)
		publish()
		return Payer(name, account)

	def free_customer(self) -> str:
		"""A customer without an account and without people."""
		name = make.customer(label="Free")
		publish()
		return name

	def free_person(self) -> tuple[str, Portal]:
		"""A customer without an account, and its one member at the site."""
		someone = make.portal_user("free")
		name = make.customer(someone, label="Free")
		publish()
		return name, Portal(someone)

	def account_of(self, customer: str) -> str | None:
		look_again()
		found = frappe.db.get_value("Credit Account", {"customer": customer})
		if found and found not in self.verified:
			self.verified.append(found)
		return found

	def assert_decided(
		self, answer: Answer, state: str, credits: int, sentence: str, **fields: object
	) -> str:
		"""The door took the ticket; its incident is in ``state`` and says ``sentence`` to whoever reads it."""
		ticket = number_of(self.assert_ok(answer))
		incident = self.assert_incident(ticket, state, credits, **fields)
		self.assertIn(sentence, incident.message)
		status = "Waiting for credits" if state == "Parked" else "Open"
		self.assertEqual(status, frappe.db.get_value(TICKET, ticket, "status"))
		return ticket

	def split(self, ticket: str) -> Answer:
		"""The agent takes the ticket's last message into a ticket of its own."""
		look_again()
		last = frappe.get_all(
			"Communication",
			{"reference_doctype": TICKET, "reference_name": ticket},
			pluck="name",
			order_by="creation desc",
			limit=1,
		)
		return agent().call(SPLIT, subject="The other half", communication_id=last[0])


@contextmanager
def nothing_committed() -> Iterator[None]:
	"""A commit within the block fails: it takes away rows that other tests need, and gives them back at its end."""

	def refuse() -> None:
		raise AssertionError("a test that must undo everything was about to commit")

	look_again()
	frappe.db.before_commit.add(refuse)
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.db.before_commit.reset()
