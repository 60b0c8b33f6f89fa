"""SQL and scripts where a name, a text or a filter is expected: at the host's lists, and at every endpoint of ours."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import frappe

from support_credits.ledger import orders
from support_credits.tests import factories as make
from support_credits.tests.attack_case import LEDGER, SETTINGS, AttackCase, Victim, insert, set_value
from support_credits.tests.compat import look_again, publish
from support_credits.tests.server import TICKET, Answer, Portal, agent, manager
from support_credits.tests.test_http_flow import BALANCE_ZERO

SCRIPTS = (
	"<script>alert(1)</script>",
	'<img src=x onerror="alert(1)">',
	"<svg/onload=alert(1)>",
	'{"a": "<img src=x onerror=alert(1)>"}',  # the host's own cleaning lets everything through that is valid JSON
	"< img src=x onerror=alert(1)>",
)
SQL = ("' OR '1'='1", '" OR 1=1 -- ', "x'; DROP TABLE `tabCredit Lot`; -- ", "%", "x\0y", "a" * 300)
OTHER_TYPES = (None, 7, True, ["like", "%"], {"name": ["like", "%"]})


def our_endpoints() -> dict[str, list[str]]:
	"""Every whitelisted function of this app with its parameters; new ones are attacked without a word here."""
	base, found = Path(frappe.get_app_path("support_credits")), {}
	for file in base.rglob("*.py"):
		if "tests" in file.parts:
			continue
		module = ".".join(("support_credits", *file.relative_to(base).with_suffix("").parts))
		for node in ast.parse(file.read_text()).body:
			if isinstance(node, ast.FunctionDef) and "whitelist" in "".join(
				map(ast.unparse, node.decorator_list)
			):
				found[f"{module}.{node.name}"] = [argument.arg for argument in node.args.args]
	return found


class InjectionCase(AttackCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.victim = Victim()
		cls.pack = make.pack()
		cls.tier = make.tier(credits_per_month=1)
		publish()

	def setUp(self) -> None:
		super().setUp()
		self.watch(self.victim)


class TestOurOwnEndpoints(InjectionCase):
	def honest(self) -> dict[str, object]:
		"""A right value for every parameter we know; one after the other is then replaced by a wrong one."""
		names = self.victim.names
		return {
			"ticket": self.victim.ticket, "lot": names["Credit Lot"], "account": self.victim.account, "credits": 1,
			"customer": self.victim.customer, "reason": "Because", "months": 1,
			"severity": "High", "code": "7K3M-PX2D-9QRT-W4HV", "batch": "Cards", "proposal": self.proposal(),
			"subject": "A wish", "details": "A long one", "order": self.order(), "reference": "Bank", "accept_terms": True,
			"pack": self.pack, "number": "or_abcdefgh", "session": "none", "approval": "none",
			"timer": "none", "minutes": 5, "tier": self.tier,
		}  # fmt: skip

	def proposal(self) -> str:
		"""One that was made for the victim's ticket, where it has one."""
		return frappe.db.get_value("Credit Proposal", {"ticket": self.victim.ticket}, "name") or "none"

	def order(self) -> str:
		"""One of the victim's, that nobody has paid."""
		name = orders.place(orders.Wish(self.victim.customer, self.pack, door="Agent"))
		publish()
		return name

	def post(self, path: str, arguments: dict[str, object]) -> Answer:
		return manager().call(path, **arguments)

	def test_there_are_some(self) -> None:
		self.assertGreater(len(our_endpoints()), 9)

	def test_no_name_is_a_pattern_a_filter_or_a_piece_of_sql(self) -> None:
		before = self.victim.rows()
		for path, parameters in our_endpoints().items():
			named = [
				name
				for name in parameters
				if name
				in (
					"ticket",
					"lot",
					"account",
					"customer",
					"person",
					"pack",
					"proposal",
					"code",
					"order",
					"session",
					"approval",
					"timer",
					"tier",
				)
			]
			if path.endswith(".exempt"):
				named.append("reason")
			honest = {name: value for name, value in self.honest().items() if name in parameters}
			if "credits" in honest:
				honest.pop("pack", None)  # either of them
			for name in named:
				if name in ("person", "pack"):
					honest.pop("customer" if name == "person" else "credits", None)
				for bad in (*SQL, *OTHER_TYPES):
					if not bad and name != "ticket":
						continue  # what is not named at all is another question
					with self.subTest(path, parameter=name, value=repr(bad)[:40]):
						answer = self.post(path, {**honest, name: bad})
						self.assertIn(answer.status, (403, 404, 417), answer)
						self.assertNotIn(self.victim.secret, answer.text)
		self.assertEqual(before, self.victim.rows())

	def test_a_customer_gets_no_further_with_any_of_it(self) -> None:
		outsider, before = Portal(self.company(1).person), self.victim.rows()
		for path, parameters in our_endpoints().items():
			for bad in (SQL[0], *OTHER_TYPES) if parameters else ():
				with self.subTest(path, value=repr(bad)):
					answer = outsider.call(path, **dict.fromkeys(parameters, bad))
					self.assertIn(answer.status, (403, 417), answer)
					self.assertNotIn(self.victim.secret, answer.text)
		self.assertEqual(before, self.victim.rows())

	def test_a_day_that_is_none_is_refused(self) -> None:
		for since in (*SQL[:3], "2026-13-01", "0000-00-00", "99999-01-01", "٢٠٢٦-٠١-٠١"):
			with self.subTest(since):
				answer = agent().account("statement", account=self.victim.account, since=since)
				self.assertEqual(417, answer.status, answer)


class TestListsOfTheHost(InjectionCase):
	"""``frappe.get_list`` with pieces of SQL: an agent may read our records, a customer his tickets; neither more."""

	def pieces(self) -> dict[str, list[object]]:
		password = "(SELECT password FROM `__Auth` LIMIT 1)"
		reason = "(SELECT reason FROM `tabCredit Lot` WHERE reason LIKE 'secret%' LIMIT 1)"
		return {
			"fields": [[password], [f"{reason} AS x"], ["name", "`tabCredit Lot`.`reason`"], ["name, " + reason],
				[f"IF({password} LIKE '%', name, name)"], ["`tabCredit Lot`.*"]],
			"filters": [{f"name) OR {reason} LIKE '%": 1}, [["Credit Lot", "reason", "like", "secret%"]],
				[["name", f"= '' OR {reason} LIKE '%' OR name =", "x"]], [["name", "in", reason]]],
			"or_filters": [[["Credit Ledger Entry", "reason", "like", "%"]], {f"1=1) UNION {reason} -- ": 1}],
			"order_by": [reason, f"name, {password}", "name; DELETE FROM `tabCredit Lot`", "name INTO OUTFILE '/tmp/x'"],
			"group_by": [reason, "name HAVING 1=1", f"name UNION {password}"],
		}  # fmt: skip

	def lists(self, who: Portal, doctype: str, piece: str, value: object) -> list[Answer]:
		asked = {"doctype": doctype, "fields": ["name"], "limit_page_length": 3, piece: value}
		text = {
			key: content if isinstance(content, str | int) else json.dumps(content)
			for key, content in asked.items()
		}
		return [
			who.call("frappe.client.get_list", **asked),
			who.call("frappe.desk.reportview.get", **text),
			Answer(who.http.get(f"{who.url}/api/resource/{doctype}", params=text, timeout=60)),
		]

	def assert_nothing_told(self, who: Portal, doctype: str) -> None:
		hashes = frappe.db.sql_list("SELECT password FROM `__Auth` WHERE password IS NOT NULL")
		before = self.victim.rows()
		for piece, values in self.pieces().items():
			for value in values:
				for answer in self.lists(who, doctype, piece, value):
					with self.subTest(doctype, piece=piece, value=str(value)):
						self.assertFalse([one for one in hashes if one and one in answer.text])
						if doctype == TICKET:
							self.assertNotIn(self.victim.secret, answer.text)
		self.assertEqual(before, self.victim.rows())

	def test_a_customer_reaches_none_of_our_tables_from_his_tickets(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		self.assert_ok(portal.new())
		self.assert_nothing_told(portal, TICKET)

	def test_an_agent_reaches_nothing_else_from_our_records(self) -> None:
		self.assert_nothing_told(agent(), "Credit Lot")


class TestScripts(InjectionCase):
	"""What somebody writes is shown to somebody with more rights. The ledger writes rows: the host cleans none of it."""

	def assert_inert(self, account: str) -> None:
		look_again()
		for doctype in LEDGER:
			field = "name" if doctype == "Credit Account" else "account"
			for row in frappe.get_all(doctype, filters={field: account}, fields=["*"]):
				for column, text in row.items():
					self.assertNotRegex(str(text), r"<\s*[a-z!/]", f"{doctype}.{column}")

	def test_no_text_of_an_act_is_kept_as_html(self) -> None:
		mine = self.company(5)
		portal, reason = Portal(mine.person), make.exemption_reason(takes_url=1)
		publish()
		ticket, lot = self.assert_ok(portal.new()).ticket, f"{mine.account}-L000001"
		for script in SCRIPTS:
			with self.subTest(script):
				agent().incident("exempt", ticket=ticket, reason=reason, note=script)
				manager().account("grant", customer=mine.name, credits=1, reason=script, key=script)
				manager().account("adjust", lot=lot, credits=1, reason=script)
				manager().account("void", lot=lot, reason=script)
				self.assert_inert(mine.account)

	def test_a_text_that_cannot_be_kept_as_it_is_written_is_refused(self) -> None:
		mine = self.company(1)
		for reason in ("x" * 70_000, "\ud800", "a\0b", "", "   ", "\n\t"):
			with self.subTest(repr(reason[:9])), self.nothing_written():
				answer = manager().account("grant", customer=mine.name, credits=1, reason=reason)
				self.assertEqual(417, answer.status, answer)

	def test_an_odd_text_is_kept_letter_by_letter_and_the_proof_still_holds(self) -> None:
		"""The proof joins columns with the separators of ASCII; a text may hold one."""
		mine = self.company(0)
		for reason in ("a\x1fb\x1ec", "🎉 e\u0301 \u202e x", "a\r\nb", "100% {0} %s \\ '", "a" * 900):
			with self.subTest(reason[:9]):
				answer = self.assert_ok(
					manager().account("grant", customer=mine.name, credits=1, reason=reason)
				)
				entries = {"lot": answer.value["lot"]}
				self.assertEqual([reason], frappe.get_all("Credit Ledger Entry", entries, pluck="reason"))
		said = manager().account("verify", account=mine.account)
		self.assertTrue(self.assert_ok(said).value["ok"], said)

	def test_an_address_shown_as_a_link_is_one_of_the_web(self) -> None:
		mine = self.company(1)
		reason = make.exemption_reason(takes_url=1)
		publish()
		ticket = self.assert_ok(Portal(mine.person).new()).ticket
		for url in (
			"javascript:alert(1)", "data:text/html,<script>alert(1)</script>", " javascript:alert(1)", "java\nscript:alert(1)",
			'https://example.com/"><img src=x onerror=alert(1)>', "https://example.com/' onmouseover='alert(1)", "//example.com",
			"ftp://example.com", "vbscript:x", "https://exa mple.com", "JaVaScRiPt:alert(1)",
		):  # fmt: skip
			with self.subTest(url), self.nothing_written():
				answer = agent().incident("exempt", ticket=ticket, reason=reason, url=url)
				self.assertEqual(417, answer.status, answer)

	def test_the_ways_on_that_a_refused_customer_sees_are_links_of_the_web_or_of_this_site(self) -> None:
		system, empty = make.person("system", ("System Manager",)), self.company(0)
		publish()
		portal, customer = Portal(system), Portal(empty.person)
		for field in ("buy_url", "redeem_url", "emergency_url", "documentation_url", "community_url"):
			for url in ("javascript:alert(1)", "data:text/html,x", '"><script>alert(1)</script>'):
				with self.subTest(field, url=url):
					set_value(portal, SETTINGS, SETTINGS, field, url)
					refusal = customer.new()
					self.put_back(field)
					self.assert_refused(refusal, BALANCE_ZERO)
					self.assertNotIn(url, refusal.messages)
					self.assertNotIn("<script", refusal.messages)

	def put_back(self, field: str) -> None:
		frappe.db.set_single_value(SETTINGS, field, "")
		publish()

	def test_what_managers_name_is_shown_as_text(self) -> None:
		"""Packs and reasons go through the host's cleaning; what is left of it is escaped on our page."""
		mine = self.company(1)
		who = manager()
		label = f"<img src=x onerror=alert(1)>{make.unique('Label')}"
		pack = {
			"pack_code": make.unique_code("pack"),
			"pack_name": label,
			"credits": 2,
			"price": 1,
			"currency": "USD",
		}
		self.assert_ok(insert(who, "Credit Pack", **pack, validity_months=3, on_sale=1, tax_note=label))
		self.assert_ok(
			insert(who, "Exemption Reason", reason_code=make.unique_code("reason"), label=label, who="Agent")
		)
		page = Portal(mine.person).open_page("/support-credits").text
		frappe.db.set_value("Credit Pack", pack["pack_code"], "on_sale", 0)
		publish()
		self.assertNotIn("<img src=x onerror", page)
		self.assertNotIn("onerror=alert(1)>", page)

	def test_a_link_to_an_endpoint_reflects_no_script(self) -> None:
		"""Somebody who is logged in opens an address that somebody else has made up."""
		for path in ("account.statement", "account.verify", "preview.costs"):
			for script in SCRIPTS[:2]:
				arguments = {"account": script, "ticket": script}
				url = f"{agent().url}/api/method/support_credits.api.{path}"
				page = manager().http.get(url, params=arguments, headers={"Accept": "text/html"}, timeout=60)
				with self.subTest(path, script=script):
					if "html" in page.headers["Content-Type"]:
						self.assertNotIn(script, page.text)
