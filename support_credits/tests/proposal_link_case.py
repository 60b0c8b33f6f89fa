"""A proposal of which people were told, and what they do with the link of the mail."""

from __future__ import annotations

import re

import frappe
import requests

from support_credits.mail import consent
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company, Person
from support_credits.tests.notice_case import NoticeCase
from support_credits.tests.server import Portal, agent

PAGE = "/support-credits/proposal"
LINK = re.compile(r'href="(https?://[^"]+/support-credits/proposal\?[^"]+)"')
CSRF = re.compile(r'name="csrf_token" value="(\w+)"')
SECONDS = 60


class LinkCase(NoticeCase):
	def setUp(self) -> None:
		super().setUp()
		self.browser = Portal()

	def proposed(
		self, credits: int = 5, wanted: int = 2, reason: str = "It takes a new index."
	) -> tuple[Company, Person, str, str]:
		"""A company with a charged ticket, its manager, and a proposal for it, of which they were told."""
		company, boss = self.led(credits)
		ticket = self.spend(company)
		said = agent().call(
			"support_credits.api.proposals.propose", ticket=ticket, credits=wanted, reason=reason
		)
		proposal = self.assert_ok(said).value["proposal"]
		self.send(company)
		return company, boss, ticket, proposal

	def unsent(self) -> tuple[Company, Person, str, str]:
		"""The same, but nobody was told yet, and no job of the bench does it."""
		self.choose("Proposal", by_mail=False, in_desk=True)
		found = self.proposed()
		frappe.db.set_value("Credit Notice", self.only(found[0], "Proposal").name, "state", "Queued")
		publish()
		return found

	def query(self, proposal: str, email: str) -> dict[str, str]:
		return {"proposal": proposal, "token": consent.token_for(proposal, email)}

	def load(self, query: dict[str, str], browser: Portal | None = None) -> requests.Response:
		who = browser or self.browser
		return who.http.get(
			f"{who.url}{PAGE}", params=query, headers={"Accept": "text/html"}, timeout=SECONDS
		)

	def post(
		self, query: dict[str, str], answer: str, browser: Portal | None = None, **more: str
	) -> requests.Response:
		who = browser or self.browser
		form = {**query, "answer": answer, **more}
		return who.http.post(f"{who.url}{PAGE}", data=form, headers={"Accept": "text/html"}, timeout=SECONDS)

	def state(self, proposal: str) -> str:
		look_again()
		return frappe.db.get_value("Credit Proposal", proposal, "state")

	def activities(self, ticket: str) -> list[str]:
		look_again()
		return frappe.get_all("HD Ticket Activity", {"ticket": ticket}, pluck="action", order_by="creation")
