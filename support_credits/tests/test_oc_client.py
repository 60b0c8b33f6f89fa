"""The client against a server that speaks the schema: what it asks, and what it makes of every answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import frappe

from support_credits.engine.order_numbers import asked_for
from support_credits.integrations.open_collective import client
from support_credits.integrations.open_collective.client import Endpoint, fetch
from support_credits.integrations.open_collective.errors import (
	CallFailed,
	OrderUnknown,
	RateLimited,
	TokenRefused,
)
from support_credits.ledger import clock
from support_credits.tests import oc_server
from support_credits.tests.compat import TestCase
from support_credits.tests.oc_case import order
from support_credits.tests.oc_server import TOKEN


class TestClient(TestCase):
	def setUp(self) -> None:
		super().setUp()
		self.shop = oc_server.OpenCollective()
		self.addCleanup(self.shop.stop)
		self.place = Endpoint(self.shop.url, TOKEN, read_seconds=3)
		self.order = self.shop.add(order("ana@example.com"))

	def fetch(self, number: object = None) -> object:
		return fetch(asked_for(str(number or self.order["publicId"])), self.place)

	def assert_fails(self, fault: object, said: str, error: type[CallFailed] = CallFailed) -> CallFailed:
		self.shop.faults.append(fault)
		with self.assertRaisesRegex(error, said) as caught:
			self.fetch()
		self.assertNotIn(TOKEN, str(caught.exception))
		return caught.exception

	def test_an_order_is_found_by_both_ids_and_by_the_number_that_is_being_retired(self) -> None:
		for number in (
			self.order["publicId"],
			self.order["id"],
			self.order["legacyId"],
			f"#{self.order['legacyId']}",
		):
			with self.subTest(number):
				self.assertEqual(self.order["publicId"], self.fetch(number).public_id)
		asked = [json.loads(call["body"])["variables"] for call in self.shop.calls]
		self.assertEqual([{"id"}, {"id"}, {"legacyId"}, {"legacyId"}], [set(one) for one in asked])

	def test_the_token_is_in_its_header_and_nowhere_else(self) -> None:
		self.fetch()
		[call] = self.shop.calls
		self.assertEqual(TOKEN, call["headers"].pop("Personal-Token"))
		self.assertNotIn(TOKEN, json.dumps(call))
		self.assertNotIn("Authorization", call["headers"])

	def test_only_fields_of_the_schema_are_asked_for(self) -> None:
		self.fetch()  # the server refuses every other
		place = Endpoint(self.shop.url, TOKEN, 3)
		query = client.QUERY.replace("legacyId status", "legacyId secret")
		_status, _headers, content = client._post(place, {"query": query, "variables": {"id": "or_1234"}})
		self.assertIn(b"Cannot query field secret", content)

	def test_an_order_that_is_not_there_is_unknown_and_no_failure(self) -> None:
		with self.assertRaises(OrderUnknown):
			self.fetch("or_nothere1")
		self.shop.faults.append(oc_server.answer({"data": {"order": None}}))
		with self.assertRaises(OrderUnknown):
			self.fetch()

	def test_half_an_answer_with_an_error_beside_it_proves_nothing(self) -> None:
		both = {"errors": [oc_server.NOT_FOUND["errors"][0], {"message": "boom"}], "data": {"order": None}}
		self.assert_fails(oc_server.answer(both), "GraphQL error")
		half = oc_server.graphql_error("InternalServerError", "boom", {"order": dict(self.order)})
		self.assert_fails(oc_server.answer(half), "InternalServerError")

	def test_what_goes_wrong_on_the_way_is_a_failure_whatever_it_is(self) -> None:
		for fault, said in (
			(oc_server.status(500), "HTTP 500"),
			(oc_server.status(502), "HTTP 502"),
			(oc_server.status(503), "HTTP 503"),
			(oc_server.status(418), "HTTP 418"),
			(oc_server.status(302, Location="http://127.0.0.1:1/"), "HTTP 302"),
			(oc_server.status(307, Location="https://api.opencollective.com/"), "HTTP 307"),
			(oc_server.malformed, "no JSON"),
			(oc_server.page, "no JSON"),
			(oc_server.silent, "no answer"),
			(oc_server.hung_up, "no answer"),
			(oc_server.too_long, "too long"),
			(oc_server.answer([]), "no GraphQL answer"),
			(oc_server.answer({"data": {}}), "no GraphQL answer"),
			(oc_server.answer({"data": {"order": {"publicId": "or_x"}}}), "schema"),
			(oc_server.answer({"data": {"order": []}}), "schema"),
		):
			with self.subTest(said):
				calls = len(self.shop.calls)
				self.assertIsNone(self.assert_fails(fault, said).reset)
				self.assertEqual(
					calls + 1, len(self.shop.calls), "no redirect is followed, nothing is sent twice"
				)

	def test_another_order_than_the_one_asked_for_is_no_answer(self) -> None:
		other = order()
		self.assert_fails(oc_server.answer({"data": {"order": other}}), "another order was answered")

	def test_a_token_that_is_refused_is_told_apart(self) -> None:
		for fault in (
			oc_server.status(401),
			oc_server.status(403),
			oc_server.answer(oc_server.graphql_error("Unauthorized", "You need to be logged in")),
			oc_server.answer(oc_server.graphql_error("Forbidden", "The User Token is not allowed"), 400),
		):
			self.assert_fails(fault, "the token was refused", TokenRefused)
		with self.assertRaises(TokenRefused):
			fetch(asked_for(self.order["publicId"]), Endpoint(self.shop.url, "wrong", 3))

	def test_after_429_no_call_is_made_before_the_reset_that_was_asked_for(self) -> None:
		began = clock.now()
		error = self.assert_fails(oc_server.rate_limited(40), "429", RateLimited)
		self.assert_reset(40, error, began)
		calls = len(self.shop.calls)
		with self.assertRaises(RateLimited) as caught:
			self.fetch()
		self.assertEqual(error.reset, caught.exception.reset)
		self.assertEqual(calls, len(self.shop.calls))
		frappe.cache.delete(client._reset_key(self.place))
		self.assertEqual(self.order["publicId"], self.fetch().public_id)

	def assert_reset(self, seconds: int, error: CallFailed, began: datetime) -> None:
		"""So long after the answer, which came since ``began``; whole seconds are all that a header says."""
		after = timedelta(seconds=seconds)
		self.assertLess(began + after - timedelta(seconds=1), error.reset)
		self.assertLessEqual(error.reset, clock.now() + after)

	def test_429_and_503_without_a_reset_are_tried_again_like_any_failure(self) -> None:
		self.assertIsNone(self.assert_fails(oc_server.status(429), "429", RateLimited).reset)
		began = clock.now()
		error = self.assert_fails(oc_server.status(503, Retry_After="30"), "HTTP 503")
		self.assert_reset(30, error, began)
		self.fetch()

	def test_nobody_is_there(self) -> None:
		self.shop.stop()
		with self.assertRaisesRegex(CallFailed, "no answer: ConnectionError"):
			self.fetch()

	def test_the_token_goes_to_no_address_that_is_not_encrypted(self) -> None:
		for url in (
			"http://api.opencollective.com/graphql/v2",
			"ftp://127.0.0.1/",
			"",
			"https://user:pw@127.0.0.1/",
		):
			with self.subTest(url), self.assertRaisesRegex(CallFailed, "no https address"):
				fetch(asked_for("12345"), Endpoint(url, TOKEN))
