"""The site's own past played again: under the terms in force it is what the ledger says, under others what they would have
made of it; and no row of any table is written.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import frappe

from support_credits.engine.model import stamp_text
from support_credits.engine.simulation_model import Purchases
from support_credits.exceptions import CatalogueRefused, SupportCreditsError
from support_credits.ledger import clock, grants
from support_credits.ledger import settings as site
from support_credits.simulation import run
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.server import Portal, agent
from support_credits.tests.simulation_case import SimulationCase, catalogue

# What requests and jobs of other processes write all the time.
RESTLESS = frozenset(
	{"tabSessions", "tabError Log", "tabActivity Log", "tabScheduled Job Log", "tabRoute History"}
)


def checksums() -> dict[str, int]:
	"""Every table of the site with the database's own checksum over its rows."""
	frappe.db.commit()
	names = [f"`{name}`" for name in frappe.db.get_tables(cached=False) if name not in RESTLESS]
	return dict(frappe.db.sql(f"CHECKSUM TABLE {', '.join(names)}"))


class TestWhatHappened(SimulationCase):
	def charged(self, account: str) -> int:
		found = frappe.db.sql(
			"SELECT SUM(credits) FROM `tabCredit Ledger Entry` WHERE account = %s AND kind IN ('Charge', 'Refund')",
			account,
		)
		return -int(found[0][0] or 0)

	def test_charges_are_those_of_the_ledger(self) -> None:
		company = self.company(3)
		self.tickets(company, 2)
		found = self.figures(company)
		self.assertEqual((2, 2, 2, 0), (found.tickets, found.needed, found.charged, found.refusals))
		self.assertEqual(self.charged(company.account), found.charged)

	def test_a_ticket_that_waited_is_charged_when_credits_came(self) -> None:
		company = self.company(0, portal_policy="Park")
		self.tickets(company, 2)
		self.assertEqual((2, 0), (self.figures(company).waited, self.figures(company).charged))
		self.grant(company.account, 1)
		found = self.figures(company)
		self.assertEqual((2, 1), (found.waited, found.charged))
		self.assertEqual(self.charged(company.account), found.charged)

	def test_what_was_overdrawn_was_repaid_by_the_next_credits(self) -> None:
		company = self.company(0, portal_policy="Overdraw", overdraft_limit=2)
		self.tickets(company, 2)
		self.grant(company.account, 3)
		self.tickets(company, 1)
		found = self.figures(company)
		self.assertEqual((3, 3, 0), (found.needed, found.charged, found.refusals))
		self.assertEqual(self.charged(company.account), found.charged)

	def test_an_exempt_ticket_costs_nothing(self) -> None:
		company = self.company(2)
		[first, _second] = self.tickets(company, 2)
		reason = make.exemption_reason()
		publish()
		self.assert_ok(agent().incident("exempt", ticket=first, reason=reason))
		found = self.figures(company)
		self.assertEqual((2, 1, 1, 1), (found.tickets, found.exempt, found.needed, found.charged))
		self.assertEqual(self.charged(company.account), found.charged)

	def test_a_withdrawn_ticket_is_not_charged_by_later_credits(self) -> None:
		company = self.company(0, portal_policy="Park")
		[ticket] = self.tickets(company, 1)
		self.assert_ok(Portal(company.person).set_value(ticket, "status", "Closed"))
		self.assert_incident(ticket, "Withdrawn")
		self.grant(company.account, 1)
		self.assertEqual((1, 0), (self.figures(company).waited, self.figures(company).charged))

	def test_a_void_and_an_adjustment_are_played_again(self) -> None:
		company = self.company(5)
		[lot] = frappe.get_all("Credit Lot", {"account": company.account}, pluck="name")
		grants.adjust_lot(lot, -3, "Too many", f"adjust:{make.unique_code('key')}")
		self.tickets(company, 1)
		grants.void_lot(lot, "Charged back")
		self.assertEqual((1, 0), (self.figures(company).charged, self.figures(company).refusals))
		dear = self.figures(company, catalogue(credits_per_incident=3))
		self.assertEqual((0, 1), (dear.charged, dear.refusals))

	def test_the_account_of_a_customer_who_was_merged_pays_for_both(self) -> None:
		gone, stays = self.company(1), self.company(1)
		self.tickets(gone, 1)
		self.tickets(stays, 1)
		frappe.rename_doc("HD Customer", gone.name, stays.name, merge=True)
		publish()
		found = self.figures(stays)
		self.assertEqual((2, 2, 0), (found.tickets, found.charged, found.refusals))

	def test_a_customer_without_an_account_is_shown_and_needs_nothing(self) -> None:
		someone = make.portal_user()
		name = make.customer(someone)
		make.ticket(someone)
		rows = [row for row in self.played().rows if row.customer == name]
		self.assertEqual([(1, 0)], [(row.figures.tickets, row.figures.needed) for row in rows])
		everybody = catalogue()
		everybody["defaults"]["everyone_must_have_credits"] = True
		[row] = [row for row in self.played(everybody).rows if row.customer == name]
		self.assertEqual((1, 1), (row.figures.needed, row.figures.refusals))


class TestWhatWouldHave(SimulationCase):
	def test_a_dearer_incident_is_refused_where_the_credits_do_not_suffice(self) -> None:
		company = self.company(3)
		self.tickets(company, 2)
		found = self.figures(company, catalogue(credits_per_incident=2))
		self.assertEqual((4, 2, 1), (found.needed, found.charged, found.refusals))

	def test_who_buys_pays_the_list_price(self) -> None:
		company = self.company(0, portal_policy="Park")
		self.tickets(company, 3)
		found = self.buys(company)
		self.assertEqual((3, 2), (found.charged, found.packs))
		self.assertEqual({"USD": Decimal("658.00")}, found.revenue)

	def test_without_purchases_only_what_there_was_before_pays(self) -> None:
		company = self.company(3)
		self.tickets(company, 1)
		found = self.figures(company, purchases=Purchases.NONE)
		self.assertEqual((0, 1), (found.charged, found.refusals))

	def test_a_longer_promise_is_missed_less(self) -> None:
		company = self.company(2)
		[ticket] = self.tickets(company, 1)
		incident = make.incident_of(ticket)
		opened = clock.now() - timedelta(hours=6)
		answered = site.on_site_wall(opened + timedelta(hours=5))
		frappe.db.set_value("HD Ticket", ticket, "first_responded_on", answered)
		frappe.db.set_value("Support Incident", incident.name, "opened_at_utc", stamp_text(opened))
		# The account is as old as the ticket.
		before = frappe.db.get_value("Credit Account", company.account, "creation")
		frappe.db.set_value("Credit Account", company.account, "creation", site.on_site_wall(opened))

		def missed(hours: int) -> tuple[int, int]:
			# An incident that costs nothing: at that time there were no credits yet.
			promise = {"value": hours, "unit": "clock_hours"}
			found = self.figures(company, catalogue(promise=promise, credits_per_incident=0))
			return found.due, found.missed

		try:
			self.assertEqual((1, 1), missed(4))
			self.assertEqual((1, 0), missed(6))
		finally:
			frappe.db.set_value("Support Incident", incident.name, "opened_at_utc", incident.opened_at_utc)
			frappe.db.set_value("Credit Account", company.account, "creation", before)
			publish()

	def test_a_deployment_excuses_for_as_long_as_the_catalogue_says(self) -> None:
		company = self.company(2)
		self.tickets(company, 1)
		make.deployment(company.name, days_ago=20)
		self.assertEqual(0, self.figures(company).exempt)
		longer = catalogue()
		longer["defaults"]["deployment_days"] = 30
		self.assertEqual(1, self.figures(company, longer).exempt)


class TestReadingOnly(SimulationCase):
	def test_no_row_of_any_table_changes(self) -> None:
		company = self.company(1, portal_policy="Park")
		self.tickets(company, 3)
		before = checksums()
		for purchases in Purchases:
			self.played(purchases=purchases)
		self.assertEqual(before, checksums())

	def test_the_database_itself_refuses_to_write(self) -> None:
		publish()
		before = frappe.db.sql("SELECT SUM(seq) FROM `tabCredit Account`")
		with self.assertRaises(frappe.InReadOnlyMode), run.reading_only():
			frappe.db.sql("UPDATE `tabCredit Account` SET seq = seq + 1")
		self.assertEqual(before, frappe.db.sql("SELECT SUM(seq) FROM `tabCredit Account`"))

	def test_progress_ends_with_all_of_them(self) -> None:
		self.tickets(self.company(1), 1)
		told: list[tuple[int, int]] = []
		run.simulate(self.wish(), lambda done, total: told.append((done, total)))
		self.assertEqual(0, told[0][0])
		self.assertEqual(told[-1][1], told[-1][0])
		self.assertGreater(told[-1][1], 0)

	def test_pages_make_no_difference(self) -> None:
		from support_credits.simulation import history

		company = self.company(9)
		self.tickets(company, 5)
		whole = self.played().rows
		texts = {name: getattr(history, name) for name in ("INCIDENTS", "PLAIN", "NAMES")}
		try:
			for name, text in texts.items():
				size = history.CUSTOMERS if name == "NAMES" else history.PAGE
				setattr(history, name, text.replace(f"LIMIT {size}", "LIMIT 2"))
			self.assertEqual(whole, self.played().rows)
		finally:
			for name, text in texts.items():
				setattr(history, name, text)


class TestRefusals(SimulationCase):
	def assert_refused_with(self, text: str, data: dict[str, object], **more: object) -> None:
		with self.assertRaises(CatalogueRefused) as refused:
			self.played(data, **more)
		self.assertIn(text, str(refused.exception))

	def test_every_mistake_is_named_by_its_place(self) -> None:
		data = catalogue(credits_per_incident=-1)
		self.assert_refused_with("tiers[0].credits_per_incident", data)
		self.assert_refused_with("tiers[3].credits_per_incident", data)

	def test_a_severity_that_the_site_has_not_is_named(self) -> None:
		data = catalogue()
		data["calendars"][0]["windows"][1]["min_severity"] = "Dreadful"
		self.assert_refused_with('calendars[0]: "Dreadful" is not a ticket priority', data)

	def test_a_country_without_holidays_is_named(self) -> None:
		data = catalogue()
		data["calendars"][0]["holidays"]["subdivision"] = "NOWHERE"
		data["calendars"][0]["holidays"]["country"] = "PT"
		self.assert_refused_with("calendars[0].holidays: PT has no subdivision NOWHERE", data)

	def test_a_pack_that_is_not_there_is_named(self) -> None:
		self.assert_refused_with(
			'"GONE" is not the code of a pack', catalogue(), purchases=Purchases.BUYS, pack="GONE"
		)

	def test_days_that_make_no_period_are_told(self) -> None:
		today = date.today()
		for since, until, said in (
			(today, today - timedelta(days=1), "before the first one"),
			(today - timedelta(days=4000), today, "more than five years"),
			(today + timedelta(days=40), today + timedelta(days=50), "has not come yet"),
		):
			with self.subTest(said), self.assertRaisesRegex(SupportCreditsError, said):
				run.simulate(run.Wish(catalogue(), since, until))
