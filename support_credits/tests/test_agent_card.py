"""An agent's card on a ticket: what it costs, what may be done about it, and what that would give back, in one answer."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import format_date

from support_credits.engine.mail import MailKind
from support_credits.engine.model import stamp_text
from support_credits.ledger import clock
from support_credits.mail.context import MailContext, taking_in
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase, kinds
from support_credits.tests.server import Answer, Portal, agent, manager

CARD = "support_credits.api.agent.ticket"


class CardCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.reason()  # without any there is nothing to exempt for

	def charged(self, credits: int = 3, **fields: object) -> tuple[Company, str]:
		company = self.company(credits, **fields)
		return company, self.new_ticket(company)

	def new_ticket(self, company: Company) -> str:
		name = str(make.ticket(company.person).name)
		publish()
		return name

	def reason(self, **fields: object) -> str:
		name = make.exemption_reason(**fields)
		publish()
		return name

	def disable(self, reason: str) -> None:
		"""What applies by itself does so for the tests that follow, too."""
		frappe.db.set_value("Exemption Reason", reason, "enabled", 0)
		publish()

	def card(self, ticket: str, who: Portal | None = None) -> dict[str, object]:
		with self.nothing_written():
			return self.assert_ok((who or agent()).call(CARD, ticket=ticket)).value

	def effect(self, ticket: str, reason: str, who: Portal | None = None) -> str | None:
		"""What the card says that setting this reason would do; None where it is not offered."""
		offered = {one["reason"]: one["effect"] for one in self.card(ticket, who)["exemptions"]}
		return offered.get(reason)


class TestWhatItSays(CardCase):
	def test_a_charged_ticket_has_its_charge_its_customers_balance_and_what_may_be_done(self) -> None:
		company, ticket = self.charged()
		card = self.card(ticket)
		said = {key: card[key] for key in ("customer", "state", "credits", "balance", "acts", "is_closed")}
		expected = {
			"customer": company.name,
			"state": "Charged",
			"credits": 1,
			"balance": 2,
			"is_closed": False,
		}
		self.assertEqual({**expected, "acts": ["exempt", "propose"]}, said)
		self.assertEqual((0, 60, 1, 0), tuple(card[key] for key in ("worked", "minutes_a_credit", "step_minutes", "credits_to_cover")))  # fmt: skip
		self.assertEqual((None, []), (card["timer"], card["hourly"]["sessions"]))

	def test_work_beyond_the_cover_says_how_many_credits_would_cover_it(self) -> None:
		_company, ticket = self.charged()
		self.assert_ok(agent().call("support_credits.api.work.log", ticket=ticket, minutes=185))
		card = self.card(ticket)
		self.assertEqual(({"used": 185, "covered": 60}, 3), (card["minutes"], card["credits_to_cover"]))

	def test_an_open_proposal_is_shown_and_no_other_is_offered(self) -> None:
		_company, ticket = self.charged()
		propose = {"ticket": ticket, "credits": 2, "reason": "A new index"}
		self.assert_ok(agent().call("support_credits.api.proposals.propose", **propose))
		card = self.card(ticket)
		self.assertEqual([("Open", 2, "A new index")], [(one["state"], one["credits"], one["reason"]) for one in card["proposals"]])  # fmt: skip
		self.assertEqual(["exempt"], card["acts"])

	def test_what_may_be_done_follows_the_state(self) -> None:
		_waits, ticket = self.charged(0, portal_policy="Park")
		self.assertEqual(["exempt", "release"], self.card(ticket)["acts"])
		_company, free = self.charged(0, portal_policy="Best effort")
		self.assertEqual(["exempt", "park"], self.card(free)["acts"])
		reason = self.reason()
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		card = self.card(ticket)
		self.assertEqual(("Exempt", ["unexempt"], []), (card["state"], card["acts"], card["exemptions"]))
		self.assertEqual(0, card["balance"])

	def test_a_ticket_older_than_the_account_shows_the_balance_and_costs_nothing(self) -> None:
		person = make.portal_user()
		customer = make.customer(person)
		ticket = str(make.ticket(person).name)
		self.verified.append(make.account(customer, credits=4))
		publish()
		card = self.card(ticket)
		said = tuple(card[key] for key in ("state", "customer", "balance", "acts", "exemptions"))
		self.assertEqual(("", customer, 4, [], []), said)

	def test_where_credits_play_no_part_there_is_nothing_to_show(self) -> None:
		person = make.portal_user()
		make.customer(person)
		ticket = str(make.ticket(person).name)
		publish()
		card = self.card(ticket)
		self.assertEqual(
			("", None, [], None), tuple(card[key] for key in ("state", "balance", "acts", "timer"))
		)

	def test_without_a_reason_that_he_may_set_no_exemption_is_offered(self) -> None:
		_company, ticket = self.charged()
		self.assertIn("exempt", self.card(ticket)["acts"])
		enabled = frappe.get_all("Exemption Reason", {"enabled": 1, "who": "Agent"}, pluck="name")
		only_managers = self.reason(who="Agent Manager")
		try:
			for name in enabled:
				self.disable(name)
			card = self.card(ticket)
			self.assertEqual((["propose"], []), (card["acts"], card["exemptions"]))
			offered = self.card(ticket, manager())
			self.assertIn("exempt", offered["acts"])
			self.assertIn(only_managers, [one["reason"] for one in offered["exemptions"]])
		finally:
			for name in enabled:
				frappe.db.set_value("Exemption Reason", name, "enabled", 1)
			publish()

	def test_it_is_for_agents_alone(self) -> None:
		company, ticket = self.charged()
		colleague = make.portal_user("manager")
		make.add_member(company.name, colleague, is_manager=True)
		publish()
		for who in (Portal(company.person), Portal(colleague), Portal()):
			with self.subTest(who.user), self.nothing_written():
				self.assertEqual(403, who.call(CARD, ticket=ticket).status)
		self.assertEqual(404, agent().call(CARD, ticket="999999999").status)


class TestWhatAnExemptionGivesBack(CardCase):
	def test_it_is_said_before_it_is_done_and_then_happens(self) -> None:
		company = self.company(0)
		lot = self.grant(company.account, 2, months=3)
		ticket, reason = self.new_ticket(company), self.reason()
		ends = format_date(frappe.db.get_value("Credit Lot", lot, "expires_on"))
		said = f"Gives 1 credit back to {company.name}, usable until {ends}."
		self.assertEqual(said, self.effect(ticket, reason))
		done = self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assertEqual(1, done.value["credits_back"])
		self.assert_balance(company.account, 2)

	def test_credits_whose_lot_is_over_go_on_in_a_new_one(self) -> None:
		company = self.company(0)
		lot = self.grant(company.account, 1, months=1)
		ticket, reason = self.new_ticket(company), self.reason()
		ends = frappe.db.get_value("Credit Lot", lot, "expires_at_utc")
		past = stamp_text(clock.now() - timedelta(hours=1))
		frappe.db.set_value("Credit Lot", lot, "expires_at_utc", past)
		publish()
		said = self.effect(ticket, reason)
		self.assertIn("1 credit of it had ended already and goes on in a new lot until", said)
		frappe.db.set_value("Credit Lot", lot, "expires_at_utc", ends)
		publish()
		self.assertNotIn("had ended", self.effect(ticket, reason))

	def test_accepted_extra_credits_come_back_with_it(self) -> None:
		company, ticket = self.charged(5)
		offer = agent().call("support_credits.api.proposals.propose", ticket=ticket, credits=2, reason="More")
		accept = {"proposal": self.assert_ok(offer).value["proposal"]}
		self.assert_ok(Portal(company.person).call("support_credits.api.proposals.accept", **accept))
		self.assertIn(f"Gives 3 credits back to {company.name}.", self.effect(ticket, self.reason()))

	def test_a_waiting_ticket_gives_nothing_back(self) -> None:
		_company, ticket = self.charged(0, portal_policy="Park")
		self.assertEqual("It stops waiting; nothing was charged.", self.effect(ticket, self.reason()))

	def test_what_else_a_reason_does_is_said_too(self) -> None:
		_company, ticket = self.charged()
		said = self.effect(ticket, self.reason(raise_priority_to="Urgent"))
		self.assertTrue(said.endswith("The priority becomes Urgent."), said)

	def test_what_only_managers_may_set_is_offered_to_them_alone_and_what_applies_by_itself_to_nobody(
		self,
	) -> None:
		_company, ticket = self.charged()
		kept, system = self.reason(who="Agent Manager"), self.reason(who="System", automatic="Missed target")
		self.addCleanup(self.disable, system)
		self.assertIsNone(self.effect(ticket, kept))
		self.assertIsNotNone(self.effect(ticket, kept, manager()))
		self.assertIsNone(self.effect(ticket, system, manager()))
		self.assert_ok(manager().incident("exempt", ticket=ticket, reason=kept))
		self.assertEqual([], self.card(ticket)["acts"])
		self.assertEqual(["unexempt"], self.card(ticket, manager())["acts"])


class TestChargingAClosedTicket(CardCase):
	"""Its customer thinks it is over: an agent says why it is charged all the same, and that stays with the incident."""

	def automatic(self) -> tuple[Company, str]:
		company = self.company(2)
		mail = MailContext(make.unique_code("mail"), company.person.email, MailKind.AUTO_REPLY)
		with taking_in(mail):
			doc = {"doctype": "HD Ticket", "subject": "Out of office", "raised_by": company.person.email}
			ticket = str(frappe.get_doc(doc).insert(ignore_permissions=True).name)
		publish()
		return company, ticket

	def close(self, ticket: str, status: str = "Closed") -> None:
		self.assert_ok(agent().set_value(ticket, "status", status))

	def assert_needs_a_reason(self, ticket: str, answer: Answer) -> None:
		said = f"Ticket {ticket} is closed. Say why it is charged all the same"
		self.assert_refused(answer, said, "WrongState")

	def test_it_is_refused_without_a_reason_and_nothing_is_written(self) -> None:
		for status in ("Closed", "Resolved"):
			company, ticket = self.automatic()
			self.close(ticket, status)
			for reason in ("", "   "):
				with self.subTest(status, reason=reason), self.nothing_written():
					self.assert_needs_a_reason(
						ticket, agent().incident("charge", ticket=ticket, reason=reason)
					)
			self.assert_incident(ticket, "Automatic")
			self.assert_balance(company.account, 2)
			card = self.card(ticket)
			self.assertEqual((True, ["charge"]), (card["is_closed"], card["acts"]))

	def test_with_one_it_is_charged_and_the_reason_stays_with_the_incident_and_on_the_timeline(self) -> None:
		company, ticket = self.automatic()
		self.close(ticket)
		self.assert_ok(agent().incident("charge", ticket=ticket, reason="He wrote: please look at it."))
		self.assert_incident(ticket, "Charged", 1, charge_reason="He wrote: please look at it.")
		self.assertEqual([("Grant", 2), ("Charge", -1)], kinds(company.account))
		action = "charged the ticket: it is an incident: He wrote: please look at it."
		self.assertEqual(1, frappe.db.count("HD Ticket Activity", {"ticket": ticket, "action": action}))

	def test_an_open_one_needs_none(self) -> None:
		_company, ticket = self.automatic()
		self.assert_ok(agent().incident("charge", ticket=ticket))
		self.assert_incident(ticket, "Charged", 1, charge_reason="")

	def test_a_charged_one_is_told_that_it_is_charged(self) -> None:
		_company, ticket = self.charged()
		self.close(ticket)
		self.assert_refused(agent().incident("charge", ticket=ticket), "is Charged", "WrongState")

	def test_taking_an_exemption_away_charges_it_too(self) -> None:
		_company, ticket = self.charged()
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=self.reason()))
		self.close(ticket)
		with self.nothing_written():
			self.assert_needs_a_reason(ticket, agent().incident("unexempt", ticket=ticket))
		self.assert_ok(agent().incident("unexempt", ticket=ticket, reason="It was no bug of ours."))
		self.assert_incident(ticket, "Charged", 1, charge_reason="It was no bug of ours.", exemption=None)

	def test_a_reason_is_plain_text(self) -> None:
		_company, ticket = self.automatic()
		self.close(ticket)
		for reason in ("<b>x</b>", "x" * 1001):
			with self.nothing_written():
				self.assertEqual(417, agent().incident("charge", ticket=ticket, reason=reason).status)


class TestTheAgentsQuote(CardCase):
	QUOTE = "support_credits.api.customer.quote"

	def test_for_the_chosen_customer_it_is_what_an_agents_ticket_then_costs(self) -> None:
		company = self.company(3, tier=make.tier(credits_per_incident=2))
		with self.nothing_written():
			said = self.assert_ok(agent().call(self.QUOTE, customer=company.name)).value
		self.assertEqual(("Charged", 2, 3, 1), tuple(said[key] for key in ("state", "credits", "balance", "balance_after")))  # fmt: skip
		ticket = self.assert_ok(agent().new(customer=company.name)).ticket
		self.assert_incident(ticket, "Charged", 2)

	def test_without_credits_it_says_what_an_agents_ticket_would_do(self) -> None:
		company = self.company(0)
		said = self.assert_ok(agent().call(self.QUOTE, customer=company.name)).value
		self.assertEqual("Parked", said["state"])
		self.assert_incident(self.assert_ok(agent().new(customer=company.name)).ticket, "Parked")

	def test_without_a_customer_it_says_nothing(self) -> None:
		said = self.assert_ok(agent().call(self.QUOTE)).value
		self.assertEqual((None, "", 0), (said["customer"], said["state"], said["credits"]))
