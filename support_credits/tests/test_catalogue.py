"""A provider's catalogue becomes the site's records, again and again, and no admin's edit is lost unsaid (issue 2, §4)."""

from __future__ import annotations

import copy
import json
import os
import tempfile

import frappe

from support_credits import catalogue
from support_credits.catalogue import SETTINGS
from support_credits.exceptions import CatalogueRefused
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase

FIXTURES = os.path.join(os.path.dirname(frappe.get_app_path("support_credits")), "fixtures")
LOADED = (
	"Support Tier", "Support Calendar", "Support Window", "Support Calendar Day", "Support Calendar Holiday",
	"Credit Pack", "Exemption Reason",
)  # fmt: skip


def fixture(provider: str) -> dict[str, object]:
	return catalogue.read(os.path.join(FIXTURES, f"{provider}.json"))


def stored() -> dict[str, object]:
	"""Everything a load may write, without the moment of the load."""
	rows = {doctype: frappe.db.sql(f"SELECT * FROM `tab{doctype}` ORDER BY name") for doctype in LOADED}
	single = frappe.db.sql("SELECT field, value FROM tabSingles WHERE doctype = %s ORDER BY field", SETTINGS)
	rows[SETTINGS] = [row for row in single if row[0] not in ("catalogue_loaded_at_utc", "modified")]
	return rows


class TestCatalogue(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		# As on a site that never loaded one; the test's rollback brings back what was there.
		frappe.db.delete("Singles", {"doctype": SETTINGS})
		for doctype in LOADED:
			frappe.db.delete(doctype)
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		frappe.get_doc(SETTINGS).save()
		self.addCleanup(frappe.clear_document_cache, SETTINGS, SETTINGS)

	def test_both_providers_load_with_their_terms(self) -> None:
		expected = {
			"extremeshok": ("INCIDENT-4", {"credits": 4, "validity_months": 6, "currency": "USD"}),
			"rockstor": (
				"INCIDENT-YEAR",
				{"credits": 1, "validity_months": 12, "currency": "EUR", "price": 240},
			),
		}
		for provider, (code, terms) in expected.items():
			with self.subTest(provider):
				data = fixture(provider)
				report = catalogue.load(data)
				pack = frappe.get_doc("Credit Pack", code)
				self.assertEqual(terms, {field: pack.get(field) for field in terms})
				for doctype, key in (
					("Credit Pack", "packs"),
					("Support Tier", "tiers"),
					("Exemption Reason", "exemption_reasons"),
				):
					codes = {row["code"] for row in data[key]}
					self.assertEqual(codes, codes & set(frappe.get_all(doctype, pluck="name")))
				self.assertIn(f"Credit Pack {code}", report.created)

	def test_the_settings_follow_the_provider(self) -> None:
		catalogue.load(fixture("rockstor"))
		settings = frappe.get_doc(SETTINGS)
		self.assertEqual(
			("Rockstor", "Europe/Lisbon", "EUR", "STANDARD"),
			(settings.provider_name, settings.time_zone, settings.currency, settings.base_tier),
		)
		self.assertEqual(fixture("rockstor"), json.loads(settings.catalogue))

	def test_what_was_answered_before_the_first_load_is_kept_and_said(self) -> None:
		frappe.get_doc(SETTINGS).update({"provider_name": "Our Own", "time_zone": "Asia/Tokyo"}).save()
		report = catalogue.load(fixture("rockstor"))
		settings = frappe.get_doc(SETTINGS)
		self.assertEqual(
			("Our Own", "Asia/Tokyo", "EUR", "STANDARD"),
			(settings.provider_name, settings.time_zone, settings.currency, settings.base_tier),
		)
		self.assertEqual(2, len(report.kept), report.kept)
		self.assertIn("Rockstor", report.kept[0])
		catalogue.load(fixture("rockstor"), overwrite=True)
		self.assertEqual("Rockstor", frappe.get_doc(SETTINGS).provider_name)

	def test_a_registered_server_of_extremeshok_brings_its_two_incidents_from_data_alone(self) -> None:
		for provider, expected in (("rockstor", []), ("extremeshok", [("Deployment", 2)])):
			with self.subTest(provider):
				catalogue.load(fixture(provider))
				frappe.clear_document_cache(SETTINGS, SETTINGS)
				customer = factories.customer()
				factories.deployment(customer, product="Dedicated server", serial=factories.unique("EX"))
				account = frappe.db.get_value("Credit Account", {"customer": customer}, "name")
				lots = (
					frappe.get_all("Credit Lot", {"account": account}, ["source", "credits_granted"])
					if account
					else []
				)
				self.assertEqual(expected, [tuple(lot.values()) for lot in lots])

	def test_loading_twice_changes_nothing(self) -> None:
		for provider in ("extremeshok", "rockstor"):
			with self.subTest(provider):
				catalogue.load(fixture(provider))
				before = stored()
				report = catalogue.load(fixture(provider))
				self.assertEqual(([], [], []), (report.created, report.updated, report.kept))
				self.assertEqual(before, stored())
				frappe.db.rollback()
				self.setUp()

	def test_an_edit_is_kept_and_said_and_the_rest_follows_the_catalogue(self) -> None:
		data = fixture("rockstor")
		catalogue.load(data)
		frappe.get_doc("Credit Pack", "INCIDENT-YEAR").update({"price": 199}).save()
		newer = copy.deepcopy(data)
		newer["packs"][0] |= {"price": "250.00", "validity_months": 18}
		report = catalogue.load(newer)
		pack = frappe.get_doc("Credit Pack", "INCIDENT-YEAR")
		self.assertEqual((199, 18), (pack.price, pack.validity_months))
		self.assertEqual(1, len(report.kept), report.kept)
		for said in ("INCIDENT-YEAR", "price", "199", "250"):
			self.assertIn(said, report.kept[0])
		self.assertIn("Credit Pack INCIDENT-YEAR", report.updated)

	def test_an_edited_setting_is_kept_and_said(self) -> None:
		catalogue.load(fixture("rockstor"))
		frappe.get_doc(SETTINGS).update({"buy_url": "https://example.com/shop"}).save()
		report = catalogue.load(fixture("rockstor"))
		self.assertEqual("https://example.com/shop", frappe.get_doc(SETTINGS).buy_url)
		self.assertTrue(any("buy_url" in line for line in report.kept), report.kept)

	def test_an_edit_stays_kept_however_often_the_catalogue_is_loaded(self) -> None:
		catalogue.load(fixture("rockstor"))
		frappe.get_doc("Credit Pack", "INCIDENT-YEAR").update({"price": 199}).save()
		frappe.get_doc(SETTINGS).update({"buy_url": "https://example.com/shop"}).save()
		for _ in range(3):
			report = catalogue.load(fixture("rockstor"))
			self.assertEqual(2, len(report.kept), report.kept)
		self.assertEqual(199, frappe.get_doc("Credit Pack", "INCIDENT-YEAR").price)
		self.assertEqual("https://example.com/shop", frappe.get_doc(SETTINGS).buy_url)

	def test_both_providers_hours_become_calendars_that_their_tiers_name(self) -> None:
		catalogue.load(fixture("extremeshok"))
		calendar = frappe.get_doc("Support Calendar", "SUPPORT-HOURS")
		said = [
			(row.monday, row.saturday, row.on_holidays, row.starts, row.ends, row.from_severity)
			for row in calendar.windows
		]
		severe = "Urgent"
		weekdays, weekend = (1, 0, 0, "08:00", "24:00", None), (0, 1, 0, "09:00", "20:00", severe)
		self.assertEqual([weekdays, weekend, (0, 0, 1, "09:00", "20:00", severe)], said)
		self.assertEqual(("Etc/UTC", None, []), (calendar.time_zone, calendar.country, calendar.holidays))
		self.assertEqual({"SUPPORT-HOURS"}, set(frappe.get_all("Support Tier", pluck="calendar")))
		catalogue.load(fixture("rockstor"))
		lisbon = frappe.get_doc("Support Calendar", "LISBON-HOURS")
		self.assertEqual(("Europe/Lisbon", "PT"), (lisbon.time_zone, lisbon.country))
		days = {(row.holiday_date.day, row.holiday_date.month) for row in lisbon.holidays}
		self.assertLessEqual({(25, 4), (10, 6), (1, 12), (8, 12), (25, 12)}, days)

	def test_each_provider_names_the_agreements_of_its_own_tiers(self) -> None:
		for provider, name in (("extremeshok", "eXtremeSHOK"), ("rockstor", "Rockstor")):
			data = fixture(provider)
			catalogue.load(data)
			for tier in data["tiers"]:
				agreement = frappe.db.get_value("Support Tier", tier["code"], "agreement")
				self.assertTrue(agreement.startswith(f"{name} {tier['name']}"), agreement)

	def test_edited_hours_are_kept_and_said_in_words(self) -> None:
		catalogue.load(fixture("rockstor"))
		calendar = frappe.get_doc("Support Calendar", "LISBON-HOURS")
		calendar.windows[0].ends = "20:00"
		calendar.save()
		for _ in range(2):
			report = catalogue.load(fixture("rockstor"))
			self.assertEqual(1, len(report.kept), report.kept)
			for said in ("LISBON-HOURS", "windows", "08:00 20:00", "08:00 18:00"):
				self.assertIn(said, report.kept[0])
		self.assertEqual("20:00", frappe.get_doc("Support Calendar", "LISBON-HOURS").windows[0].ends)

	def test_a_severity_that_is_no_priority_of_the_site_is_refused_and_nothing_is_written(self) -> None:
		data = fixture("extremeshok")
		data["calendars"][0]["windows"][1]["min_severity"] = "Severe"
		data["tiers"][0]["customer_severity"] = "Panic"
		before = stored()
		with self.assertRaises(CatalogueRefused) as caught:
			catalogue.load(data)
		self.assert_says(caught.exception, 'calendars[0]: "Severe"', 'tiers[0]: "Panic"', "Urgent")
		self.assertEqual(before, stored())

	def test_overwrite_replaces_an_edit(self) -> None:
		catalogue.load(fixture("rockstor"))
		frappe.get_doc("Credit Pack", "INCIDENT-YEAR").update({"price": 199}).save()
		report = catalogue.load(fixture("rockstor"), overwrite=True)
		self.assertEqual(240, frappe.get_doc("Credit Pack", "INCIDENT-YEAR").price)
		self.assertEqual(([], ["Credit Pack INCIDENT-YEAR"]), (report.kept, report.updated))

	def test_a_record_made_by_hand_under_the_same_code_is_kept_and_said(self) -> None:
		hand = {"doctype": "Credit Pack", "pack_code": "INCIDENT-YEAR", "pack_name": "By hand", "credits": 9}
		frappe.get_doc({**hand, "validity_months": 1, "price": 1, "currency": "EUR"}).insert()
		report = catalogue.load(fixture("rockstor"))
		self.assertEqual(9, frappe.get_doc("Credit Pack", "INCIDENT-YEAR").credits)
		self.assertTrue(
			any("INCIDENT-YEAR" in line and "credits" in line for line in report.kept), report.kept
		)

	def test_errors_name_path_and_value_and_nothing_is_written(self) -> None:
		wrongs = {
			"packs[0].credits": ("packs", 0, "credits", -2),
			"packs[0].price": ("packs", 0, "price", 240.0),
			"packs[0].currency": ("packs", 0, "currency", "Euro"),
			"tiers[0].promise.unit": ("tiers", 0, "promise", {"value": 2, "unit": "fortnights"}),
			"provider.time_zone": ("provider", "time_zone", "Mars/Olympus"),
			"exemption_reasons[0].set_by": ("exemption_reasons", 0, "set_by", "anybody"),
			"tiers[0].calendar": ("tiers", 0, "calendar", "NOWHERE"),
			"packs[0].colour": ("packs", 0, "colour", "green"),
		}
		for path, (*keys, last, value) in wrongs.items():
			with self.subTest(path):
				data = fixture("rockstor")
				node = data
				for key in keys:
					node = node[key]
				node[last] = value
				before = stored()
				with self.assertRaises(CatalogueRefused) as caught:
					catalogue.load(data)
				shown = value["unit"] if isinstance(value, dict) else value
				self.assert_says(caught.exception, path, *([] if last == "colour" else [str(shown)]))
				self.assertEqual(before, stored())

	def test_all_errors_are_said_at_once(self) -> None:
		data = fixture("rockstor")
		data["packs"][0]["credits"] = 0
		data["provider"]["time_zone"] = "Mars/Olympus"
		with self.assertRaises(CatalogueRefused) as caught:
			catalogue.load(data)
		self.assert_says(caught.exception, "packs[0].credits", "provider.time_zone")

	def test_a_file_that_is_missing_or_no_json_is_named(self) -> None:
		with self.assertRaises(CatalogueRefused) as caught:
			catalogue.read("/nowhere/catalogue.json")
		self.assert_says(caught.exception, "/nowhere/catalogue.json")
		for text in ('{"schema": 1,', "[1, 2]"):
			with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
				file.write(text)
				file.flush()
				with self.assertRaises(CatalogueRefused) as caught:
					catalogue.read(file.name)
				self.assert_says(caught.exception, file.name)
