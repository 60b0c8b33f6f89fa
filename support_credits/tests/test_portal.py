"""What is added to Helpdesk's pages, for whom, and the Credits page's frame."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import frappe
from frappe.website.serve import get_response
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from support_credits import portal
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase

PAGE = "<!doctype html><body><p>Helpdesk, não &lt;/body&gt;</p></body></html>"
MARK = "data-sc-loader"


def request_of(path: str, method: str = "GET") -> Request:
	return Request(EnvironBuilder(path=path, method=method).get_environ())


class PortalCase(LedgerCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		assert portal.entry("loader"), "the suite runs with the frontend built"

	def page(
		self, path: str = "/helpdesk/my-tickets", method: str = "GET", body: str = PAGE, **given: object
	) -> Response:
		"""Helpdesk's answer after our hook has seen it."""
		answer = Response(body, **{"mimetype": "text/html", **given})
		portal.inject(answer, request_of(path, method))
		return answer

	def assert_untouched(self, answer: Response, body: str = PAGE) -> None:
		self.assertEqual(body, answer.get_data(as_text=True))


class TestLoader(PortalCase):
	def setUp(self) -> None:
		super().setUp()
		self.company = factories.company(1)
		frappe.set_user(self.company.person.email)

	def test_a_customer_with_credits_gets_the_loader_at_the_end_of_helpdesks_pages(self) -> None:
		for path in ("/helpdesk", "/helpdesk/", "/helpdesk/my-tickets/new", "/helpdesk/kb-public/articles/1"):
			with self.subTest(path):
				answer = self.page(path)
				text = answer.get_data(as_text=True)
				self.assertEqual(1, text.count(MARK))
				self.assertTrue(text.endswith("</script></body></html>"))
				self.assertIn("Helpdesk, não", text)
				self.assertEqual(len(answer.get_data()), answer.content_length)

	def test_whatever_is_no_page_of_helpdesk_goes_out_as_it_was(self) -> None:
		for path in ("/app", "/helpdesks", "/api/method/ping", "/helpdesk/credits", "/"):
			with self.subTest(path):
				self.assert_untouched(self.page(path))
		for given in ({"status": 404}, {"status": 302}, {"mimetype": "application/json"}):
			with self.subTest(given):
				self.assert_untouched(self.page(**given))
		self.assert_untouched(self.page(method="HEAD"))
		self.assert_untouched(self.page(method="POST"))
		self.assert_untouched(self.page(body="no end"), "no end")

	def test_people_without_credits_get_helpdesk_as_it_is(self) -> None:
		frappe.set_user("Administrator")
		someone = factories.portal_user()
		factories.customer(someone)
		for user in ("Guest", someone.email):
			with self.subTest(user):
				frappe.set_user(user)
				self.assert_untouched(self.page())

	def test_what_it_is_to_do_is_said_with_it(self) -> None:
		"""The portal and its menu for a member with credits; the agents' pages for agents; both for who is both."""
		frappe.set_user("Administrator")
		agent, both = factories.agent(), factories.agent()
		factories.add_member(self.company.name, both)
		expected = {
			self.company.person.email: "data-portal data-menu",
			agent.email: "data-agent",
			both.email: "data-portal data-menu data-agent",
		}
		for user, marks in expected.items():
			with self.subTest(marks):
				frappe.set_user(user)
				self.assertIn(f'data-label="Credits" {marks}></script>', self.page().get_data(as_text=True))

	def test_an_agent_of_a_site_without_accounts_gets_helpdesk_as_it_is(self) -> None:
		frappe.set_user("Administrator")
		agent = factories.agent()
		frappe.db.savepoint("with_accounts")
		self.addCleanup(frappe.db.rollback, save_point="with_accounts")
		frappe.db.delete("Credit Account")
		for user in (agent.email, "Administrator"):
			with self.subTest(user):
				frappe.set_user(user)
				self.assert_untouched(self.page())

	def test_a_frontend_that_is_not_built_adds_nothing(self) -> None:
		with patch.object(portal, "MANIFEST", Path("/nowhere/manifest.json")):
			self.assert_untouched(self.page())

	def test_an_error_of_ours_leaves_the_page_as_it_was(self) -> None:
		with patch.object(portal, "_has_account", side_effect=RuntimeError("broken")):
			self.assert_untouched(self.page())

	def test_the_label_is_in_the_readers_language_and_cannot_end_the_tag(self) -> None:
		with patch.object(portal, "_", return_value='"><script>alert(1)</script>'):
			text = self.page().get_data(as_text=True)
		self.assertNotIn("<script>alert", text)

	def test_what_the_tag_names_was_built(self) -> None:
		for name in ("loader", "cards", "credits"):
			entry = portal.entry(name)
			assert entry
			for address in (entry["script"], *entry["styles"]):
				file = portal.MANIFEST.parent / address.removeprefix(portal.ASSETS)
				self.assertTrue(file.is_file(), address)


class TestCreditsPage(PortalCase):
	def shown(self, user: str) -> Response:
		frappe.set_user(user)
		frappe.local.request = request_of(portal.CREDITS_PAGE)
		self.addCleanup(delattr, frappe.local, "request")
		return get_response(portal.CREDITS_PAGE.strip("/"))

	def test_a_guest_is_sent_to_the_login_and_back(self) -> None:
		answer = self.shown("Guest")
		self.assertEqual(302, answer.status_code, "a permanent one would outlive the login")
		self.assertEqual("/login?redirect-to=/helpdesk/credits", answer.headers["Location"])

	def test_a_page_that_is_not_built_says_what_an_administrator_runs(self) -> None:
		company = factories.company(1)
		with patch.object(portal, "MANIFEST", Path("/nowhere/manifest.json")):
			text = self.shown(company.person.email).get_data(as_text=True)
		self.assertIn("bench build --app support_credits", text)

	def test_what_the_page_is_told_cannot_end_its_script(self) -> None:
		company, hostile = factories.company(1), "</script><script>alert(1)"
		with patch.object(portal, "messages", return_value={"Credits": hostile}):
			text = self.shown(company.person.email).get_data(as_text=True)
		self.assertNotIn(hostile, text)
		self.assertIn(json.dumps(hostile).replace("<", "\\u003c"), text)
