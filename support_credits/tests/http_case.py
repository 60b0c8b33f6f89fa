"""The base of the tests over HTTP: it publishes fixtures, watches the tables and verifies the accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from support_credits.ledger import queries, verification
from support_credits.tests import factories as make
from support_credits.tests import server
from support_credits.tests.compat import TestCase, look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.server import Answer

WATCHED = (
	"HD Ticket", "Communication", "HD Ticket Activity", "HD Ticket Comment", "File", "Email Queue", "Contact",
	"Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident", "Credit Proposal", "Activation Code",
	"Credit Order", "Order Redemption", "Activation Batch", "Deployment", "Emergency Session",
)  # fmt: skip


def rows() -> dict[str, object]:
	"""What a refusal must leave alone: how many rows there are, what the lots hold, the next ticket's number."""
	look_again()
	found: dict[str, object] = {doctype: frappe.db.count(doctype) for doctype in WATCHED}
	found["remaining"] = frappe.db.sql("SELECT SUM(remaining) FROM `tabCredit Lot`")[0][0]
	found["series"] = frappe.db.sql("SELECT current FROM `tabSeries` WHERE name = ''")
	found["chains"] = frappe.db.sql("SELECT SUM(seq) FROM `tabCredit Account`")[0][0]
	return found


class HttpTestCase(TestCase):
	"""Companies whose accounts are verified when the test ends, and assertions on answers and rows."""

	maxDiff = None

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		server.agent(), server.manager()  # people made later would count as rows that a refusal has written

	def setUp(self) -> None:
		super().setUp()
		self.verified: list[str] = []
		self.addCleanup(self.verify_accounts)

	def verify_accounts(self) -> None:
		look_again()
		for account in self.verified:
			self.assertEqual([], verification.verify(account).as_dict()["findings"], account)

	def company(self, credits: int = 0, **fields: object) -> Company:
		"""A company that the server knows, with its account."""
		found = make.company(credits, **fields)
		self.verified.append(found.account)
		publish()
		return found

	def grant(self, account: str, credits: int, **fields: object) -> str:
		lot = make.grant(account, credits, **fields)
		publish()
		return lot

	@contextmanager
	def site_settings(self, doctype: str = "Support Credits Settings", /, **values: object) -> Iterator[None]:
		"""The site with these settings, for the server too."""
		try:
			with make.single(doctype, **values):
				publish()
				yield
				look_again()
		finally:
			publish()

	@contextmanager
	def host_settings(self, **values: object) -> Iterator[None]:
		"""HD Settings with these values. Written as values: saving the document rebuilds permissions, for seconds."""
		before = {field: frappe.db.get_single_value("HD Settings", field) for field in values}
		self.write_host_settings(values)
		try:
			yield
		finally:
			look_again()
			self.write_host_settings(before)

	def write_host_settings(self, values: dict[str, object]) -> None:
		for field, content in values.items():
			frappe.db.set_single_value("HD Settings", field, content)
		publish()
		frappe.clear_document_cache("HD Settings", "HD Settings")

	@contextmanager
	def nothing_written(self) -> Iterator[None]:
		before = rows()
		yield
		self.assertEqual(before, rows())

	def assert_ok(self, answer: Answer) -> Answer:
		self.assertEqual(200, answer.status, answer)
		look_again()
		return answer

	def assert_refused(
		self, answer: Answer, text: str, error: str = "CreditsRefused", status: int = 417
	) -> None:
		self.assertEqual((status, error), (answer.status, answer.error), answer)
		self.assertIn(text, answer.messages)

	def assert_incident(self, ticket: str, state: str, credits: int = 0, **fields: object) -> frappe._dict:
		"""The ticket's incident is as said, and the ticket shows the same."""
		look_again()
		incident = make.incident_of(ticket)
		self.assertIsNotNone(incident, f"ticket {ticket} has no incident")
		expected = {"state": state, "credits": credits, **fields}
		self.assertEqual(expected, {field: incident[field] for field in expected})
		marks = frappe.db.get_value("HD Ticket", ticket, ["sc_state", "sc_credits"], as_dict=True)
		self.assertEqual({"sc_state": state, "sc_credits": credits}, marks)
		return incident

	def assert_untouched(self, ticket: str) -> None:
		"""Helpdesk as it would be without the app: no incident, and the marks are empty."""
		look_again()
		self.assertIsNone(make.incident_of(ticket))
		marks = frappe.db.get_value("HD Ticket", ticket, ["sc_state", "sc_credits", "sc_tier"])
		self.assertEqual((None, 0, None), marks)

	def assert_balance(self, account: str, credits: int) -> None:
		look_again()
		self.assertEqual(credits, queries.balance(account))


def kinds(account: str) -> list[tuple[str, int]]:
	"""The account's entries in order, as kind and credits."""
	look_again()
	found = frappe.get_all(
		"Credit Ledger Entry", filters={"account": account}, fields=["kind", "credits"], order_by="seq asc"
	)
	return [(entry.kind, entry.credits) for entry in found]


def value(ticket: str, field: str) -> object:
	"""A field of the ticket as it is stored now."""
	look_again()
	return frappe.db.get_value("HD Ticket", ticket, field)
