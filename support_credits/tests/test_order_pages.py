"""Where "buy" leads, in every place that says it, and what the Credits page is told about buying."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import frappe
import requests

from support_credits.ledger import wording
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Portal, running

PAGE = "/helpdesk/credits"
SHOP = "https://shop.example/credits"


def fetch(path: str, who: Portal | None = None) -> requests.Response:
	server = running()
	http = who.http if who else requests.Session()
	headers = {**server.headers, "Accept": "text/html"}
	return http.get(f"{server.url}{path}", headers=headers, timeout=60, allow_redirects=False)


class TestTheWayToBuy(HttpTestCase):
	def refused(self) -> tuple[str, str]:
		"""The address of the way "buy" in a quote, and what the refusal of the ticket says."""
		portal = Portal(self.company(0).person)
		quote = self.assert_ok(portal.call("support_credits.api.customer.quote")).value
		answer = portal.new()
		self.assertEqual(417, answer.status)
		return next(way["url"] for way in quote["ways"] if way["name"] == "buy"), answer.messages

	def test_where_the_provider_names_no_page_it_is_ordering_in_the_portal(self) -> None:
		with self.site_settings(buy_url="", customers_may_order=1):
			url, said = self.refused()
		self.assertEqual(f"{PAGE}?buy=", url)
		self.assertIn(f'<a href="{PAGE}?buy=">', said)

	def test_the_providers_own_page_goes_first(self) -> None:
		with self.site_settings(buy_url=SHOP, customers_may_order=1):
			url, said = self.refused()
		self.assertEqual(SHOP, url)
		self.assertIn(f'<a href="{SHOP}">', said)

	def test_where_no_orders_are_taken_it_is_the_pricing_page_and_a_refusal_names_it_without_a_link(
		self,
	) -> None:
		with self.site_settings(buy_url="", customers_may_order=0):
			url, said = self.refused()
		self.assertEqual("/support-credits#buy", url)
		self.assertIn("buy a pack", said)
		self.assertNotIn(PAGE, said)

	def test_a_mail_names_the_whole_address(self) -> None:
		with self.site_settings(buy_url="", customers_may_order=1, redeem_url="/support-credits#redeem"):
			urls = [link["url"] for link in wording.links_on()]
		self.assertIn(frappe.utils.get_url(f"{PAGE}?buy="), urls)
		self.assertIn(frappe.utils.get_url("/support-credits#redeem"), urls)
		self.assertEqual([], [url for url in urls if url.startswith("/")])


class TestThePricingPage(HttpTestCase):
	def links(self) -> dict[str, list[str]]:
		"""The addresses behind the two links of the one pack on sale."""
		frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
		self.pack = make.pack(on_sale=1)
		publish()
		page = fetch("/support-credits").text
		found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(Get|Ask for) this pack</a>', page)
		return {label: [href for href, said in found if said == label] for label in ("Get", "Ask for")}

	def test_a_pack_is_ordered_in_the_portal_and_asked_for_by_whoever_has_no_account(self) -> None:
		with self.site_settings(buy_url="", customers_may_order=1):
			found = self.links()
		self.assertEqual([f"{PAGE}?buy={self.pack}"], found["Get"])
		self.assertEqual([f"/support-credits?pack={self.pack}#services"], found["Ask for"])

	def test_a_shop_is_the_only_way_where_there_is_one(self) -> None:
		with self.site_settings(buy_url=SHOP, customers_may_order=1):
			self.assertEqual({"Get": [SHOP], "Ask for": []}, self.links())

	def test_where_no_orders_are_taken_a_pack_is_asked_for(self) -> None:
		with self.site_settings(buy_url="", customers_may_order=0):
			found = self.links()
		self.assertEqual({"Get": [f"/support-credits?pack={self.pack}#services"], "Ask for": []}, found)


class TestTheCreditsPage(HttpTestCase):
	def test_a_guest_comes_back_from_the_login_to_what_he_wanted(self) -> None:
		for asked in ("?buy=INCIDENT-4", "?order=CO-2026-00001&customer=A%26B", ""):
			with self.subTest(asked):
				answer = fetch(f"{PAGE}{asked}")
				self.assertEqual(302, answer.status_code)
				path, _mark, back = answer.headers["Location"].partition("?redirect-to=")
				self.assertEqual("/login", path)
				self.assertNotIn("&", back)
				self.assertEqual(f"{PAGE}{asked}", unquote(back))

	def told(self, who: Portal) -> dict[str, object]:
		page = fetch(PAGE, who).text
		[boot] = re.findall(r"Object\.assign\(window, (\{.*\})\);", page)
		return json.loads(boot)["buying"]

	def test_it_knows_for_whom_the_reader_buys_and_the_words_he_accepts(self) -> None:
		member, boss = make.portal_user(), make.portal_user("boss")
		customer = make.customer(member, managers=(boss,))
		publish()
		with self.site_settings(buy_url="", customers_may_order=1, terms="No refunds.", members_may_act=0):
			self.assertEqual(
				{
					"customers": [{"customer": customer, "may_act": True}],
					"is_open": True,
					"shop": "",
					"terms": "No refunds.",
				},
				self.told(Portal(boss)),
			)
			self.assertEqual(
				[{"customer": customer, "may_act": False}], self.told(Portal(member))["customers"]
			)
			stranger = make.portal_user("stranger")
			publish()
			self.assertEqual([], self.told(Portal(stranger))["customers"])

	def test_it_knows_the_providers_shop(self) -> None:
		boss = make.portal_user("boss")
		make.customer(managers=(boss,))
		publish()
		with self.site_settings(buy_url=SHOP, customers_may_order=0):
			told = self.told(Portal(boss))
		self.assertEqual((SHOP, False), (told["shop"], told["is_open"]))
