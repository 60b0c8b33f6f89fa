"""What agents and customers do about a ticket's charge after the first decision (design rules 8, 10 and 11)."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import frappe

from support_credits.api import incident as incident_api
from support_credits.exceptions import WrongState
from support_credits.ledger import clock, corrections, releases
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase, row_of, rows_of


def later(days: int) -> object:
	return patch("support_credits.ledger.clock.now", return_value=clock.now() + timedelta(days=days))


class CorrectionCase(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		self.company = factories.company(credits=2)
		self.account = self.company.account

	def ticket(self) -> str:
		return factories.ticket(self.company.person).name

	def marks(self, ticket: str) -> tuple[str, int, str]:
		row = row_of("HD Ticket", ticket)
		return row["sc_state"], row["sc_credits"], row["status"]

	def empty(self, **policies: object) -> None:
		"""From here on the account has no credits, and what happens then is said by ``policies``."""
		lot = f"{self.account}-L000001"
		from support_credits.ledger import grants

		grants.void_lot(lot, "Test")
		if policies:
			frappe.get_doc("Credit Account", self.account).update(policies).save()

	def parked(self) -> str:
		self.empty(portal_policy="Park")
		return self.ticket()


class TestExempting(CorrectionCase):
	def test_an_exempt_ticket_gets_its_credits_back_and_says_so_on_the_ticket(self) -> None:
		ticket, reason = self.ticket(), factories.exemption_reason()
		done = incident_api.exempt(ticket, reason)
		self.assertEqual(("Exempt", 0, 1), (done["state"], done["credits"], done["credits_back"]))
		self.assertEqual(("Exempt", 0, "Open"), self.marks(ticket))
		self.assertEqual(2, self.company.balance)
		incident = factories.incident_of(ticket)
		self.assertEqual((reason, "Administrator"), (incident.exemption, incident.exempted_by))
		self.assert_proved(self.account)

	def test_exempting_again_for_the_same_reason_is_not_said_again(self) -> None:
		ticket = factories.ticket(factories.company(credits=1).person).name
		reason = factories.exemption_reason()
		for back in (1, 0):
			self.assertEqual(back, incident_api.exempt(ticket, reason)["credits_back"])
		said = frappe.get_all("HD Ticket Activity", {"ticket": ticket}, pluck="action")
		self.assertEqual(1, len([action for action in said if "exempted the ticket" in action]), said)

	def test_exempting_twice_refunds_once(self) -> None:
		ticket, reason = self.ticket(), factories.exemption_reason()
		incident_api.exempt(ticket, reason)
		again = incident_api.exempt(ticket, factories.exemption_reason())
		self.assertEqual(0, again["credits_back"])
		self.assertEqual(2, self.company.balance)
		self.assertEqual(3, len(self.entries(self.account)))

	def test_the_refund_goes_to_the_same_lots_in_reverse_and_names_the_charges(self) -> None:
		frappe.get_doc("Credit Account", self.account).update(
			{"tier": factories.tier(credits_per_incident=3)}
		).save()
		soon = factories.grant(self.account, 2, months=1)
		ticket = self.ticket()
		incident_api.exempt(ticket, factories.exemption_reason())
		entries = self.entries(self.account, "kind", "lot", "credits", "name", "reverses")
		charges = [entry for entry in entries if entry[0] == "Charge"]
		refunds = [entry for entry in entries if entry[0] == "Refund"]
		self.assertEqual([soon, f"{self.account}-L000001"], [entry[1] for entry in charges])
		self.assertEqual(
			[(entry[1], -entry[2], entry[3]) for entry in reversed(charges)],
			[(entry[1], entry[2], entry[4]) for entry in refunds],
		)
		self.assert_proved(self.account)

	def test_a_refund_of_an_expired_lot_opens_one_for_thirty_days(self) -> None:
		self.empty()
		factories.grant(self.account, 1, months=1)
		with factories.settings(refund_grace_days=30, time_zone="UTC"):
			ticket = self.ticket()
			with later(90):
				at = clock.now()
				done = corrections.exempt(ticket, factories.exemption_reason())
				self.assertEqual((1, 1), (done.credits_back, self.company.balance))
			lot = frappe.get_all(
				"Credit Lot", {"account": self.account, "source": "Refund"}, ["remaining", "expires_on"]
			)
		self.assertEqual(
			[(1, (at + timedelta(days=30)).date())], [(one.remaining, one.expires_on) for one in lot]
		)
		self.assert_proved(self.account)

	def test_removing_the_exemption_charges_again_under_a_key_of_its_own(self) -> None:
		ticket = self.ticket()
		for _ in range(2):
			incident_api.exempt(ticket, factories.exemption_reason())
			self.assertEqual("Charged", incident_api.unexempt(ticket)["state"])
		self.assertEqual(
			["Grant", "Charge", "Refund", "Charge", "Refund", "Charge"],
			[kind for kind, _credits in self.entries(self.account)],
		)
		self.assertEqual(("Charged", 1, "Open"), self.marks(ticket))
		self.assertIsNone(factories.incident_of(ticket).exemption)
		self.assert_proved(self.account)

	def test_removing_the_exemption_of_an_empty_account_parks_the_ticket(self) -> None:
		ticket = self.ticket()
		incident_api.exempt(ticket, factories.exemption_reason())
		self.empty(agent_policy="Refuse")
		self.assertEqual("Parked", incident_api.unexempt(ticket)["state"])
		self.assertEqual(("Parked", 0, PARKED_STATUS), self.marks(ticket))
		self.assert_proved(self.account)

	def test_exempting_a_waiting_ticket_opens_it(self) -> None:
		ticket = self.parked()
		incident_api.exempt(ticket, factories.exemption_reason())
		self.assertEqual(("Exempt", 0, "Open"), self.marks(ticket))
		self.assertEqual([], frappe.parse_json(row_of("Credit Account", self.account)["parked"]))
		self.assert_proved(self.account)

	def test_credits_given_back_release_the_ticket_that_waits(self) -> None:
		charged = [self.ticket() for _ in range(2)]
		frappe.get_doc("Credit Account", self.account).update({"portal_policy": "Park"}).save()
		waiting = self.ticket()
		self.assertEqual("Parked", factories.incident_of(waiting).state)
		incident_api.exempt(charged[0], factories.exemption_reason())
		self.assertEqual("Charged", factories.incident_of(waiting).state)
		self.assertEqual(0, self.company.balance)
		self.assert_proved(self.account)

	def test_a_reason_may_raise_the_priority_and_carry_an_url(self) -> None:
		ticket = self.ticket()
		reason = factories.exemption_reason(takes_url=1, raise_priority_to="Urgent")
		incident_api.exempt(ticket, reason, url="https://example.com/issues/7")
		self.assertEqual("Urgent", row_of("HD Ticket", ticket)["priority"])
		self.assertEqual("https://example.com/issues/7", factories.incident_of(ticket).exemption_url)

	def test_reasons_say_who_may_set_them_and_what_they_need(self) -> None:
		ticket, someone = self.ticket(), factories.agent()
		before = rows_of(self.account)
		off = factories.exemption_reason(enabled=0)
		calls = {
			"Only an Agent Manager": (factories.exemption_reason(who="Agent Manager"), "", ""),
			"applies by itself": (
				factories.exemption_reason(who="System", automatic="Missed target"),
				"",
				"",
			),
			"needs a note": (factories.exemption_reason(note_required=1), "  ", ""),
			"carries no issue URL": (factories.exemption_reason(), "", "https://example.com"),
			"is not a valid URL": (factories.exemption_reason(takes_url=1), "", "javascript:alert(1)"),
			"is not an exemption reason": ("NONE", "", ""),
			f"{off} is not an exemption reason": (off, "", ""),
		}
		for said, (reason, note, url) in calls.items():
			with self.subTest(said), factories.acting_as(someone), self.assertRaises(Exception) as caught:
				incident_api.exempt(ticket, reason, note, url)
			self.assert_says(caught.exception, said)
		self.assertEqual(before, rows_of(self.account))

	def test_a_manager_may_set_a_managers_reason_with_its_note(self) -> None:
		ticket = self.ticket()
		reason = factories.exemption_reason(who="Agent Manager", note_required=1)
		with factories.acting_as(factories.agent_manager()):
			incident_api.exempt(ticket, reason, "Long wait")
		self.assertEqual("Long wait", factories.incident_of(ticket).exemption_note)

	def test_no_customer_may_do_any_of_it(self) -> None:
		ticket, reason = self.ticket(), factories.exemption_reason()
		before = rows_of(self.account)
		calls = {
			"exempt": lambda: incident_api.exempt(ticket, reason),
			"unexempt": lambda: incident_api.unexempt(ticket),
			"park": lambda: incident_api.park(ticket),
			"release": lambda: incident_api.release(ticket),
			"set_customer": lambda: incident_api.set_customer(ticket, ""),
		}
		for name, call in calls.items():
			with self.subTest(name), factories.acting_as(self.company.person):
				with self.assertRaises(frappe.PermissionError) as caught:
					call()
				self.assert_says(caught.exception, "Only agents")
		self.assertEqual(before, rows_of(self.account))


class TestParking(CorrectionCase):
	def test_an_uncharged_ticket_can_be_parked_and_released_by_hand(self) -> None:
		self.empty(portal_policy="Best effort")
		ticket = self.ticket()
		self.assertEqual("Parked", incident_api.park(ticket)["state"])
		self.assertEqual(("Parked", 0, PARKED_STATUS), self.marks(ticket))
		with self.assertRaises(WrongState) as caught:
			incident_api.release(ticket)
		self.assert_says(caught.exception, ticket, "balance is 0", "Grant credits, or exempt")
		factories.grant(self.account, 1)
		self.assertEqual("Charged", factories.incident_of(ticket).state)
		releases.update_ticket(factories.incident_of(ticket).name)
		self.assertEqual(("Charged", 1, "Open"), self.marks(ticket))
		self.assert_proved(self.account)

	def test_parked_tickets_are_released_oldest_first_while_credits_last(self) -> None:
		self.empty(portal_policy="Park")
		tickets = [self.ticket() for _ in range(3)]
		factories.grant(self.account, 2)
		self.assertEqual(
			["Charged", "Charged", "Parked"], [factories.incident_of(one).state for one in tickets]
		)
		self.assert_proved(self.account)

	def test_a_release_starts_the_clock_and_forgets_an_early_response(self) -> None:
		ticket = self.parked()
		old = row_of("HD Ticket", ticket)["service_level_agreement_creation"]
		factories.grant(self.account, 1)
		releases.update_ticket(factories.incident_of(ticket).name)
		row = row_of("HD Ticket", ticket)
		self.assertIsNone(row["first_responded_on"])
		self.assertGreater(row["service_level_agreement_creation"], old)
		self.assertLess(row["response_by"], old + timedelta(days=365))

	def test_parked_stays_parked_whatever_an_agent_or_a_reply_does_to_the_status(self) -> None:
		ticket = self.parked()
		for status in ("Open", "Replied"):
			doc = frappe.get_doc("HD Ticket", ticket)
			doc.status = status
			doc.save()
			self.assertEqual(("Parked", 0, PARKED_STATUS), self.marks(ticket))

	def test_closing_a_waiting_ticket_withdraws_it_and_it_costs_nothing(self) -> None:
		ticket = self.parked()
		with factories.acting_as(self.company.person):
			frappe.get_doc("HD Ticket", ticket).update({"status": "Closed"}).save()
		self.assertEqual(("Withdrawn", 0, "Closed"), self.marks(ticket))
		factories.grant(self.account, 1)
		self.assertEqual(("Withdrawn", 1), (factories.incident_of(ticket).state, self.company.balance))
		self.assert_proved(self.account)

	def test_a_withdrawn_ticket_that_opens_again_pays_like_a_new_one_or_waits(self) -> None:
		for credits, state in ((0, "Parked"), (1, "Charged")):
			with self.subTest(state):
				company = factories.company(portal_policy="Park")
				ticket = factories.ticket(company.person).name
				frappe.get_doc("HD Ticket", ticket).update({"status": "Closed"}).save()
				if credits:
					factories.grant(company.account, credits)
				frappe.get_doc("HD Ticket", ticket).update({"status": "Open"}).save()
				self.assertEqual(state, factories.incident_of(ticket).state)
				self.assertEqual(state, row_of("HD Ticket", ticket)["sc_state"])
				self.assert_proved(company.account)

	def test_a_wrong_state_is_refused_and_named(self) -> None:
		charged, exempt = self.ticket(), self.ticket()
		incident_api.exempt(exempt, factories.exemption_reason())
		calls = {
			"Charged": (
				lambda: incident_api.park(charged),
				lambda: incident_api.release(charged),
				lambda: incident_api.unexempt(charged),
			),
			"Exempt": (lambda: incident_api.park(exempt), lambda: incident_api.release(exempt)),
		}
		before = rows_of(self.account)
		for state, attempts in calls.items():
			for number, attempt in enumerate(attempts):
				with self.subTest(f"{state} {number}"), self.assertRaises(WrongState) as caught:
					attempt()
				self.assert_says(caught.exception, charged if state == "Charged" else exempt, state)
		self.assertEqual(before, rows_of(self.account))

	def test_a_ticket_of_a_customer_without_account_says_why_nothing_can_be_done(self) -> None:
		someone = factories.portal_user()
		factories.customer(someone)
		ticket = factories.ticket(someone).name
		with self.assertRaises(WrongState) as caught:
			incident_api.exempt(ticket, factories.exemption_reason())
		self.assert_says(caught.exception, ticket, "has no Credit Account")

	def test_a_ticket_that_does_not_exist_says_so(self) -> None:
		with self.assertRaises(frappe.DoesNotExistError) as caught:
			incident_api.exempt("99999999", factories.exemption_reason())
		self.assert_says(caught.exception, "99999999", "does not exist")
