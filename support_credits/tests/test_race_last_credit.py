"""Separate processes race for the last credit over HTTP: one wins, the others are refused cleanly, nothing is lost."""

from __future__ import annotations

from collections import Counter

import frappe

from support_credits.ledger import jobs, queries
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish, start_clean
from support_credits.tests.factories import PASSWORD, Company, Person
from support_credits.tests.http_case import HttpTestCase, kinds
from support_credits.tests.race import Hit, Racers, Shot
from support_credits.tests.server import NEW_TICKET, Portal, agent, draft, manager, running

API = "/api/method/"
REFUSED = (417, "CreditsRefused")


class RaceCase(HttpTestCase):
	def start(self, shots: list[Shot]) -> Racers:
		server = running()
		racers = Racers(server.url, server.site, shots)
		self.addCleanup(racers.stop)
		return racers

	def crowd(self, company: Company, count: int) -> list[Person]:
		"""So many members of the company."""
		members = [company.person]
		for _number in range(count - 1):
			members.append(make.portal_user("racer"))
			make.add_member(company.name, members[-1])
		publish()
		return members


def new_ticket(person: Person, **headers: str) -> Shot:
	return Shot(person.email, PASSWORD, API + NEW_TICKET, {"doc": draft(), "attachments": []}, headers)


def agents_act(who: Portal, endpoint: str, **arguments: object) -> Shot:
	return Shot(who.user, PASSWORD, f"{API}support_credits.api.{endpoint}", arguments, {})


def outcomes(hits: list[Hit]) -> Counter[tuple[int, str]]:
	return Counter((hit.status, hit.error) for hit in hits)


class TestTheLastCredit(RaceCase):
	def rounds(self, processes: int, rounds: int) -> None:
		company = self.company(0)
		racers = self.start([new_ticket(person) for person in self.crowd(company, processes)])
		for number in range(1, rounds + 1):
			self.grant(company.account, 1)
			tickets, entries = frappe.db.count("HD Ticket"), len(kinds(company.account))
			hits = racers.fire()
			with self.subTest(round=number):
				self.assertEqual({(200, ""): 1, REFUSED: processes - 1}, outcomes(hits))
				for hit in hits:
					if hit.status != 200:
						self.assertIn("this ticket needs 1 and your balance is 0", hit.message)
				self.assertEqual(entries + 1, len(kinds(company.account)))
				self.assertEqual(tickets + 1, frappe.db.count("HD Ticket"))
				self.assert_balance(company.account, 0)
			self.verify_accounts()

	def test_two_processes_one_credit_one_ticket(self) -> None:
		self.rounds(processes=2, rounds=5)

	def test_sixteen_processes_one_credit_one_ticket(self) -> None:
		self.rounds(processes=16, rounds=3)

	def test_sixteen_processes_and_seven_credits_make_seven_tickets(self) -> None:
		company = self.company(7)
		hits = self.start([new_ticket(person) for person in self.crowd(company, 16)]).fire()
		self.assertEqual({(200, ""): 7, REFUSED: 9}, outcomes(hits))
		self.assertEqual(7, len({hit.value["name"] for hit in hits if hit.status == 200}))
		self.assert_balance(company.account, 0)

	def test_one_person_in_eight_sessions_wins_once(self) -> None:
		company = self.company(1)
		hits = self.start([new_ticket(company.person)] * 8).fire()
		self.assertEqual({(200, ""): 1, REFUSED: 7}, outcomes(hits))

	def test_eight_companies_do_not_stand_in_each_others_way(self) -> None:
		companies = [self.company(1) for _number in range(8)]
		racers = self.start([new_ticket(company.person) for company in companies])
		self.assertEqual({(200, ""): 8}, outcomes(racers.fire()))
		self.assertEqual({REFUSED: 8}, outcomes(racers.fire()))


class TestOneRequestManyTimes(RaceCase):
	def test_the_same_request_sent_eight_times_at_once_is_one_ticket_and_one_charge(self) -> None:
		company = self.company(8)
		key = make.unique_code("request")
		racers = self.start([new_ticket(company.person, **{"Idempotency-Key": key})] * 8)
		for winners in (1, 0):
			found = outcomes(racers.fire())
			self.assertEqual(
				{(200, ""): winners, (409, "AlreadyServed"): 8 - winners}, {(200, ""): 0, **found}
			)
			self.assert_balance(company.account, 7)


class TestGrantsAndCharges(RaceCase):
	def test_grants_and_tickets_at_once_lose_and_double_nothing(self) -> None:
		company = self.company(2)
		grant = agents_act(manager(), "account.grant", customer=company.name, credits=1, reason="Race")
		shots = [new_ticket(person) for person in self.crowd(company, 8)]
		racers = self.start([*shots, *[grant] * 4])
		won = 0
		for number in range(1, 4):
			hits = racers.fire()
			self.assertLessEqual(set(outcomes(hits)), {(200, ""), REFUSED})
			self.assertEqual({200}, {hit.status for hit in hits[8:]})
			won += sum(hit.status == 200 for hit in hits[:8])
			self.assert_balance(company.account, 2 + 4 * number - won)
		self.assertEqual(
			Counter(Grant=13, Charge=won), Counter(kind for kind, _credits in kinds(company.account))
		)

	def test_a_grant_while_tickets_wait_and_come_in_pays_the_oldest(self) -> None:
		company = self.company(0, portal_policy="Park")
		portal = Portal(company.person)
		first = [self.assert_ok(portal.new()).ticket for _number in range(2)]
		grant = agents_act(manager(), "account.grant", customer=company.name, credits=2, reason="Race")
		hits = self.start([*[new_ticket(company.person)] * 6, grant]).fire()
		self.assertEqual({(200, ""): 7}, outcomes(hits))
		publish()
		jobs.finish_releases()
		start_clean()
		for ticket in first:
			self.assert_incident(ticket, "Charged", 1)
		self.assertEqual(
			6, frappe.db.count("Support Incident", {"account": company.account, "state": "Parked"})
		)

	def test_the_same_grant_delivered_six_times_at_once_grants_once(self) -> None:
		company = self.company(0)
		delivery = {
			"customer": company.name,
			"credits": 5,
			"reason": "Paid",
			"key": make.unique_code("payment"),
		}
		hits = self.start([agents_act(manager(), "account.grant", **delivery)] * 6).fire()
		self.assertEqual({(200, ""): 6}, outcomes(hits))
		self.assertEqual(1, len({hit.value["lot"] for hit in hits}))
		self.assertEqual([("Grant", 5)], kinds(company.account))


class TestExemptions(RaceCase):
	def test_eight_exemptions_at_once_refund_once(self) -> None:
		company, reason = self.company(3), make.exemption_reason()
		publish()
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		hits = self.start([agents_act(agent(), "incident.exempt", ticket=ticket, reason=reason)] * 8).fire()
		self.assertEqual({(200, ""): 8}, outcomes(hits))
		self.assertEqual(1, sum(hit.value["credits_back"] for hit in hits))
		self.assertEqual([("Grant", 3), ("Charge", -1), ("Refund", 1)], kinds(company.account))

	def test_exempting_removing_correcting_and_replying_at_once_ends_in_one_true_state(self) -> None:
		company, other, reason = self.company(3), self.company(3), make.exemption_reason()
		publish()
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		acts = (
			agents_act(agent(), "incident.exempt", ticket=ticket, reason=reason),
			agents_act(agent(), "incident.unexempt", ticket=ticket),
			agents_act(agent(), "incident.set_customer", ticket=ticket, customer=other.name),
			agents_act(agent(), "incident.set_customer", ticket=ticket, customer=company.name),
			new_ticket(company.person),
		)
		racers = self.start([*acts, *acts])
		for _round in range(3):
			for hit in racers.fire():
				self.assertNotIn(hit.error, ("QueryDeadlockError", "InternalError"))
				self.assertLess(hit.status, 500, hit)
		look_again()
		incident = make.incident_of(ticket)
		self.assertIn((incident.state, incident.credits), (("Charged", 1), ("Exempt", 0), ("Parked", 0)))
		spent = sum(frappe.get_all("Support Incident", {"account": company.account}, pluck="credits"))
		self.assertEqual(3 - spent, queries.balance(company.account))
