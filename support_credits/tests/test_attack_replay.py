"""Requests sent again, sent by others, sent from another site, or sent while something else happens."""

from __future__ import annotations

import ast
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import frappe

from support_credits.tests import factories as make
from support_credits.tests.attack_case import AttackCase
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import value
from support_credits.tests.server import NEW_TICKET, Portal, draft, manager
from support_credits.tests.test_http_flow import DOORS
from support_credits.tests.test_http_idempotency import new_key

AT_ONCE = 4


def writing_endpoints() -> list[str]:
	"""The functions of this app that change something: those that do not answer to GET."""
	base, found = Path(frappe.get_app_path("support_credits")), []
	for file in base.rglob("*.py"):
		if "tests" in file.parts:
			continue
		module = ".".join(("support_credits", *file.relative_to(base).with_suffix("").parts))
		for node in ast.parse(file.read_text()).body:
			marks = "".join(map(ast.unparse, getattr(node, "decorator_list", [])))
			if "frappe.whitelist" in marks and "GET" not in marks:
				found.append(f"{module}.{node.name}")
	return found


class TestKeysOfRequests(AttackCase):
	def assert_served(self, answer: object, ticket: str) -> None:
		self.assert_refused(answer, f"it opened ticket {ticket}", "AlreadyServed", 409)

	def test_a_key_with_another_content_opens_nothing_and_names_the_first_ticket(self) -> None:
		mine = self.company(3)
		portal, key = Portal(mine.person), new_key()
		ticket = self.assert_ok(portal.rest(key, subject="The first")).ticket
		for door, post in DOORS.items():
			for other in (
				{"subject": "Another"},
				{"priority": "Urgent"},
				{"customer": mine.name},
				{"raised_by": "x@example.com"},
			):
				with self.subTest(door, **other), self.nothing_written():
					self.assert_served(post(portal, key, **other), ticket)
		self.assertEqual("The first", value(ticket, "subject"))

	def test_a_key_for_one_company_opens_nothing_for_the_other(self) -> None:
		one, other = self.company(1), self.company(1)
		make.add_member(other.name, one.person)
		publish()
		portal, key = Portal(one.person), new_key()
		ticket = self.assert_ok(portal.rest(key, customer=one.name)).ticket
		with self.nothing_written():
			self.assert_served(portal.rest(key, customer=other.name), ticket)

	def test_a_colleague_with_the_same_key_has_a_ticket_of_his_own_and_learns_of_no_other(self) -> None:
		mine = self.company(2)
		colleague = make.portal_user("colleague")
		make.add_member(mine.name, colleague)
		publish()
		key = new_key()
		first = self.assert_ok(Portal(mine.person).rest(key)).ticket
		self.assertNotEqual(first, self.assert_ok(Portal(colleague).rest(key)).ticket)
		self.assert_balance(mine.account, 0)

	def test_odd_keys_are_keys(self) -> None:
		mine = self.company(5)
		portal = Portal(mine.person)
		for text in ("'; DROP TABLE x; --", "%", "k" * 4000, "0", make.unique_code("K").upper()):
			with self.subTest(text[:20]):
				key = {"Idempotency-Key": text}
				ticket = self.assert_ok(portal.rest(key)).ticket
				with self.nothing_written():
					self.assert_served(portal.rest(key), ticket)
		self.assert_balance(mine.account, 0)

	def test_keys_that_differ_in_case_alone_are_two(self) -> None:
		mine = self.company(2)
		portal, key = Portal(mine.person), make.unique_code("key")
		for spelled in (key, key.upper()):
			self.assert_ok(portal.rest({"Idempotency-Key": spelled}))
		self.assert_balance(mine.account, 0)

	def test_grant_keys_that_differ_in_case_accent_or_picture_are_different_purchases(self) -> None:
		mine, key = self.company(0), make.unique_code("order")
		for spelled in (key, key.upper(), f"{key}é", f"{key}e", f"🎉{key}", f"🚀{key}", f"{key} "):
			with self.subTest(spelled):
				asked = {"customer": mine.name, "credits": 1, "reason": "Bought", "key": spelled}
				self.assertFalse(self.assert_ok(manager().account("grant", **asked)).value["replayed"])
		self.assert_balance(mine.account, 7)

	def test_a_grants_key_for_another_customer_amount_or_pack_grants_nothing(self) -> None:
		mine, other, key = self.company(0), self.company(0), make.unique_code("order")
		asked = {"customer": mine.name, "credits": 2, "reason": "Bought", "key": key}
		pack = {"credits": 0, "pack": make.pack(2)}
		publish()
		self.assert_ok(manager().account("grant", **asked))
		with self.nothing_written():
			for changed in ({"customer": other.name}, {"credits": 9}, pack):
				answer = manager().account("grant", **{**asked, **changed})
				self.assert_refused(answer, "was used for 2 credit(s)", "AlreadyPosted", 409)

	def test_an_adjustments_key_again_says_what_remains_and_for_another_number_is_refused(self) -> None:
		mine, key = self.company(0), make.unique_code("adjust")
		lot = self.grant(mine.account, 3)
		asked = {"lot": lot, "credits": -2, "reason": "Counted wrong", "key": key}
		self.assertEqual(1, self.assert_ok(manager().account("adjust", **asked)).value["remaining"])
		with self.nothing_written():
			self.assertEqual(1, self.assert_ok(manager().account("adjust", **asked)).value["remaining"])
			answer = manager().account("adjust", **{**asked, "credits": 2})
			self.assert_refused(answer, f"This has been entered already: adjust:{key}", "AlreadyPosted", 409)
		self.assert_balance(mine.account, 1)

	def test_an_adjustment_that_a_second_person_approved_is_not_asked_for_again(self) -> None:
		mine, key = self.company(0), make.unique_code("adjust")
		lot = self.grant(mine.account, 3)
		asked = {"lot": lot, "credits": -2, "reason": "Counted wrong", "key": key}
		with self.site_settings(second_person_from=2):
			request = self.assert_ok(manager().account("adjust", **asked)).value["approval"]
			other = Portal(make_manager())
			self.assert_ok(other.call("support_credits.api.approvals.approve", approval=request))
			self.assertEqual(1, self.assert_ok(manager().account("adjust", **asked)).value["remaining"])
		self.assert_balance(mine.account, 1)


class TestRequestsFromElsewhere(AttackCase):
	"""A page of another site makes the browser of somebody who is logged in send requests."""

	def setUp(self) -> None:
		super().setUp()
		self.mine = self.company(3)

	def with_a_page_open(self, someone: Portal) -> Portal:
		"""From then on the session has a token; a request that does not carry it comes from elsewhere."""
		someone.open_page("/helpdesk")
		someone.http.headers.pop("X-Frappe-CSRF-Token", None)
		return someone

	def test_without_the_sessions_token_nothing_of_ours_is_done(self) -> None:
		boss = self.with_a_page_open(Portal(make_manager()))
		grant = {"customer": self.mine.name, "credits": 5, "reason": "x", "ticket": "1", "lot": "x"}
		with self.nothing_written():
			for path in writing_endpoints():
				url = f"{boss.url}/api/method/{path}"
				for post in (
					boss.http.post(url, json=grant, timeout=60),
					boss.http.post(url, data=grant, timeout=60),
					boss.http.post(
						url, data=json.dumps(grant), headers={"Content-Type": "text/plain"}, timeout=60
					),
					boss.http.post(f"{boss.url}/", data={**grant, "cmd": path}, timeout=60),
				):
					with self.subTest(path):
						self.assertEqual(400, post.status_code, post.text[:200])

	def test_without_it_no_ticket_is_opened_either(self) -> None:
		portal = self.with_a_page_open(Portal(self.mine.person))
		with self.nothing_written():
			for door, post in DOORS.items():
				with self.subTest(door):
					self.assert_refused(post(portal), "Invalid Request", "CSRFTokenError", 400)

	def test_a_link_does_nothing(self) -> None:
		"""GET needs no token, so nothing that writes may answer to it, whatever the address looks like."""
		self.assertGreater(len(writing_endpoints()), 5)
		who, arguments = (
			manager(),
			{"customer": self.mine.name, "credits": 5, "reason": "x", "ticket": "1", "lot": "x"},
		)
		with self.nothing_written():
			for path in writing_endpoints():
				for address in (f"/api/method/{path}", f"/api/v2/method/{path}", f"/?cmd={path}"):
					for verb in ("GET", "HEAD", "OPTIONS"):
						with self.subTest(path, verb=verb, address=address):
							answer = who.http.request(verb, who.url + address, params=arguments, timeout=60)
							self.assertTrue(
								verb == "OPTIONS" or answer.status_code == 403, answer.status_code
							)

	def test_a_link_that_opens_a_ticket_opens_none(self) -> None:
		portal = Portal(self.mine.person)
		with self.nothing_written():
			for path, fields in (
				(NEW_TICKET, {"doc": json.dumps(draft())}),
				("frappe.client.insert", {"doc": json.dumps({"doctype": "HD Ticket", **draft()})}),
			):
				portal.http.get(f"{portal.url}/api/method/{path}", params=fields, timeout=60)


def make_manager() -> make.Person:
	someone = make.agent_manager("boss")
	publish()
	return someone


class TestAtTheSameTime(AttackCase):
	def test_withdrawing_while_credits_come_in_pays_for_it_or_not_but_never_half(self) -> None:
		"""The customer closes his waiting tickets at the instant a grant releases them."""
		mine = self.company(0, portal_policy="Park")
		portals = [Portal(mine.person) for _number in range(AT_ONCE)]
		tickets = [self.assert_ok(portal.new()).ticket for portal in portals]
		acts = [
			lambda portal=portal, ticket=ticket: portal.set_value(ticket, "status", "Closed")
			for portal, ticket in zip(portals, tickets, strict=True)
		]
		acts.insert(1, lambda: manager().account("grant", customer=mine.name, credits=2, reason="Bought"))
		with ThreadPoolExecutor(len(acts)) as pool:
			answers = list(pool.map(lambda act: act(), acts))
		self.assertEqual([200] * len(acts), [answer.status for answer in answers], answers)
		look_again()
		states = [make.incident_of(ticket).state for ticket in tickets]
		charged = states.count("Charged")
		self.assertEqual(len(tickets), charged + states.count("Withdrawn"), states)
		self.assertLessEqual(charged, 2)
		self.assert_balance(mine.account, 2 - charged)
