"""What of a tier's agreement and holiday list is nobody's to edit by hand, and what becomes of them when the tier goes."""

from __future__ import annotations

import frappe

from support_credits.exceptions import KeptByTier
from support_credits.hours.agreements import AGREEMENT, HOLIDAY_LIST, TIER
from support_credits.tests import factories as make
from support_credits.tests.test_agreements import AgreementCase


class TestByHand(AgreementCase):
	def test_what_follows_the_tier_is_refused_with_where_to_change_it(self) -> None:
		tier = self.tier()
		changes = {
			"Priorities": lambda doc: doc.priorities[0].update({"response_time": 60}),
			"Working Hours": lambda doc: doc.support_and_resolution[0].update({"end_time": "17:00:00"}),
			"Holiday List": lambda doc: doc.update({"holiday_list": "Default"}),
			"Default SLA": lambda doc: doc.update({"default_sla": 1}),
			"Support Calendar": lambda doc: doc.update({"sc_calendar": None}),
			"Support Tier": lambda doc: doc.update({"sc_tier": None}),
			"Resolution": lambda doc: doc.update({"apply_sla_for_resolution": 1}),
		}
		for label, change in changes.items():
			doc = self.posted(self.agreement(tier.name))
			change(doc)
			with self.subTest(label), self.refused(KeptByTier, tier.name, label, "Change the tier"):
				doc.save()

	def test_nobody_makes_an_agreement_look_like_a_tiers(self) -> None:
		tier = self.tier()
		forged = frappe.copy_doc(self.agreement(tier.name)).update(
			{"service_level": "Forged", "sc_tier": tier.name}
		)
		with self.refused(KeptByTier, tier.name):
			forged.insert()
		own = frappe.copy_doc(frappe.get_doc(AGREEMENT, "Default"))
		own.update({"service_level": make.unique("Own"), "default_sla": 0}).insert()
		with self.refused(KeptByTier, tier.name):
			own.update({"sc_tier": tier.name}).save()

	def test_what_the_tier_does_not_say_may_be_edited_and_stays(self) -> None:
		tier = self.tier()
		doc = self.posted(self.agreement(tier.name))
		doc.update(
			{"enabled": 0, "condition": "doc.priority == 'Urgent'", "ticket_reopen_status": "Open"}
		).save()
		tier.update({"promise_value": 12}).save()
		kept = self.agreement(tier.name)
		self.assertEqual(
			(0, "doc.priority == 'Urgent'", "Open"), (kept.enabled, kept.condition, kept.ticket_reopen_status)
		)

	def test_its_holiday_list_is_edited_in_the_calendar(self) -> None:
		tier = self.tier()
		name = self.agreement(tier.name).holiday_list
		for change in (
			lambda doc: doc.append("holidays", {"holiday_date": "2026-12-24", "description": "Party"}),
			lambda doc: doc.holidays.pop(),
			lambda doc: doc.update({"sc_calendar": None}),
			lambda doc: doc.set("holidays", []),
		):
			doc = frappe.get_doc(HOLIDAY_LIST, name)
			change(doc)
			with self.refused(KeptByTier, tier.calendar, "Add or take away days there"):
				doc.save()

	def test_an_administrators_own_records_are_his(self) -> None:
		own = frappe.get_doc(
			{
				"doctype": HOLIDAY_LIST,
				"holiday_list_name": make.unique("Own"),
				"from_date": "2026-01-01",
				"to_date": "2026-12-31",
			}
		).insert()
		own.append("holidays", {"holiday_date": "2026-12-24", "description": "Party"})
		own.save()
		sla = frappe.copy_doc(frappe.get_doc(AGREEMENT, "Default"))
		sla.update({"service_level": make.unique("Own"), "default_sla": 0, "holiday_list": own.name}).insert()
		sla.update({"sc_calendar": self.calendar()}).save()
		sla.support_and_resolution[0].end_time = "17:00:00"
		sla.save()
		self.assertEqual(1, len(frappe.get_doc(HOLIDAY_LIST, own.name).holidays))


class TestDeletion(AgreementCase):
	def test_without_tickets_the_agreement_goes_with_its_tier(self) -> None:
		tier = self.tier()
		frappe.delete_doc(TIER, tier.name)
		self.assertFalse(frappe.db.exists(AGREEMENT, tier.agreement))

	def test_with_incidents_the_tier_stays_and_so_does_its_agreement(self) -> None:
		tier = self.tier()
		make.ticket(self.company(tier.name).person)
		with self.refused_late(frappe.LinkExistsError, tier.name):
			frappe.delete_doc(TIER, tier.name)

	def test_where_a_ticket_without_an_incident_names_it_it_stays_behind_disabled(self) -> None:
		tier = self.tier()
		someone = make.portal_user()
		make.customer(someone)
		ticket = make.ticket(someone).name
		frappe.db.set_value("HD Ticket", ticket, "sla", tier.agreement)
		frappe.delete_doc(TIER, tier.name)
		left = frappe.get_doc(AGREEMENT, tier.agreement)
		self.assertEqual((0, None), (left.enabled, left.sc_tier))
		frappe.get_doc("HD Ticket", ticket).save()

	def test_an_agreement_or_a_list_in_use_is_not_deleted_by_hand(self) -> None:
		tier = self.tier()
		with self.refused_late(frappe.LinkExistsError, "You can disable this"):
			frappe.delete_doc(AGREEMENT, tier.agreement)
		with self.refused_late(frappe.LinkExistsError):
			frappe.delete_doc(HOLIDAY_LIST, self.agreement(tier.name).holiday_list)
