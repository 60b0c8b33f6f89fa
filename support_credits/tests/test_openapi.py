"""The OpenAPI file says what the code says, and the real server answers as the file says."""

from __future__ import annotations

import json
from pathlib import Path

import frappe
from jsonschema import Draft202012Validator

from support_credits import openapi
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, agent, manager

FILE = Path(frappe.get_app_path("support_credits", "public", "openapi.json"))
PREFIX = "/api/method/support_credits.api."


def described() -> dict[str, object]:
	return json.loads(FILE.read_text())


class TestTheFile(HttpTestCase):
	def test_it_is_what_the_code_says(self) -> None:
		"""To renew it: bench --site SITE support-credits openapi > support_credits/public/openapi.json"""
		self.assertEqual(json.loads(json.dumps(openapi.document())), described())

	def test_it_is_served_to_everybody(self) -> None:
		"""By the web server of a bench from the assets; gunicorn alone serves none."""
		link = Path(frappe.get_site_path("..", "assets", "support_credits", "openapi.json"))
		self.assertEqual(described(), json.loads(link.read_text()))

	def test_every_schema_is_one(self) -> None:
		document = described()
		for name, schema in document["components"]["schemas"].items():
			with self.subTest(name):
				Draft202012Validator.check_schema(schema)

	def test_every_endpoint_of_a_customer_says_how_often_it_may_be_called(self) -> None:
		for path, methods in described()["paths"].items():
			module = path.removeprefix(PREFIX).partition(".")[0]
			if module in ("customer", "statement", "offer") or path.endswith(
				(".redeem", ".accept", ".listed")
			):
				for operation in methods.values():
					with self.subTest(path):
						self.assertIn("x-rate-limit", operation)


class TestTheServer(HttpTestCase):
	"""Each answer of the customer's endpoints is valid against the file, with a token as an integration has one."""

	def setUp(self) -> None:
		super().setUp()
		self.document = described()
		self.payer, boss = self.company(5), make.portal_user("boss")
		make.add_member(self.payer.name, boss, is_manager=True)
		publish()
		self.token = self.token_of(boss.email)

	def token_of(self, user: str) -> str:
		secret = frappe.generate_hash(length=15)
		doc = frappe.get_doc("User", user)
		doc.api_key, doc.api_secret = frappe.generate_hash(length=15), secret
		doc.save(ignore_permissions=True)
		publish()
		return f"token {doc.api_key}:{secret}"

	def ask(self, path: str, method: str = "POST", **arguments: object) -> object:
		"""Call as an integration does and hold the answer to the file."""
		query = "&".join(f"{name}={value}" for name, value in arguments.items())
		where = f"{PREFIX}{path}" + (f"?{query}" if method == "GET" and query else "")
		answer = Portal().request(
			method, where, arguments if method == "POST" else None, Authorization=self.token
		)
		self.assert_ok(answer)
		self.assert_described(path, method, answer)
		return answer.value

	def assert_described(self, path: str, method: str, answer: Answer) -> None:
		operation = self.document["paths"][f"{PREFIX}{path}"][method.lower()]
		schema = operation["responses"][str(answer.status)]["content"]["application/json"]["schema"]
		whole = {**schema, "components": self.document["components"]}
		errors = [error.message for error in Draft202012Validator(whole).iter_errors(answer.body)]
		self.assertEqual([], errors, path)

	def test_every_answer_is_as_described(self) -> None:
		calendar = make.support_calendar()
		make.tier(calendar=calendar, promise_unit="covered hours", promise_value=2)
		make.pack()
		publish()
		portal = Portal(self.payer.person)
		ticket = self.assert_ok(portal.new()).ticket
		waits = self.assert_ok(portal.new(priority="High")).ticket
		self.assert_ok(
			agent().call("support_credits.api.proposals.propose", ticket=ticket, credits=1, reason="More")
		)
		for path in ("balance", "overview", "lots", "quote"):
			for method in ("GET", "POST"):
				self.ask(f"customer.{path}", method)
		for number in (ticket, waits):
			self.ask("customer.ticket", ticket=number)
		page = self.ask("statement.page", limit=1)
		self.ask("statement.page", "GET", after=page["next"])
		[proposal] = self.ask("proposals.listed")["proposals"]
		self.ask("proposals.accept", proposal=proposal["proposal"])
		issued = manager().call("support_credits.api.codes.issue", batch="Cards", credits=1)
		self.ask("codes.redeem", code=self.assert_ok(issued).value["codes"][0])
		self.ask("offer.packs", "GET")
		self.ask("offer.tiers", "GET")
		self.ask("services.request", subject="A project", details="Please install it for us.")

	def test_a_quote_of_an_empty_account_is_as_described_too(self) -> None:
		self.token = self.token_of(self.company(0).person.email)
		self.assertEqual("Refused", self.ask("customer.quote")["state"])

	def test_a_refusal_is_as_described(self) -> None:
		answer = Portal().request(
			"POST", f"{PREFIX}customer.lots", {"customer": "No"}, Authorization=self.token
		)
		self.assertEqual(403, answer.status)
		self.assert_described("customer.lots", "POST", answer)


class TestWithTheHostsBlock(HttpTestCase):
	def test_with_block_endpoints_one_line_of_the_sites_config_lets_customers_in(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		with make.site_config(block_endpoints=1):
			refused = portal.call("support_credits.api.customer.balance")
			self.assertEqual(403, refused.status, refused)
			self.assertIn("Access not allowed for this URL", refused.messages)
			with make.site_config(allowed_custom_endpoints=["support_credits.api."]):
				for path in ("customer.balance", "customer.quote", "statement.page", "offer.packs"):
					self.assert_ok(portal.call(f"support_credits.api.{path}"))


class TestHowOften(HttpTestCase):
	def test_a_person_who_asks_too_often_waits_and_his_colleague_does_not(self) -> None:
		company = self.company(1)
		other = make.portal_user("colleague")
		make.add_member(company.name, other)
		publish()
		portal, colleague = Portal(company.person), Portal(other)
		with make.rate_factor(0.01):  # 300 a minute are 3 now
			answers = [portal.call("support_credits.api.customer.balance").status for _number in range(5)]
			self.assertEqual([200, 200, 200, 429, 429], answers)
			self.assert_ok(colleague.call("support_credits.api.customer.balance"))

	def test_guests_are_counted_by_their_address(self) -> None:
		with make.rate_factor(0.01):
			statuses = {Portal().call("support_credits.api.offer.packs").status for _number in range(8)}
		self.assertIn(429, statuses)
