"""Extra credits accepted or declined by the link of a mail: without a login, by its own person, once, and never by loading it."""

from __future__ import annotations

import frappe

from support_credits.mail import consent
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.proposal_link_case import CSRF, PAGE, SECONDS, LinkCase
from support_credits.tests.server import Portal, agent


class TestThePage(LinkCase):
	def test_loading_it_however_often_changes_nothing(self) -> None:
		_company, boss, _ticket, proposal = self.proposed()
		query = self.query(proposal, boss.email)
		with self.nothing_written():
			for more in ({}, {"answer": "accept"}, {"answer": "decline"}):
				page = self.load({**query, **more})
				self.assertEqual(200, page.status_code)
				self.assertIn("2 extra credits, for 120 more minutes", page.text)
			head = self.browser.http.head(
				f"{self.browser.url}{PAGE}", params={**query, "answer": "accept"}, timeout=SECONDS
			)
			self.assertLess(head.status_code, 500)
		self.assertEqual("Open", self.state(proposal))
		self.assertIn("no-referrer", page.text)
		self.assertEqual("private, no-store", page.headers["Cache-Control"])
		self.assertNotIn("<script", page.text)

	def test_accepted_it_is_charged_once_and_the_ticket_says_so(self) -> None:
		company, boss, ticket, proposal = self.proposed()
		query = self.query(proposal, boss.email)
		page = self.post(query, "accept")
		self.assertEqual((200, "GET"), (page.status_code, page.request.method))
		self.assertIn(f"Accepted by {boss.email} on ", page.text)
		self.assert_balance(company.account, 2)
		self.assert_incident(ticket, "Charged", 3)
		self.assertEqual(boss.email, frappe.db.get_value("Credit Proposal", proposal, "answered_by"))
		self.assertIn("accepted 2 extra credits by the link in the mail", self.activities(ticket))
		by = frappe.get_all(
			"Credit Ledger Entry", {"account": company.account}, pluck="actor", order_by="seq desc"
		)
		self.assertEqual(boss.email, by[0])
		with self.nothing_written():
			again = self.post(query, "accept")
			self.assertEqual(200, again.status_code)
			self.assertIn(f"Accepted by {boss.email} on ", again.text)
			self.assertNotIn('role="alert"', again.text)
			other = self.post(query, "decline")
			self.assertEqual(417, other.status_code)
			self.assertIn("is accepted already", other.text)
			self.assertIn("Accepted by", self.load(query).text)

	def test_the_agent_who_asked_sees_the_answer_in_the_desk(self) -> None:
		_company, boss, ticket, proposal = self.proposed()
		self.post(self.query(proposal, boss.email), "accept")
		look_again()
		told = frappe.get_all(
			"Notification Log",
			{"document_type": "HD Ticket", "document_name": ticket},
			["for_user", "subject"],
		)
		self.assertEqual(
			[(agent().user, f"Ticket {ticket}: the customer accepted 2 extra credits.")],
			[(one.for_user, one.subject) for one in told],
		)

	def test_declined_with_a_note_it_costs_nothing(self) -> None:
		company, boss, ticket, proposal = self.proposed()
		page = self.post(self.query(proposal, boss.email), "decline", note="Too much for us")
		self.assertIn(f"Declined by {boss.email}", page.text)
		self.assertEqual("Too much for us", frappe.db.get_value("Credit Proposal", proposal, "answer_note"))
		self.assert_balance(company.account, 4)
		self.assertIn(
			"declined 2 extra credits by the link in the mail: Too much for us", self.activities(ticket)
		)

	def test_the_link_of_one_person_or_proposal_is_worth_nothing_for_another(self) -> None:
		_company, boss, _ticket, proposal = self.proposed()
		_other, stranger, _other_ticket, other_proposal = self.proposed()
		wrong = [
			self.query(proposal, stranger.email),
			{"proposal": proposal, "token": consent.token_for(other_proposal, boss.email)},
			{"proposal": proposal, "token": "x" * 43},
			{"proposal": proposal, "token": "é" * 43},
			{"proposal": proposal, "token": ""},
			{"proposal": "nothing", "token": consent.token_for("nothing", boss.email)},
			{"proposal": "x" * 500, "token": "x"},
			{},
		]
		with self.nothing_written():
			texts = set()
			for query in wrong:
				loaded, posted = self.load(query), self.post(query, "accept")
				self.assertEqual((200, 417), (loaded.status_code, posted.status_code), query)
				texts |= {loaded.text, posted.text}
			self.assertEqual(1, len(texts))
			self.assertIn("This link cannot be used", texts.pop())
		self.assertEqual("Open", self.state(proposal))

	def test_who_may_answer_no_more_has_a_dead_link(self) -> None:
		company, boss, _ticket, proposal = self.proposed()
		query = self.query(proposal, boss.email)
		frappe.db.set_value("User", boss.email, "enabled", 0)
		publish()
		self.assertEqual(417, self.post(query, "accept").status_code)
		frappe.db.set_value("User", boss.email, "enabled", 1)
		doc = frappe.get_doc("HD Customer", company.name)
		doc.set("contacts", [row for row in doc.contacts if row.contact_name != boss.contact])
		doc.save()
		publish()
		self.assertEqual(417, self.post(query, "accept").status_code)
		self.assertEqual("Open", self.state(proposal))

	def test_expired_and_withdrawn_it_says_so_and_charges_nothing(self) -> None:
		company, boss, _ticket, proposal = self.proposed()
		query = self.query(proposal, boss.email)
		frappe.db.set_value("Credit Proposal", proposal, "expires_at_utc", "2026-01-01T00:00:00.000000Z")
		publish()
		self.assertIn("was not answered in time", self.load(query).text)
		with self.nothing_written():
			late = self.post(query, "accept")
		self.assertIn("expired already", late.text)
		self.assertIn("was not answered in time", late.text)
		_other, boss, _ticket, proposal = self.proposed()
		self.assert_ok(agent().call("support_credits.api.proposals.withdraw", proposal=proposal))
		self.assertIn("This was withdrawn", self.load(self.query(proposal, boss.email)).text)
		self.assert_balance(company.account, 4)

	def test_without_enough_credits_it_stays_open_and_shows_the_ways_to_buy(self) -> None:
		company, boss, ticket, proposal = self.proposed(2, wanted=3)
		query = self.query(proposal, boss.email)
		with self.site_settings(buy_url="https://provider.test/buy"):
			page = self.post(query, "accept")
			self.assertEqual(417, page.status_code)
			self.assertIn("the proposal needs 3 and your balance is 1. It stays open", page.text)
			self.assertIn('href="https://provider.test/buy"', page.text)
			self.assertIn('value="accept"', page.text)
		self.assertIn("could not accept 3 extra credits: the balance is 1", self.activities(ticket))
		self.assert_balance(company.account, 1)
		self.assertEqual("Open", self.state(proposal))
		self.grant(company.account, 2)
		self.assertIn("Accepted by", self.post(query, "accept").text)
		self.assert_balance(company.account, 0)

	def test_a_word_that_is_no_answer_is_none(self) -> None:
		_company, boss, _ticket, proposal = self.proposed()
		with self.nothing_written():
			for answer in ("", "perhaps", "<b>"):
				self.assertEqual(417, self.post(self.query(proposal, boss.email), answer).status_code)
			noted = self.post(self.query(proposal, boss.email), "decline", note="<script>alert(1)</script>")
			self.assertIn("cannot hold HTML", noted.text)
		self.assertEqual("Open", self.state(proposal))

	def test_one_credit_is_not_called_credits(self) -> None:
		_company, boss, ticket, proposal = self.proposed(wanted=1)
		query = self.query(proposal, boss.email)
		page = self.load(query).text
		self.assertIn("we propose 1 extra credit, for 60 more minutes of work", page)
		self.assertIn("Accept 1 extra credit</button>", page)
		self.assertIn("Charged: 1 extra credit.", self.post(query, "accept").text)
		self.assertIn("accepted 1 extra credit by the link in the mail", self.activities(ticket))

	def test_what_the_agent_wrote_is_shown_as_text(self) -> None:
		_company, boss, _ticket, proposal = self.proposed(reason="a & b")
		self.assertIn("a &amp; b", self.load(self.query(proposal, boss.email)).text)

	def test_somebody_else_logged_in_in_that_browser_answers_as_the_links_person_and_stays_logged_in(
		self,
	) -> None:
		_company, boss, _ticket, proposal = self.proposed()
		other = self.company(1)
		portal = Portal(other.person)
		query = self.query(proposal, boss.email)
		page = self.load(query, portal)  # from now on the session has a token, and every act needs it
		self.assertEqual(400, self.post(query, "accept", portal).status_code)
		self.assertIn(f"You answer as {boss.email}", page.text)
		token = CSRF.search(page.text)[1]
		self.assertIn(f"Accepted by {boss.email}", self.post(query, "accept", portal, csrf_token=token).text)
		who = portal.http.get(f"{portal.url}/api/method/frappe.auth.get_logged_user", timeout=SECONDS)
		self.assertEqual(other.person.email, who.json()["message"])

	def test_a_contact_without_a_login_answers_too(self) -> None:
		company, _boss, _ticket, proposal = self.proposed()
		email = f"{make.unique_code('nologin')}@example.com"
		contact = frappe.get_doc({"doctype": "Contact", "first_name": make.unique("Nologin")})
		contact.add_email(email, is_primary=True)
		contact.insert(ignore_permissions=True)
		make.add_member(company.name, make.Person(email, contact.name), is_manager=True)
		publish()
		self.assertIn(f"Accepted by {email}", self.post(self.query(proposal, email), "accept").text)
		self.assert_balance(company.account, 2)

	def test_it_speaks_the_persons_language(self) -> None:
		_company, boss, _ticket, proposal = self.proposed()
		frappe.db.set_value("User", boss.email, "language", "pt")
		publish()
		page = self.load(self.query(proposal, boss.email)).text
		self.assertIn('lang="pt"', page)
		self.assertIn("Créditos de suporte extra", page)
