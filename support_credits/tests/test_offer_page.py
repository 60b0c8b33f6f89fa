"""The public page over HTTP: the same for everybody, kept by caches for a minute, right in each language."""

from __future__ import annotations

import frappe
import requests

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Portal, agent, manager, running

PAGE = "/support-credits"


def fetch(who: Portal | None = None, path: str = PAGE, **headers: str) -> requests.Response:
	server = running()
	http = who.http if who else requests.Session()
	said = {"Accept": "text/html", **server.headers, **headers}
	return http.get(f"{server.url}{path}", headers={**said, "Accept": "text/html"}, timeout=60)


class TestCaching(HttpTestCase):
	def test_whoever_passes_it_on_may_keep_it_for_a_minute(self) -> None:
		page = fetch()
		self.assertEqual(200, page.status_code)
		self.assertEqual("public, max-age=60", page.headers["Cache-Control"])
		self.assertEqual("Accept-Language, Cookie", page.headers["Vary"])
		self.assertNotIn("Set-Cookie", page.headers)

	def test_nobodys_session_is_in_what_is_kept(self) -> None:
		portal = Portal(self.company(1).person)
		page = fetch(portal)
		self.assertNotIn("Set-Cookie", page.headers)
		self.assertEqual(200, portal.call("frappe.auth.get_logged_user").status)

	def test_nobodys_session_is_ended_by_what_is_kept(self) -> None:
		"""The host takes the cookies of a session that is over from whoever comes with them."""
		page = fetch(**{"Cookie": "sid=a-session-that-is-over"})
		self.assertEqual("public, max-age=60", page.headers["Cache-Control"])
		self.assertNotIn("Set-Cookie", page.headers)

	def test_what_has_not_changed_is_not_sent_again(self) -> None:
		page = fetch()
		again = fetch(**{"If-None-Match": page.headers["ETag"]})
		if again.status_code == 200:  # a minute has passed, and it says how long until it opens
			again = fetch(**{"If-None-Match": again.headers["ETag"]})
		self.assertEqual((304, ""), (again.status_code, again.text))
		self.assertEqual(200, fetch(**{"If-None-Match": '"another"'}).status_code)

	def test_a_changed_price_is_another_page(self) -> None:
		before = fetch()
		pack = make.pack(on_sale=1, price=4_321)
		publish()
		self.addCleanup(self.off_sale, pack)
		after = fetch(**{"If-None-Match": before.headers["ETag"]})
		self.assertEqual(200, after.status_code)
		self.assertIn("US$4,321.00", after.text)

	@staticmethod
	def off_sale(pack: str) -> None:
		frappe.db.set_value("Credit Pack", pack, "on_sale", 0)
		publish()

	def test_a_head_request_says_the_same_without_the_page(self) -> None:
		server = running()
		answer = requests.head(
			f"{server.url}{PAGE}", headers={**server.headers, "Accept": "text/html"}, timeout=60
		)
		self.assertEqual((200, "public, max-age=60"), (answer.status_code, answer.headers["Cache-Control"]))

	def test_no_other_page_is_touched(self) -> None:
		for path in ("/login", "/helpdesk/login"):
			self.assertNotIn("public", fetch(path=path).headers.get("Cache-Control", ""))


class TestTheSameForEverybody(HttpTestCase):
	def test_guest_customer_agent_and_manager_read_the_same(self) -> None:
		company = self.company(3)
		portal = Portal(company.person)
		portal.open_page()
		pages = {fetch(who, path=f"{PAGE}?_lang=en").text for who in (None, portal, agent(), manager())}
		self.assertEqual(1, len({self.without_the_clock(page) for page in pages}))
		page = pages.pop()
		for own in (company.name, company.person.email, "csrf_token", "logout"):
			self.assertNotIn(own, page)
		self.assertIn('href="/helpdesk/credits"', page)

	@staticmethod
	def without_the_clock(page: str) -> str:
		return "\n".join(line for line in page.splitlines() if "Opens in" not in line)

	def test_it_works_without_a_script_or_a_style_of_its_own(self) -> None:
		page = fetch().text
		self.assertNotIn("<script", page)
		self.assertNotIn("style=", page)
		self.assertNotIn("<style", page)


class TestLanguages(HttpTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		frappe.get_doc("Language", "pt").update({"enabled": 1}).save()  # Frappe 16 has switched it off
		publish()

	def test_the_language_is_the_visitors(self) -> None:
		self.assertIn('<html lang="en" dir="ltr">', fetch(**{"Accept-Language": "en"}).text)
		self.assertIn('<html lang="pt" dir="ltr">', fetch(**{"Accept-Language": "pt"}).text)

	def test_each_language_is_kept_by_itself(self) -> None:
		tags = {fetch(**{"Accept-Language": lang}).headers["ETag"] for lang in ("en", "pt")}
		self.assertEqual(2, len(tags))

	def test_who_is_logged_in_reads_his_own_language(self) -> None:
		someone = self.company(1).person
		frappe.db.set_value("User", someone.email, "language", "pt")
		publish()
		self.assertIn('<html lang="pt"', fetch(Portal(someone), **{"Accept-Language": "en"}).text)

	def test_arabic_is_read_from_right_to_left(self) -> None:
		self.assertIn('<html lang="ar" dir="rtl">', fetch(path=f"{PAGE}?_lang=ar").text)


class TestTheApi(HttpTestCase):
	def test_anybody_may_ask_what_is_on_sale(self) -> None:
		pack, tier = make.pack(on_sale=1), make.tier()
		publish()
		self.addCleanup(TestCaching.off_sale, pack)
		for who in (Portal(), Portal(self.company(1).person), agent()):
			with self.subTest(who.user):
				packs = self.assert_ok(who.call("support_credits.api.offer.packs")).value["packs"]
				self.assertIn(pack, [one["pack"] for one in packs])
				tiers = self.assert_ok(who.call("support_credits.api.offer.tiers")).value["tiers"]
				self.assertIn(tier, [one["tier"] for one in tiers])

	def test_too_often_is_too_often(self) -> None:
		guest, here = Portal(), {"X-Forwarded-For": f"10.9.8.{int(frappe.generate_hash(length=4), 36) % 250}"}
		with make.rate_factor(0.05):
			answers = [guest.call("support_credits.api.offer.packs", here).status for _number in range(5)]
		self.assertEqual([200] * 3 + [429] * 2, answers)
