"""What the suites about requests share: somebody who asks for services over HTTP."""

from __future__ import annotations

import itertools
import re
from html import unescape

import frappe

from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import TICKET, Answer, Portal

REQUEST = "support_credits.api.services.request"
SAID = "This is a request and no incident. It costs no credits."
ASKED = {"subject": "Move our mail server", "details": "Two sites.\nOne <b>old</b>.\n\nBy March."}
GUEST = {"name": "Rui Costa", "email": "rui@nowhere.example"}
_addresses = itertools.count(1)


def address() -> dict[str, str]:
	"""A visitor from an address of his own: an hour's requests from one are counted together."""
	number = next(_addresses)
	run = int(frappe.generate_hash(length=4), 36) % 250
	return {"X-Forwarded-For": f"10.{run}.{number // 250}.{number % 250 + 1}"}


class ServicesCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.guest = Portal()

	def ask(self, who: Portal, headers: dict[str, str] | None = None, /, **fields: object) -> Answer:
		own = GUEST if who.user == "Guest" else {}
		return who.call(REQUEST, headers or address(), **{**ASKED, **own, **fields})

	def asked(self, who: Portal, **fields: object) -> str:
		"""The number of the ticket that a request has opened."""
		answer = self.assert_ok(self.ask(who, **fields))
		self.assertIn(f"number {answer.value['ticket']}", answer.value["message"])
		return answer.value["ticket"]

	@staticmethod
	def everyone(must: int) -> None:
		"""Without the job that then opens an account for every customer, which other tests would count."""
		look_again()
		frappe.db.set_single_value("Support Credits Settings", "everyone_must_have_credits", must)
		publish()

	@staticmethod
	def off_sale(pack: str) -> None:
		frappe.db.set_value("Credit Pack", pack, "on_sale", 0)
		publish()

	def message_of(self, ticket: str) -> str:
		look_again()
		found = frappe.get_all(
			"Communication", {"reference_doctype": TICKET, "reference_name": ticket}, pluck="content"
		)
		self.assertEqual(1, len(found))
		return unescape(re.sub(r"<[^>]+>", " ", found[0]))
