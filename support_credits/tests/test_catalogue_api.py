"""Loading a catalogue from the desk, over HTTP: a preview that writes nothing, then all of it, and hostile files refused."""

from __future__ import annotations

import copy
import json
from collections import Counter

import frappe

from support_credits.catalogue import SETTINGS
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, manager

API = "support_credits.api.catalogue."
RECORDS = ("Credit Pack", "Support Tier", "Support Calendar", "Exemption Reason")
WINDOWS = "Support Window"
CODE = "PAGE"


def small() -> dict[str, object]:
	"""A catalogue of its own: what it creates is told apart from what the site has."""
	return {
		"schema": 1,
		"provider": {"code": "page", "name": "Page & Sons", "time_zone": "Europe/Lisbon", "currency": "EUR", "language": "en"},
		"packs": [{"code": f"{CODE}-2", "name": "Two", "credits": 2, "price": "20.00", "validity_months": 3, "on_sale": False}],
		"tiers": [{"code": f"{CODE}-BASE", "name": "Base", "is_base": True, "calendar": f"{CODE}-HOURS", "promise": {"value": 24, "unit": "covered_hours"}}],
		"exemption_reasons": [{"code": f"{CODE}-BUG", "name": "Our bug", "set_by": "agent"}],
		"calendars": [{"code": f"{CODE}-HOURS", "name": "Hours", "zone": "Europe/Lisbon", "windows": [{"days": ["mon"], "from": "09:00", "to": "18:00"}]}],
	}  # fmt: skip


class CatalogueCase(HttpTestCase):
	"""The site's settings are put back as they were; what a catalogue has created goes."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.before = frappe.db.sql("SELECT field, value FROM tabSingles WHERE doctype = %s", SETTINGS)
		publish()

	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(self.put_back)
		self.put_back()
		self.desk = self.administrator()

	def administrator(self) -> Portal:
		"""Somebody new: how often one may ask in a minute is counted by person."""
		person = make.person("admin", ("System Manager",))
		publish()
		return Portal(person)

	def put_back(self) -> None:
		look_again()
		frappe.db.delete("Singles", {"doctype": SETTINGS})
		for field, value in self.before:
			frappe.db.sql(
				"INSERT INTO tabSingles (doctype, field, value) VALUES (%s, %s, %s)", (SETTINGS, field, value)
			)
		for agreement in frappe.get_all(
			"HD Service Level Agreement", {"sc_tier": ["like", f"{CODE}-%"]}, pluck="name"
		):
			frappe.db.delete("HD Service Level Agreement", {"name": agreement})
		for doctype in RECORDS:
			frappe.db.delete(doctype, {"name": ["like", f"{CODE}-%"]})
		frappe.db.delete(WINDOWS, {"parent": ["like", f"{CODE}-%"]})
		publish()

	def preview(self, data: object = None, **arguments: object) -> Answer:
		return self.desk.call(f"{API}preview_catalogue", **self.asked(data, arguments))

	def load(self, data: object = None, **arguments: object) -> Answer:
		return self.desk.call(f"{API}load_catalogue", **self.asked(data, arguments))

	def asked(self, data: object, arguments: dict[str, object]) -> dict[str, object]:
		content = data if isinstance(data, str) else json.dumps(data)
		return {**({} if data is None else {"content": content}), **arguments}

	def stored(self) -> dict[str, object]:
		look_again()
		found = {doctype: frappe.db.sql(f"SELECT * FROM `tab{doctype}` ORDER BY name") for doctype in RECORDS}
		single = frappe.db.sql(
			"SELECT field, value FROM tabSingles WHERE doctype = %s ORDER BY field", SETTINGS
		)
		return {
			**found,
			SETTINGS: [row for row in single if row[0] not in ("modified", "catalogue_loaded_at_utc")],
		}

	def effects(self, answer: Answer) -> Counter:
		return Counter(record["effect"] for record in self.assert_ok(answer).value["records"])


class TestPreview(CatalogueCase):
	def test_what_comes_with_the_app_is_listed(self) -> None:
		found = {one["name"]: one for one in self.assert_ok(self.desk.call(f"{API}shipped")).value}
		self.assertEqual({"extremeshok", "rockstor"}, set(found))
		self.assertEqual(("EUR", 1), (found["rockstor"]["currency"], found["rockstor"]["packs"]))

	def test_it_says_what_would_be_created_and_writes_nothing(self) -> None:
		before = self.stored()
		said = self.assert_ok(self.preview(small())).value
		created = {(one["doctype"], one["name"]) for one in said["records"] if one["effect"] == "created"}
		self.assertEqual(
			{
				("Credit Pack", f"{CODE}-2"),
				("Support Tier", f"{CODE}-BASE"),
				("Support Calendar", f"{CODE}-HOURS"),
				("Exemption Reason", f"{CODE}-BUG"),
			},
			created,
		)
		self.assertEqual([], said["errors"])
		self.assertEqual(before, self.stored())

	def test_of_what_is_new_it_says_what_it_will_be(self) -> None:
		said = {one["name"]: one for one in self.assert_ok(self.preview(small())).value["records"]}
		pack, hours = said[f"{CODE}-2"], said[f"{CODE}-HOURS"]
		self.assertEqual("Two", pack["title"])
		told = {one["fieldname"]: one["catalogue"] for one in pack["new"]}
		self.assertEqual({"credits": "2", "price": "20.00", "currency": "EUR", "validity_months": "3"}, told)
		self.assertIn("Mon 09:00 18:00", {one["catalogue"] for one in hours["new"]})
		tier = {one["fieldname"] for one in said[f"{CODE}-BASE"]["new"]}
		self.assertIn("promise_unit", tier)
		self.assertNotIn("aim_unit", tier)  # there is no aim

	def test_each_of_those_that_come_with_the_app_can_be_looked_at(self) -> None:
		before = self.stored()
		for name in ("extremeshok", "rockstor"):
			with self.subTest(name):
				self.assertEqual([], self.assert_ok(self.preview(name=name)).value["errors"])
		self.assertEqual(before, self.stored())

	def test_what_would_be_changed_and_kept_is_said_field_by_field(self) -> None:
		self.assert_ok(self.load(small(), overwrite=True))
		frappe.get_doc("Credit Pack", f"{CODE}-2").update({"price": 19}).save()
		publish()
		newer = small()
		newer["packs"][0] |= {"price": "25.00", "validity_months": 6}
		[pack] = [
			one for one in self.assert_ok(self.preview(newer)).value["records"] if one["name"] == f"{CODE}-2"
		]
		self.assertEqual("changed", pack["effect"])
		[changed], [kept] = pack["changed"], pack["kept"]
		self.assertEqual(
			("validity_months", "3", "6"), (changed["fieldname"], changed["here"], changed["catalogue"])
		)
		self.assertEqual(("price", "19.00", "25.00"), (kept["fieldname"], kept["here"], kept["catalogue"]))
		[pack] = [
			one
			for one in self.assert_ok(self.preview(newer, overwrite=True)).value["records"]
			if one["name"] == f"{CODE}-2"
		]
		self.assertEqual([], pack["kept"])
		self.assertEqual(19, frappe.db.get_value("Credit Pack", f"{CODE}-2", "price"))

	def test_the_server_forgets_what_a_preview_has_looked_at(self) -> None:
		"""Caches fill from what the transaction sees, also where it is then undone."""
		before = frappe.db.get_single_value(SETTINGS, "provider_name", cache=False)
		for _worker in range(8):
			self.assert_ok(self.preview(small(), overwrite=True))
			shown = self.assert_ok(
				self.desk.call("frappe.client.get_single_value", doctype=SETTINGS, field="provider_name")
			)
			self.assertEqual(before, shown.value)
		self.assertFalse(frappe.db.exists("Support Tier", f"{CODE}-BASE"))


class TestLoad(CatalogueCase):
	def test_it_creates_what_the_preview_said(self) -> None:
		said = self.effects(self.preview(small()))
		self.assertEqual(said, self.effects(self.load(small())))
		look_again()
		self.assertEqual(2, frappe.db.get_value("Credit Pack", f"{CODE}-2", "credits"))

	def test_loading_twice_changes_nothing(self) -> None:
		self.assert_ok(self.load(small(), overwrite=True))
		before = self.stored()
		again = self.effects(self.load(small(), overwrite=True))
		self.assertEqual((0, 0), (again["created"], again["changed"]))
		self.assertEqual(before, self.stored())

	def test_managers_of_agents_agents_customers_and_guests_may_not(self) -> None:
		before = self.stored()
		for who in (manager(), Portal(make_published()), Portal()):
			for method in ("shipped", "preview_catalogue", "load_catalogue"):
				with self.subTest(f"{who.user} {method}"):
					answer = who.call(
						f"{API}{method}", **({} if method == "shipped" else self.asked(small(), {}))
					)
					self.assertEqual(403, answer.status, answer)
		self.assertEqual(before, self.stored())

	def test_a_page_that_is_only_opened_loads_nothing(self) -> None:
		answer = self.desk.request("GET", f"/api/method/{API}load_catalogue?name=rockstor")
		self.assertEqual(403, answer.status, answer)


def make_published() -> make.Person:
	someone = make.portal_user()
	publish()
	return someone


class TestHostile(CatalogueCase):
	def assert_refused_everywhere(self, content: object, *said: str) -> None:
		before = self.stored()
		errors = self.assert_ok(self.preview(content)).value["errors"]
		for part in said:
			self.assertIn(part, " ".join(errors))
		answer = self.load(content)
		self.assertEqual((417, "CatalogueRefused"), (answer.status, answer.error), answer)
		for part in said:
			self.assertIn(frappe.utils.escape_html(part), answer.messages)
		self.assertNotIn("<img", answer.messages)
		self.assertEqual(before, self.stored())

	def test_what_is_no_catalogue(self) -> None:
		for content, said in (
			(" ", "The file is not JSON: Expecting value: line 1"),
			("[1, 2]", "must hold one JSON object"),
			('{"a": 1,\n "b": }', "line 2 column 7"),
			('{"schema": NaN}', "NaN is no number"),
			("a" * 300_000, "too big for a catalogue: at most 256 KB"),
			("[" * 100_000, "nested too deeply"),
		):
			with self.subTest(said):
				self.assert_refused_everywhere(content, said)

	def test_a_mistake_is_named_with_its_place(self) -> None:
		wrong = small()
		wrong["packs"][0] |= {"credits": "two", "price": 20, "prise": "20.00"}
		wrong["tiers"][0]["calendar"] = "NONE"
		self.assert_refused_everywhere(wrong, "packs[0].credits", "packs[0].price", "packs[0].prise", "NONE")

	def test_wrong_types_everywhere_are_refused_and_never_an_error_of_the_server(self) -> None:
		before = self.stored()
		for key in small():
			self.desk = self.administrator()
			for bad in (None, 7, "x", [], [7], [None], {}, {"x": 1}, True, 1e308):
				with self.subTest(key, bad=repr(bad)):
					wrong = {**small(), key: bad}
					answer = self.assert_ok(self.preview(wrong)).value
					empty = bad in (None, []) and key not in ("schema", "provider")
					self.assertTrue(answer["errors"] or empty, answer)
		self.assertEqual(before, self.stored())

	def test_html_is_refused_wherever_it_stands(self) -> None:
		attack = "<img src=x onerror=alert(1)>"
		for path in (
			("provider", "name"),
			("packs", 0, "name"),
			("tiers", 0, "name"),
			("exemption_reasons", 0, "name"),
			("calendars", 0, "name"),
		):
			with self.subTest(path):
				wrong = copy.deepcopy(small())
				place = wrong
				for step in path[:-1]:
					place = place[step]
				place[path[-1]] = attack
				self.assert_refused_everywhere(wrong, "cannot hold HTML")
		self.assert_refused_everywhere({**small(), attack: 1}, "cannot hold HTML")

	def test_too_much_of_everything_is_refused_at_once(self) -> None:
		many = small()
		many["packs"] = [{**many["packs"][0], "code": f"{CODE}-{number}"} for number in range(600)]
		self.assert_refused_everywhere(many, "packs: has 600 entries; at most 500")

	def test_a_file_of_the_server_cannot_be_named(self) -> None:
		for name in (
			"../pyproject",
			"/etc/passwd",
			"extremeshok.json",
			"mail/../rockstor",
			"none",
			"x" * 500,
		):
			with self.subTest(name[:30]):
				said = self.assert_ok(self.preview(name=name)).value
				self.assertIn("There is no catalogue", said["errors"][0])
				self.assertEqual(417, self.load(name=name).status)

	def test_both_or_neither_is_refused(self) -> None:
		for arguments in ({}, {"name": "rockstor", "content": "{}"}):
			self.assertIn("Name either", self.assert_ok(self.preview(**arguments)).value["errors"][0])
