"""The link in the mail about a proposal: whose it is, and what happens when it is used at once or too late."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import frappe

from support_credits.ledger import jobs
from support_credits.mail import consent
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.proposal_link_case import LINK, LinkCase
from support_credits.tests.server import Portal, agent


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


class TestRaces(LinkCase):
	def test_all_who_may_accept_at_the_same_instant_charge_it_once(self) -> None:
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
