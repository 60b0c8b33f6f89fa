"""Extra credits accepted or declined by the link of a mail: without a login, by its own person, once, and never by loading it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import frappe
import requests

from support_credits.mail import consent
from support_credits.tests import factories as make
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


class TestTheMail(LinkCase):
	def test_who_may_accept_gets_a_link_of_his_own_and_nobody_else_does(self) -> None:
		company, boss, ticket, proposal = self.unsent()
		colleague = make.portal_user("colleague")
		make.add_member(company.name, colleague)
		publish()
		self.send(company)
		links = {}
		for person in (boss, company.person):
			[mail] = self.mails(person.email)
			self.assertIn(f"Ticket {ticket}: may we charge 2 more support credits?", mail)
			self.assertIn("It takes a new index.", mail)
			self.assertNotIn("no-notices", mail)
			links[person.email] = LINK.search(mail)[1].replace("&amp;", "&")
		self.assertEqual(2, len(set(links.values())))
		self.assertEqual([], self.mails(colleague.email))
		query = {name: values[0] for name, values in parse_qs(urlsplit(links[boss.email]).query).items()}
		self.assertEqual(self.query(proposal, boss.email), query)
		self.assertNotIn(boss.email, links[boss.email])

	def test_no_row_of_the_database_holds_a_link(self) -> None:
		_company, boss, _ticket, proposal = self.proposed()
		token = consent.token_for(proposal, boss.email)
		for doctype in ("Credit Proposal", "Credit Notice"):
			rows = frappe.db.sql(f"SELECT * FROM `tab{doctype}`", as_dict=True)
			self.assertNotIn(token, frappe.as_json(rows))

	def test_who_unsubscribed_is_asked_all_the_same(self) -> None:
		company, boss, _ticket, _proposal = self.unsent()
		about = {"reference_doctype": "Credit Account", "reference_name": company.account}
		frappe.get_doc({"doctype": "Email Unsubscribe", "email": boss.email, **about}).insert()
		self.send(company)
		self.assertEqual(1, len(self.mails(boss.email)))

	def test_what_was_answered_before_the_mail_could_go_is_not_asked_for(self) -> None:
		company, boss, _ticket, proposal = self.unsent()
		self.post(self.query(proposal, boss.email), "decline")
		self.send(company)
		self.assertEqual([], self.mails(boss.email))
		self.assertEqual("The proposal is open no more.", self.only(company, "Proposal").note)


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
			self.assertIn("is accepted already", again.text)
			self.post(query, "decline")
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


class TestRaces(LinkCase):
	def test_all_who_may_accept_at_the_same_instant_charge_it_once(self) -> None:
		from concurrent.futures import ThreadPoolExecutor

		company, boss, ticket, proposal = self.proposed(credits=9)
		queries = [self.query(proposal, boss.email), self.query(proposal, company.person.email)] * 3
		browsers = [Portal() for _query in queries]
		with ThreadPoolExecutor(len(queries)) as pool:
			pages = list(
				pool.map(
					lambda pair: self.post(pair[0], "accept", pair[1]), zip(queries, browsers, strict=True)
				)
			)
		self.assertEqual(
			1, sum(page.request.method == "GET" for page in pages), [page.status_code for page in pages]
		)
		self.assert_incident(ticket, "Charged", 3)
		self.assert_balance(company.account, 6)

	def test_accepted_and_declined_at_once_it_is_one_of_them(self) -> None:
		from concurrent.futures import ThreadPoolExecutor

		company, boss, ticket, proposal = self.proposed(credits=9)
		query, browsers = self.query(proposal, boss.email), [Portal(), Portal()]
		with ThreadPoolExecutor(2) as pool:
			pages = list(
				pool.map(
					lambda pair: self.post(query, *pair), zip(("accept", "decline"), browsers, strict=True)
				)
			)
		self.assertEqual(1, sum(page.request.method == "GET" for page in pages))
		charged = 3 if self.state(proposal) == "Accepted" else 1
		self.assert_incident(ticket, "Charged", charged)
		self.assert_balance(company.account, 9 - charged)


class TestTimeline(LinkCase):
	def test_a_proposal_that_expired_or_lost_its_ground_is_seen_on_the_ticket(self) -> None:
		from support_credits.ledger import jobs

		_company, _boss, ticket, proposal = self.proposed()
		frappe.db.set_value("Credit Proposal", proposal, "expires_at_utc", "2026-01-01T00:00:00.000000Z")
		publish()
		jobs.expire_proposals()
		jobs.expire_proposals()
		said = "the proposal of 2 extra credits has expired: nobody answered it"
		self.assertEqual(1, self.activities(ticket).count(said))
		_other, _boss, ticket, _proposal = self.proposed()
		reason = make.exemption_reason()
		publish()
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assertIn(
			"the proposal of 2 extra credits was withdrawn: the ticket has changed", self.activities(ticket)
		)
		self.assertIn("proposed 2 extra credits", self.activities(ticket))
