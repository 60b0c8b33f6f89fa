"""Extra credits with consent: an agent proposes, the customer answers once, silence charges nothing (design rule 14)."""

from __future__ import annotations

import frappe

from support_credits.ledger import jobs
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import PASSWORD, Company
from support_credits.tests.http_case import HttpTestCase, kinds, rows
from support_credits.tests.race import Shot
from support_credits.tests.server import Answer, Portal, agent
from support_credits.tests.test_race_last_credit import RaceCase

API = "support_credits.api.proposals."


class ProposalCase(HttpTestCase):
	def charged(self, credits: int = 5, **fields: object) -> tuple[Company, Portal, str]:
		company = self.company(credits, **fields)
		portal = Portal(company.person)
		return company, portal, self.assert_ok(portal.new()).ticket

	def propose(self, ticket: str, credits: int = 2, reason: str = "It takes a new index.") -> str:
		said = agent().call(f"{API}propose", ticket=ticket, credits=credits, reason=reason)
		return self.assert_ok(said).value["proposal"]

	def answer(self, who: Portal, act: str, proposal: str, **more: object) -> Answer:
		return who.call(f"{API}{act}", proposal=proposal, **more)

	def open_lines(self, who: Portal, ticket: str) -> list[dict[str, object]]:
		return self.assert_ok(who.call(f"{API}listed", ticket=ticket)).value["proposals"]


class TestAnswers(ProposalCase):
	def test_accepted_it_is_charged_once_on_top_and_covers_more_work(self) -> None:
		company, portal, ticket = self.charged()
		proposal = self.propose(ticket)
		self.assertEqual(
			[("Open", 2, 120, True)],
			[
				(line["state"], line["credits"], line["minutes"], line["may_answer"])
				for line in self.open_lines(portal, ticket)
			],
		)
		self.assert_balance(company.account, 4)
		said = self.assert_ok(self.answer(portal, "accept", proposal)).value
		self.assertEqual(("Accepted", 2), (said["state"], said["balance"]))
		self.assert_incident(ticket, "Charged", 3)
		card = self.assert_ok(portal.call("support_credits.api.customer.ticket", ticket=ticket)).value
		self.assertEqual({"used": 0, "covered": 180}, card["minutes"])
		self.assertEqual(
			1, frappe.db.count("HD Ticket Activity", {"ticket": ticket, "action": "accepted 2 extra credits"})
		)
		with self.nothing_written():
			again = self.answer(portal, "accept", proposal)
			self.assert_refused(again, "cannot be answered: this proposal is accepted already", "WrongState")

	def test_declined_it_costs_nothing_and_cannot_be_accepted_any_more(self) -> None:
		company, portal, ticket = self.charged()
		proposal = self.propose(ticket)
		self.assert_ok(self.answer(portal, "decline", proposal, note="Too much."))
		self.assert_balance(company.account, 4)
		self.assertEqual("Too much.", frappe.db.get_value("Credit Proposal", proposal, "answer_note"))
		with self.nothing_written():
			self.assert_refused(self.answer(portal, "accept", proposal), "declined already", "WrongState")

	def test_silence_ends_it_at_its_instant_without_any_job(self) -> None:
		company, portal, ticket = self.charged()
		proposal = self.propose(ticket)
		frappe.db.set_value("Credit Proposal", proposal, "expires_at_utc", "2026-01-01T00:00:00.000000Z")
		publish()
		self.assertEqual(["Expired"], [line["state"] for line in self.open_lines(portal, ticket)])
		with self.nothing_written():
			self.assert_refused(self.answer(portal, "accept", proposal), "expired already", "WrongState")
		self.assert_balance(company.account, 4)
		self.propose(ticket)  # another may be made

	def test_an_agent_takes_it_back(self) -> None:
		_company, portal, ticket = self.charged()
		proposal = self.propose(ticket)
		self.assert_ok(self.answer(agent(), "withdraw", proposal))
		self.assert_refused(self.answer(portal, "accept", proposal), "withdrawn already", "WrongState")

	def test_where_the_credits_do_not_suffice_it_stays_open_and_says_so(self) -> None:
		company, portal, ticket = self.charged(2)
		proposal = self.propose(ticket, 3)
		self.assertEqual([1], [line["balance"] for line in self.card(portal, ticket)["proposals"]])
		for _again in range(2):
			refused = self.answer(portal, "accept", proposal)
			self.assert_refused(refused, "the proposal needs 3 and your balance is 1. It stays open")
		self.assertEqual(["Open"], [line["state"] for line in self.open_lines(portal, ticket)])
		self.assert_incident(ticket, "Charged", 1)
		self.grant(company.account, 2)
		self.assert_ok(self.answer(portal, "accept", proposal))
		self.assert_balance(company.account, 0)

	def test_that_somebody_wanted_to_and_could_not_is_on_the_timeline_once_and_nothing_else_is_written(
		self,
	) -> None:
		_company, portal, ticket = self.charged(2)
		proposal = self.propose(ticket, 3)
		before = rows()
		for _again in range(3):
			self.assert_refused(self.answer(portal, "accept", proposal), "It stays open")
		after = rows()
		self.assertEqual({**before, "HD Ticket Activity": before["HD Ticket Activity"] + 1}, after)
		said = {"ticket": ticket, "action": "could not accept 3 extra credits: the balance is 1"}
		self.assertEqual([portal.user], frappe.get_all("HD Ticket Activity", said, pluck="owner"))

	def test_who_cannot_pay_what_is_proposed_is_shown_where_to_buy(self) -> None:
		company, portal, ticket = self.charged(2)
		proposal = self.propose(ticket, 3)
		self.assertEqual(["buy", "redeem"], [way["name"] for way in self.card(portal, ticket)["ways"]][:2])
		self.grant(company.account, 2)
		self.assertEqual([], self.card(portal, ticket)["ways"])
		self.assert_ok(self.answer(portal, "accept", proposal))
		self.assertEqual([], self.card(portal, ticket)["ways"], "nothing is open that could not be paid")

	def test_the_agent_who_asked_reads_what_the_customer_wrote(self) -> None:
		_company, portal, ticket = self.charged()
		self.assert_ok(self.answer(portal, "decline", self.propose(ticket, 1), note="Too {much} for a & b."))
		look_again()
		said = frappe.get_all("HD Ticket Activity", {"ticket": ticket, "owner": portal.user}, pluck="action")
		self.assertIn("declined 1 extra credit: Too {much} for a & b.", said)
		told = frappe.get_all(
			"Notification Log", {"document_type": "HD Ticket", "document_name": ticket}, pluck="subject"
		)
		self.assertEqual(
			[f"Ticket {ticket}: the customer declined 1 extra credit. Too {{much}} for a &amp; b."], told
		)

	def test_an_exemption_gives_back_the_extra_credits_too(self) -> None:
		company, portal, ticket = self.charged()
		self.assert_ok(self.answer(portal, "accept", self.propose(ticket)))
		done = agent().incident("exempt", ticket=ticket, reason=self.reason())
		self.assertEqual(3, self.assert_ok(done).value["credits_back"])
		self.assert_balance(company.account, 5)

	def test_without_the_exemption_all_he_had_accepted_is_charged_again(self) -> None:
		company, portal, ticket = self.charged()
		self.assert_ok(self.answer(portal, "accept", self.propose(ticket)))
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=self.reason()))
		self.assert_ok(agent().incident("unexempt", ticket=ticket))
		self.assert_incident(ticket, "Charged", 3)
		self.assert_balance(company.account, 2)
		self.assertEqual({"used": 0, "covered": 180}, self.card(portal, ticket)["minutes"])

	def test_where_that_is_too_much_it_waits_for_all_of_it(self) -> None:
		company, portal, ticket = self.charged(3)
		self.assert_ok(self.answer(portal, "accept", self.propose(ticket)))
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=self.reason()))
		self.assert_ok(portal.new())
		self.assert_ok(agent().incident("unexempt", ticket=ticket))
		self.assert_incident(ticket, "Parked", 0)
		self.grant(company.account, 1)
		self.assertEqual(
			("Charged", 3), tuple(make.incident_of(ticket)[field] for field in ("state", "credits"))
		)

	def test_another_customer_pays_only_what_he_agreed_to_and_the_first_one_all_of_it_again(self) -> None:
		company, portal, ticket = self.charged()
		self.assert_ok(self.answer(portal, "accept", self.propose(ticket)))
		other = self.company(5)
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=other.name))
		self.assert_incident(ticket, "Charged", 1)
		self.assertEqual(60, self.card(agent(), ticket)["minutes"]["covered"])
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=company.name))
		self.assert_incident(ticket, "Charged", 3)
		self.assert_balance(other.account, 5)

	def test_what_loses_its_ground_is_open_no_more(self) -> None:
		_company, portal, ticket = self.charged()
		proposal = self.propose(ticket)
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=self.reason()))
		self.assertEqual(["Withdrawn"], [line["state"] for line in self.open_lines(portal, ticket)])
		[mine] = self.assert_ok(portal.call("support_credits.api.customer.balance")).value["customers"]
		self.assertEqual(0, mine["proposals"])
		with self.nothing_written():
			self.assert_refused(self.answer(portal, "accept", proposal), "withdrawn already", "WrongState")

	def test_the_job_says_of_those_whose_time_is_over_that_it_is(self) -> None:
		_company, _portal, ticket = self.charged()
		proposal = self.propose(ticket)
		frappe.db.set_value("Credit Proposal", proposal, "expires_at_utc", "2026-01-01T00:00:00.000000Z")
		jobs.expire_proposals()
		self.assertEqual("Expired", frappe.db.get_value("Credit Proposal", proposal, "state"))

	def card(self, who: Portal, ticket: str) -> dict[str, object]:
		return self.assert_ok(who.call("support_credits.api.customer.ticket", ticket=ticket)).value

	def reason(self) -> str:
		made = make.exemption_reason()
		publish()
		return made


class TestWhoMayAnswer(ProposalCase):
	def test_a_colleague_sees_it_and_may_not_answer_a_manager_may(self) -> None:
		company, _portal, ticket = self.charged()
		proposal = self.propose(ticket)
		member, manager = make.portal_user("colleague"), make.portal_user("boss")
		make.add_member(company.name, member)
		make.add_member(company.name, manager, is_manager=True)
		publish()
		said = self.assert_ok(Portal(member).call(f"{API}listed")).value["proposals"]
		# Not what it is about either: he may not read the ticket.
		seen = [(line["ticket"], line["may_answer"], line["reason"]) for line in said]
		self.assertEqual([(ticket, False, "")], seen)
		with self.nothing_written():
			refused = self.answer(Portal(member), "accept", proposal)
			self.assert_refused(refused, "Only who raised the ticket or a manager of", "NotMember", 403)
		self.assert_ok(self.answer(Portal(manager), "accept", proposal))

	def test_another_customer_a_guest_and_an_agent_may_not_and_learn_nothing(self) -> None:
		_company, _portal, ticket = self.charged()
		proposal = self.propose(ticket)
		stranger = Portal(self.company(5).person)
		for who in (stranger, agent()):
			for name in (proposal, "nosuchone"):
				with self.nothing_written():
					refused = self.answer(who, "accept", name)
					self.assert_refused(refused, f"You have no access to proposal {name}.", "NotMember", 403)
		with self.nothing_written():
			self.assertEqual(403, self.answer(Portal(), "accept", proposal).status)
		self.assertEqual(403, stranger.call(f"{API}listed", ticket=ticket).status)
		self.assertEqual([], self.assert_ok(stranger.call(f"{API}listed")).value["proposals"])

	def test_a_customer_cannot_propose_nor_take_back(self) -> None:
		_company, portal, ticket = self.charged()
		proposal = self.propose(ticket)
		with self.nothing_written():
			asked = portal.call(f"{API}propose", ticket=ticket, credits=1, reason="x")
			self.assertEqual((403, 403), (asked.status, self.answer(portal, "withdraw", proposal).status))


class TestProposing(ProposalCase):
	def test_one_at_a_time(self) -> None:
		_company, _portal, ticket = self.charged()
		self.propose(ticket)
		with self.nothing_written():
			refused = agent().call(f"{API}propose", ticket=ticket, credits=1, reason="More")
			self.assert_refused(refused, "has a proposal that nobody has answered yet", "WrongState")

	def test_what_is_free_stays_free(self) -> None:
		company = self.company(0, portal_policy="Park")
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		with self.nothing_written():
			refused = agent().call(f"{API}propose", ticket=ticket, credits=1, reason="More")
			self.assert_refused(refused, "extra credits are charged on top of a charge only", "WrongState")

	def test_it_needs_a_reason_and_a_number_of_credits(self) -> None:
		_company, _portal, ticket = self.charged()
		for bad in (
			{"reason": " "},
			{"credits": 0},
			{"credits": -1},
			{"credits": 2_000_000},
			{"reason": "<b>x</b>"},
		):
			with self.subTest(bad), self.nothing_written():
				answer = agent().call(
					f"{API}propose", **{"ticket": ticket, "credits": 1, "reason": "More", **bad}
				)
				self.assertEqual(417, answer.status, answer)
				self.assertTrue(answer.messages)

	def test_after_the_customer_was_corrected_nobody_can_accept_it(self) -> None:
		_company, portal, ticket = self.charged()
		other = self.company(5)
		proposal = self.propose(ticket)
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=other.name))
		with self.nothing_written():
			refused = self.answer(portal, "accept", proposal)
			self.assert_refused(refused, "withdrawn already", "WrongState")

	def test_one_that_names_another_customer_than_its_ticket_cannot_be_accepted(self) -> None:
		"""However that came to be: the row was written around the app."""
		company, portal, ticket = self.charged()
		other = self.company(5)
		make.add_member(other.name, company.person, is_manager=True)
		publish()
		proposal = self.propose(ticket)
		frappe.db.set_value("Credit Proposal", proposal, "customer", other.name)
		publish()
		with self.nothing_written():
			refused = self.answer(portal, "accept", proposal)
			self.assert_refused(refused, "has changed since this was proposed", "WrongState")

	def test_nobody_writes_one_by_hand(self) -> None:
		doc = {"doctype": "Credit Proposal", "credits": 1, "state": "Accepted"}
		with self.nothing_written():
			answer = agent().request("POST", "/api/resource/Credit Proposal", doc)
			self.assertIn(answer.status, (403, 417), answer)


class TestRaceOfAgents(RaceCase):
	def test_proposed_by_eight_at_once_there_is_one(self) -> None:
		company = self.company(9)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		asked = {"ticket": ticket, "credits": 1, "reason": "More"}
		shots = [Shot(agent().user, PASSWORD, f"/api/method/{API}propose", asked, {})] * 8
		hits = self.start(shots).fire()
		look_again()
		self.assertEqual(1, sum(hit.status == 200 for hit in hits), hits)
		self.assertEqual(
			{(417, "WrongState")}, {(hit.status, hit.error) for hit in hits if hit.status != 200}
		)
		self.assertEqual(1, frappe.db.count("Credit Proposal", {"ticket": ticket}))


class TestRaceOfAnswers(RaceCase):
	def test_accepted_by_eight_at_once_it_is_charged_once(self) -> None:
		company = self.company(9)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		made = agent().call(f"{API}propose", ticket=ticket, credits=2, reason="More")
		proposal = self.assert_ok(made).value["proposal"]
		shots = [
			Shot(company.person.email, PASSWORD, f"/api/method/{API}{act}", {"proposal": proposal}, {})
			for act in ["accept"] * 7 + ["decline"]
		]
		hits = self.start(shots).fire()
		look_again()
		state = frappe.db.get_value("Credit Proposal", proposal, "state")
		self.assertEqual(1, sum(hit.status == 200 for hit in hits), hits)
		self.assertEqual({417}, {hit.status for hit in hits if hit.status != 200})
		self.assertEqual(
			[-1, -2] if state == "Accepted" else [-1],
			[credits for kind, credits in kinds(company.account) if kind == "Charge"],
		)
