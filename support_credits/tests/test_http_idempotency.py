"""A client that did not get its answer sends the request again: one ticket, one charge, and the ticket's number."""

from __future__ import annotations

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Portal
from support_credits.tests.test_http_flow import BALANCE_ZERO, DOORS


def new_key() -> dict[str, str]:
	return {"Idempotency-Key": make.unique_code("request")}


class TestIdempotencyKey(HttpTestCase):
	def assert_served(self, answer: object, ticket: str) -> None:
		self.assert_refused(answer, f"it opened ticket {ticket}", "AlreadyServed", 409)

	def test_the_same_request_twice_is_one_ticket_at_every_door(self) -> None:
		company = self.company(2 * len(DOORS))
		portal = Portal(company.person)
		for number, (door, post) in enumerate(DOORS.items(), 1):
			with self.subTest(door):
				key = new_key()
				ticket = self.assert_ok(post(portal, key)).ticket
				for _again in range(2):
					with self.nothing_written():
						self.assert_served(post(portal, key), ticket)
				self.assert_balance(company.account, 2 * len(DOORS) - number)

	def test_without_a_key_two_requests_are_two_tickets(self) -> None:
		company = self.company(2)
		portal = Portal(company.person)
		self.assertNotEqual(self.assert_ok(portal.new()).ticket, self.assert_ok(portal.new()).ticket)
		self.assert_balance(company.account, 0)

	def test_a_refused_request_may_be_sent_again_once_there_are_credits(self) -> None:
		company = self.company(0)
		portal, key = Portal(company.person), new_key()
		self.assert_refused(portal.rest(key), BALANCE_ZERO)
		self.grant(company.account, 1)
		self.assert_ok(portal.rest(key))

	def test_another_persons_key_may_be_the_same(self) -> None:
		one, other, key = self.company(1), self.company(1), new_key()
		self.assert_ok(Portal(one.person).rest(key))
		self.assert_ok(Portal(other.person).rest(key))

	def test_three_tickets_in_one_request_are_three_once(self) -> None:
		company = self.company(6)
		portal, key = Portal(company.person), new_key()
		tickets = self.assert_ok(portal.insert_many(3, key)).value
		with self.nothing_written():
			self.assert_served(portal.insert_many(3, key), tickets[0])
		self.assert_balance(company.account, 3)

	def test_a_waiting_ticket_is_served_once_too(self) -> None:
		company = self.company(0, portal_policy="Park")
		portal, key = Portal(company.person), new_key()
		ticket = self.assert_ok(portal.rest(key)).ticket
		with self.nothing_written():
			self.assert_served(portal.rest(key), ticket)

	def test_an_unidentified_ticket_is_served_once_and_named(self) -> None:
		self.company(1)
		someone = make.portal_user()
		publish()
		portal, key = Portal(someone), new_key()
		ticket = self.assert_ok(portal.rest(key)).ticket
		with self.nothing_written():
			self.assert_served(portal.rest(key), ticket)
