"""The public page says what the records say that charge, and nothing else."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from decimal import Decimal

import frappe

from support_credits import catalogue
from support_credits.api import offer as api
from support_credits.engine import emergency as engine
from support_credits.ledger import clock
from support_credits.ledger import settings as site
from support_credits.offer import emergency, packs, page, terms, tiers
from support_credits.tests import factories as make
from support_credits.tests.offer_case import OfferCase, read_again, rendered, section, text_of

FIXTURES = os.path.join(os.path.dirname(frappe.get_app_path("support_credits")), "fixtures")


def load(provider: str) -> None:
	"""That provider's terms and nothing else on this site, until the test ends."""
	frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
	frappe.db.set_value("Exemption Reason", {"enabled": 1}, "enabled", 0)
	frappe.db.delete("Support Tier")
	catalogue.load(catalogue.read(os.path.join(FIXTURES, f"{provider}.json")), overwrite=True)
	read_again()


class TestPacks(OfferCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
		self.small = make.pack(2, 3, 329, on_sale=1)
		self.big = make.pack(8, 12, 999, on_sale=1, tax_note="+ VAT")

	def test_a_pack_shows_what_its_record_says_and_computes(self) -> None:
		for said in api.packs()["packs"]:
			record = frappe.get_doc("Credit Pack", said["pack"])
			with self.subTest(said["pack"]):
				self.assertEqual(record.pack_name, said["name"])
				self.assertEqual(
					(record.credits, record.validity_months), (said["credits"], said["validity_months"])
				)
				self.assertEqual(Decimal(str(record.price)), Decimal(said["price"]))
				self.assertEqual(record.price_per_credit, float(said["per_credit"]))
				self.assertEqual(record.saving_percent, float(said["saving_percent"]))

	def test_the_two_packs_of_the_seed_by_hand(self) -> None:
		small, big = packs.on_sale()
		self.assertEqual(
			("329.00", "164.50", "0.00", ""),
			(small["price"], small["per_credit"], small["saving"], small["saving_text"]),
		)
		self.assertEqual(
			("US$999.00", "US$124.88", "US$317.00", "24.1", "+ VAT"),
			(
				big["price_text"],
				big["per_credit_text"],
				big["saving_text"],
				big["saving_percent"],
				big["tax_note"],
			),
		)

	def test_changing_the_price_changes_the_page(self) -> None:
		self.assertIn("US$999.00", rendered())
		frappe.get_doc("Credit Pack", self.big).update({"price": 899}).save()
		html = rendered()
		self.assertNotIn("US$999.00", html)
		self.assertIn("US$899.00 + VAT US$112.38 per credit", section(html, "buy"))
		self.assertIn("You save US$417.00 (32 %)", section(html, "buy"))

	def test_a_pack_that_is_taken_off_sale_is_gone(self) -> None:
		frappe.get_doc("Credit Pack", self.big).update({"on_sale": 0}).save()
		self.assertEqual([self.small], [pack["pack"] for pack in api.packs()["packs"]])
		self.assertNotIn(self.big.upper(), rendered())

	def test_without_a_pack_the_page_says_so(self) -> None:
		frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
		self.assertEqual([], api.packs()["packs"])
		self.assertIn("No pack is on sale at the moment.", section(rendered(), "buy"))

	def test_a_currency_without_cents_has_none(self) -> None:
		make.pack(3, 3, 10_000, on_sale=1, currency="JPY")
		yen = packs.on_sale()[0]
		self.assertEqual(("JPY", "10000", "3333"), (yen["currency"], yen["price"], yen["per_credit"]))

	def test_packs_of_two_currencies_are_not_compared(self) -> None:
		make.pack(1, 12, 500, on_sale=1, currency="EUR")
		self.assertEqual(["EUR", "USD", "USD"], [pack["currency"] for pack in packs.on_sale()])
		self.assertEqual("0.00", packs.on_sale()[0]["saving"])

	def test_a_pack_is_got_at_the_providers_shop_or_by_the_form(self) -> None:
		with self.settings(buy_url="/support-credits#buy"):
			self.assertIn(f'href="/support-credits?pack={self.big}#services"', rendered())
		with self.settings(buy_url="https://shop.example/credits"):
			html = rendered()
			self.assertEqual(2, html.count('href="https://shop.example/credits"'))
			self.assertNotIn(f"pack={self.big}", html)

	def test_names_that_look_like_html_are_text(self) -> None:
		frappe.db.set_value("Credit Pack", self.big, "pack_name", "<b>Big</b> & <script>x</script>")
		html = rendered()
		self.assertNotIn("<script>x", html)
		self.assertIn("&lt;b&gt;Big&lt;/b&gt; &amp;", html)


class TestTiers(OfferCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
		make.pack(2, 3, 329, on_sale=1)
		make.pack(8, 12, 999, on_sale=1)

	def tier(self, **fields: object) -> dict:
		name = make.tier(**fields)
		return next(tier for tier in api.tiers()["tiers"] if tier["tier"] == name)

	def test_an_incident_costs_what_is_charged_for_it(self) -> None:
		for said in tiers.offered():
			with self.subTest(said["tier"]):
				self.assertEqual(site.credits_per_incident(said["tier"]), said["credits_per_incident"])

	def test_the_monthly_cost_is_worked_out_at_todays_prices(self) -> None:
		said = self.tier(credits_per_month=2)
		self.assertEqual("2 credits a month: US$249.75 to US$329.00 at today's prices", said["month_text"])
		frappe.db.set_value("Credit Pack", {"credits": 8, "on_sale": 1}, "price", 1_316)
		self.assertIn(": US$329.00 at today's prices", self.tier(credits_per_month=2)["month_text"])

	def test_a_tier_without_a_monthly_cost_says_nothing_more(self) -> None:
		self.assertEqual("", self.tier()["month_text"])

	def test_without_a_pack_the_credits_are_said(self) -> None:
		frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
		self.assertEqual("1 credit a month", self.tier(credits_per_month=1)["month_text"])

	def test_promise_and_aim_name_their_clock(self) -> None:
		hours = make.support_calendar()
		said = self.tier(
			promise_value=2,
			promise_unit="business days",
			aim_value=12,
			aim_unit="clock hours",
			calendar=hours,
		)
		self.assertEqual(("2 business days", "12 hours"), (said["promise_text"], said["aim_text"]))
		self.assertEqual("", self.tier()["aim_text"])

	def test_the_base_tier_is_marked(self) -> None:
		base = make.tier()
		with self.settings(base_tier=base):
			marked = [tier["tier"] for tier in tiers.offered() if tier["is_base"]]
		self.assertEqual([base], marked)

	def test_without_a_tier_the_page_does_without_them(self) -> None:
		frappe.db.delete("Support Tier")
		self.assertNotIn('id="tiers"', rendered())


class TestProvidersOfTheFixtures(OfferCase):
	def test_extremeshok(self) -> None:
		load("extremeshok")
		html = rendered()
		buy, table = section(html, "buy"), section(html, "tiers")
		for said in ("2 Incident Credits US$329.00", "US$149.75 per credit", "You save US$317.00 (24 %)",
			"Valid for 12 months", "There are no refunds on the purchase of support."):  # fmt: skip
			self.assertIn(said, buy)
		self.assertNotIn("dedicated server", buy)
		self.assertIn("8 credits a month: US$999.00 to US$1,316.00 at today's prices", table)
		self.assertIn("Saturday, Sunday, Holidays closed 09:00–20:00", section(html, "hours"))
		self.assertIn("Monday to Friday 08:00–24:00 08:00–24:00", section(html, "hours"))
		by_the_hour = section(html, "emergency")
		for said in (
			"US$329.00 per hour",
			"20 min 1 h US$329.00",
			"1 h 29 min 1 h US$329.00",
			"1 h 30 min 2 h US$658.00",
		):
			self.assertIn(said, by_the_hour)
		self.assertIn("Pre-sales or product availability questions", text_of(html))
		self.assertIn("installation and upgrades, configuration assistance", section(html, "services"))

	def test_rockstor(self) -> None:
		load("rockstor")
		html = rendered()
		self.assertIn("Service currently unavailable: awaiting an 'Incident-based", text_of(html))
		buy = section(html, "buy")
		for said in (
			"€240.00 + tax (if applicable)",
			"Valid for 12 months",
			"running our Stable Channel releases",
		):
			self.assertIn(said, buy)
		self.assertNotIn("per credit", buy)
		self.assertIn('href="https://opencollective.com/the-rockstor-project"', html)
		self.assertIn("2 business days Standard 2 business days 12 hours", section(html, "tiers"))
		self.assertIn("Monday to Friday 08:00–18:00", section(html, "hours"))
		self.assertIn("Times in Europe/Lisbon", section(html, "hours"))
		self.assertIn("We offer no support by the hour.", section(html, "emergency"))
		for address in ("https://rockstor.com/docs/", "https://forum.rockstor.com/",
			"https://rockstor.com/commercial_support.html", "https://rockstor.zulipchat.com"):  # fmt: skip
			self.assertIn(f'href="{address}"', section_html(html, "ask"))

	def test_every_anchor_that_links_lead_to_is_there_whatever_is_offered(self) -> None:
		for provider in ("extremeshok", "rockstor"):
			load(provider)
			html = rendered()
			for anchor in ("buy", "redeem", "emergency", "free", "hours", "services"):
				with self.subTest(provider, anchor=anchor):
					self.assertEqual(1, html.count(f'id="{anchor}"'))


class TestRules(OfferCase):
	def test_what_is_not_charged_are_the_providers_words_or_else_his_reasons(self) -> None:
		load("extremeshok")
		self.assertEqual(3, len(terms.not_charged(emergency.catalogue())))
		reason = make.exemption_reason(description="Only on Sundays")
		free = {line["label"]: line["description"] for line in terms.not_charged(None)}
		self.assertEqual("Only on Sundays", free[reason.upper()])
		frappe.db.set_value("Exemption Reason", reason, "enabled", 0)
		self.assertNotIn(reason.upper(), {line["label"] for line in terms.not_charged(None)})

	def test_the_examples_of_emergency_support_are_what_the_engine_bills(self) -> None:
		load("extremeshok")
		said = emergency.offered(emergency.catalogue())
		for example, worked in zip(said["examples"], engine.examples(), strict=True):
			minutes = engine.billed_minutes(worked)
			self.assertEqual(f"US${engine.amount(minutes, Decimal('329')):,}", example["cost"])
		self.assertEqual("1 h", said["least_text"])

	def test_other_rounding_is_said_as_it_is(self) -> None:
		load("extremeshok")
		stored = json.loads(site.settings().catalogue)
		stored["emergency"] |= {"rounding_minutes": 15, "minimum_minutes": 30}
		with self.settings(catalogue=json.dumps(stored)):
			said = emergency.offered(emergency.catalogue())
		self.assertEqual("Time is rounded to the nearest 15 min, half of it up.", said["rounding_text"])
		self.assertEqual(
			[("5 min", "30 min"), ("37 min", "30 min"), ("38 min", "45 min")],
			[(example["worked"], example["billed"]) for example in said["examples"]],
		)

	def test_a_site_without_a_catalogue_has_a_page_too(self) -> None:
		with self.settings(catalogue="", buy_url="", emergency_url=""):
			html = rendered()
		self.assertIn("We offer no support by the hour.", section(html, "emergency"))
		self.assertIn("one discrete issue", text_of(html))

	def test_a_site_without_anything_has_an_empty_page_and_no_error(self) -> None:
		frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
		frappe.db.set_value("Exemption Reason", {"enabled": 1}, "enabled", 0)
		frappe.db.delete("Support Tier")
		with self.settings(catalogue=""):
			html = rendered()
		for said in (
			"No pack is on sale at the moment.",
			"Every incident is charged.",
			"No support hours are published.",
		):
			self.assertIn(said, text_of(html))

	def test_the_cover_is_the_sites_setting(self) -> None:
		with self.settings(catalogue="", cover_minutes=90):
			self.assertIn("An incident covers 1 h 30 min of work.", text_of(rendered()))

	def test_it_reads_a_bounded_number_of_times_whatever_is_on_sale(self) -> None:
		"""A public page is asked for by everybody."""
		page.context(clock.now())
		with self.assertQueryCount(30):
			page.context(clock.now() + timedelta(minutes=1))


def section_html(html: str, anchor: str) -> str:
	start = html.index(f'id="{anchor}"')
	return html[start : html.find("</section>", start)]
