"""Which agreement and deadline a ticket gets: its tier's, on the first save, by every door, for its life (design rule 21)."""

from __future__ import annotations

from datetime import datetime

import frappe

from support_credits.tests import factories as make
from support_credits.tests.hours_case import UTC, HoursCase

FRIDAY = datetime(2026, 12, 4, 16, 30, tzinfo=UTC)


class TestChoice(HoursCase):
	def test_a_charged_ticket_has_its_tiers_agreement_and_deadline_on_the_first_save(self) -> None:
		tier = make.tier(calendar=make.support_calendar(), promise_value=4, promise_unit="covered hours")
		company = self.company(tier)
		ticket = self.ticket_at(FRIDAY, company.person)
		monday = datetime(2026, 12, 7, 10, 30, tzinfo=UTC)
		self.assertEqual(frappe.db.get_value("Support Tier", tier, "agreement"), ticket.sla)
		self.assertEqual((monday, monday), (self.due_of(ticket.name), self.host_due_of(ticket.name)))
		stored = frappe.get_doc("HD Ticket", ticket.name)
		self.assertEqual((ticket.sla, "First Response Due"), (stored.sla, stored.agreement_status))
