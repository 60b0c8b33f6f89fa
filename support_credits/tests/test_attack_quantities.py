"""Quantities that are none: negative, zero, huge, fractional, true, words, NaN, foreign digits. No row of the ledger moves."""

from __future__ import annotations

import json

import frappe

from support_credits.tests import factories as make
from support_credits.tests.attack_case import SETTINGS, AttackCase, set_value
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.server import Answer, Portal, manager

HUGE = 1_000_001  # one more than any operation may move
NOT_A_NUMBER = (
	"five",
	"",
	" ",
	"NaN",
	"Infinity",
	"1e3",
	"0x10",
	"1.5",
	"５x",
	"--1",
	None,
	[],
	{},
	[5],
	{"credits": 5},
)
BOOLEANS = (True, False)
FRACTIONS = (0.5, 1.5, -0.5)
DAYS = ("refund_grace_days", "deployment_days", "expired_notice_days", "reopen_days")
OUT_OF_BOUNDS = (HUGE, 10**9, 10**30, -HUGE, -(10**30))


class QuantitiesCase(AttackCase):
	def setUp(self) -> None:
		super().setUp()
		self.mine = self.company(5)
		self.lot = f"{self.mine.account}-L000001"

	def grant(self, credits: object, **more: object) -> Answer:
		return manager().account("grant", customer=self.mine.name, credits=credits, reason="Test", **more)

	def adjust(self, credits: object) -> Answer:
		return manager().account("adjust", lot=self.lot, credits=credits, reason="Test")

	def assert_none_moves_anything(self, act: object, values: tuple[object, ...]) -> None:
		with self.nothing_written():
			for value in values:
				with self.subTest(repr(value)):
					answer = act(value)
					self.assertEqual(417, answer.status, answer)


class TestAmountsOfTheEndpoints(QuantitiesCase):
	def test_a_grant_takes_whole_credits_from_one_to_a_million(self) -> None:
		bad = (*NOT_A_NUMBER, *BOOLEANS, *FRACTIONS, *OUT_OF_BOUNDS, 0, -1)
		self.assert_none_moves_anything(self.grant, bad)

	def test_an_adjustment_is_whole_and_never_takes_more_than_there_is(self) -> None:
		bad = (*NOT_A_NUMBER, *BOOLEANS, *FRACTIONS, *OUT_OF_BOUNDS, 0, -6)
		self.assert_none_moves_anything(self.adjust, bad)

	def test_a_validity_is_a_whole_number_of_months(self) -> None:
		bad = ("three", "NaN", *BOOLEANS[:1], *FRACTIONS, -1, 601, 10**9, 10**30, [], {})
		self.assert_none_moves_anything(lambda months: self.grant(1, months=months), bad)

	def test_a_number_that_json_has_no_word_for_is_none_either(self) -> None:
		who = manager()
		for literal in ("NaN", "Infinity", "-Infinity", "1e400", "1.5e0"):
			about = json.dumps({"customer": self.mine.name, "reason": "Test"})[:-1]
			body = f'{about}, "credits": {literal}}}'
			with self.subTest(literal), self.nothing_written():
				url = f"{who.url}/api/method/support_credits.api.account.grant"
				answer = who.http.post(
					url, data=body, headers={"Content-Type": "application/json"}, timeout=60
				)
				self.assertNotEqual(200, answer.status_code, answer.text[:200])

	def test_what_a_form_posts_is_text_and_counts_when_it_is_a_number(self) -> None:
		"""The desk's own buttons post forms: ``credits=5`` arrives as text."""
		who = manager()
		for act, fields in (
			("grant", {"customer": self.mine.name, "months": "3"}),
			("adjust", {"lot": self.lot}),
		):
			with self.subTest(act):
				url = f"{who.url}/api/method/support_credits.api.account.{act}"
				answer = who.http.post(url, data={**fields, "credits": "2", "reason": "Test"}, timeout=60)
				self.assertEqual(200, answer.status_code, answer.text[:300])
		self.assert_balance(self.mine.account, 9)

	def test_a_void_takes_no_number_and_takes_all_once(self) -> None:
		answer = manager().account("void", lot=self.lot, reason="Test", credits=-5, remaining=0)
		self.assertEqual(5, self.assert_ok(answer).value["credits"])
		with self.nothing_written():
			self.assertNotEqual(200, manager().account("void", lot=self.lot, reason="Test").status)
		self.assertEqual([("Grant", 5), ("Void", -5)], kinds(self.mine.account))


class TestAmountsOfTheRecords(AttackCase):
	"""What a manager types into a form, or an import brings."""

	def setUp(self) -> None:
		super().setUp()
		self.system = make.person("system", ("System Manager", "Agent Manager"))
		self.mine = self.company(1)
		self.records = {
			("Credit Pack", "credits"): make.pack(),
			("Credit Pack", "validity_months"): make.pack(),
			("Credit Pack", "price"): make.pack(),
			("Support Tier", "credits_per_incident"): make.tier(),
			("Support Tier", "credits_per_month"): make.tier(),
			("Support Tier", "promise_value"): make.tier(),
			("Credit Account", "overdraft_limit"): self.mine.account,
		}
		self.records |= {(SETTINGS, field): SETTINGS for field in ("overdraft_limit", *DAYS)}
		publish()
		self.portal = Portal(self.system)

	def stored(self, doctype: str, name: str, field: str) -> object:
		look_again()
		if doctype == SETTINGS:
			return frappe.db.get_single_value(SETTINGS, field)
		return frappe.db.get_value(doctype, name, field)

	def put_back(self, doctype: str, name: str, field: str, value: object) -> None:
		if doctype == SETTINGS:
			frappe.db.set_single_value(SETTINGS, field, value)
		else:
			frappe.db.set_value(doctype, name, field, value, update_modified=False)
		publish()

	def assert_kept_out(self, values: tuple[object, ...], but_not: tuple[str, ...] = ()) -> None:
		for (doctype, field), name in self.records.items():
			if field in but_not:
				continue
			before = self.stored(doctype, name, field)
			for value in values:
				with self.subTest(f"{doctype}.{field}", value=value):
					answer = set_value(self.portal, doctype, name, field, value)
					after = self.stored(doctype, name, field)
					self.put_back(doctype, name, field, before)
					self.assertEqual((417, before), (answer.status, after), answer)

	def test_none_is_negative(self) -> None:
		self.assert_kept_out((-1, -(10**12)))

	def test_none_is_so_big_that_something_else_breaks_on_it(self) -> None:
		self.assert_kept_out((10**8, 10**12), but_not=("price",))

	def test_none_is_a_word_or_half_a_credit(self) -> None:
		self.assert_kept_out(("x", "NaN", 1.5), but_not=("price", "promise_value", *DAYS))

	def test_a_pack_of_nothing_or_for_no_time_is_no_pack(self) -> None:
		for field in ("credits", "validity_months"):
			pack = self.records["Credit Pack", field]
			answer = set_value(self.portal, "Credit Pack", pack, field, 0)
			self.assertEqual(417, answer.status, answer)

	def test_a_tier_that_costs_more_than_anybody_has_refuses_and_one_that_costs_nothing_is_free(self) -> None:
		dear, free = make.tier(credits_per_incident=1_000_000), make.tier(credits_per_incident=0)
		rich, poor = self.company(3, tier=dear), self.company(0, tier=free)
		with self.nothing_written():
			self.assert_refused(Portal(rich.person).new(), "this ticket needs 1000000 and your balance is 3")
		self.assertEqual([], kinds(poor.account))
		self.assert_ok(Portal(poor.person).new())
		self.assert_balance(poor.account, 0)
