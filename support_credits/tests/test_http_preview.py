"""The agent sees what splitting, merging and reopening a ticket will cost, before he does it; looking changes nothing."""

from __future__ import annotations

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import kinds
from support_credits.tests.server import Portal, agent
from support_credits.tests.test_http_merge import MergeCase
from support_credits.tests.test_http_reopen import LATE, ReopenCase

COSTS = "support_credits.api.preview.costs"


class TestPreviewOfReopening(ReopenCase):
	def costs(self, ticket: str) -> dict[str, dict[str, object]]:
		with self.nothing_written():
			return self.assert_ok(agent().call(COSTS, ticket=ticket)).value

	def test_within_the_window_it_is_free_and_says_until_when(self) -> None:
		_company, _portal, ticket = self.resolved(days_ago=2)
		said = self.costs(ticket)["reopen"]
		self.assertEqual(0, said["credits"])
		self.assertIn("the same incident until", said["summary"])

	def test_later_it_says_what_reopening_then_takes(self) -> None:
		company, _portal, ticket = self.resolved(credits=1)
		said = self.costs(ticket)["reopen"]
		self.assertEqual(
			(1, 1, 0, "Charged"), (said["credits"], said["balance"], said["balance_after"], said["state"])
		)
		self.assertIn("a new incident, which costs 1 credit", said["summary"])
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_new_incident(company, ticket)
		self.assert_balance(company.account, said["balance_after"])

	def test_without_credits_it_says_that_the_ticket_will_wait(self) -> None:
		_company, _portal, ticket = self.resolved(credits=0)
		said = self.costs(ticket)["reopen"]
		self.assertEqual((0, "Parked"), (said["credits"], said["state"]))
		self.assertIn("waits for credits", said["message"])

	def test_an_open_ticket_says_how_long_reopening_will_be_free(self) -> None:
		company = self.company(1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assertIn("free for 7 days", self.costs(ticket)["reopen"]["summary"])
		self.assertGreater(LATE, 7)


class TestPreviewOfSplittingAndMerging(MergeCase):
	def costs(self, ticket: str) -> dict[str, dict[str, object]]:
		with self.nothing_written():
			return self.assert_ok(agent().call(COSTS, ticket=ticket)).value

	def test_a_split_says_what_the_new_ticket_then_takes(self) -> None:
		company, _portal, [ticket] = self.tickets(3, 1, tier=make.tier(2))
		said = self.costs(ticket)["split"]
		self.assertEqual((0, "Parked"), (said["credits"], said["state"]))
		self.grant(company.account, 1)
		said = self.costs(ticket)["split"]
		self.assertEqual(
			(2, 2, 0, "Charged"), (said["credits"], said["balance"], said["balance_after"], said["state"])
		)
		self.assertIn("the new ticket costs 2 credits", said["summary"])

	def test_a_merge_says_what_then_goes_back(self) -> None:
		company, _portal, [target, source] = self.tickets(2)
		said = self.costs(source)["merge"]
		self.assertEqual(-1, said["credits"])
		self.assertIn(f"gives 1 credit back to {company.name}", said["summary"])
		self.assert_ok(self.merge(source, target))
		self.assert_balance(company.account, 1)

	def test_a_merge_of_a_waiting_or_a_free_ticket_gives_nothing_back_and_says_so(self) -> None:
		_company, _portal, [waiting] = self.tickets(0, 1, portal_policy="Park")
		someone = make.portal_user()
		make.customer(someone)
		publish()
		free = self.assert_ok(Portal(someone).new()).ticket
		for ticket in (waiting, free):
			said = self.costs(ticket)["merge"]
			self.assertEqual(0, said["credits"])
			self.assertIn("nothing is given back", said["summary"])

	def test_the_credit_that_would_release_a_waiting_ticket_is_still_shown_as_given_back(self) -> None:
		company, _portal, [source, _waiting] = self.tickets(1, portal_policy="Park")
		self.assertEqual(-1, self.costs(source)["merge"]["credits"])
		self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(company.account))

	def test_only_agents_see_it(self) -> None:
		_company, portal, [ticket] = self.tickets(1, 1)
		answer = portal.call(COSTS, ticket=ticket)
		self.assertEqual((403, "PermissionError"), (answer.status, answer.error))
		self.assertNotIn("balance", answer.text)
