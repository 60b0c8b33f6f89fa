"""What installing adds and uninstalling writes out, as far as a test inside the site can see it.

The whole life of the app on a site is in ``tests/install``: no test can uninstall the app it runs in.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import timedelta
from unittest.mock import patch

import frappe
from helpdesk.helpdesk.doctype.hd_form_script.hd_form_script import get_form_script
from helpdesk.helpdesk.doctype.hd_service_level_agreement import hd_service_level_agreement as host

from support_credits import form_scripts, install, uninstall
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories
from support_credits.tests.ledger_case import LEDGER, LedgerCase, row_of


class TestInstall(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		# An index it has to make first would commit whatever a test had open.
		install.after_migrate()

	def test_installing_twice_adds_nothing(self) -> None:
		def added() -> tuple[list, ...]:
			fields = frappe.get_all(
				"Custom Field",
				{"dt": ["like", "HD %"]},
				["dt", "fieldname", "permlevel"],
				order_by="name asc",
			)
			rights = frappe.get_all(
				"Custom DocPerm",
				{"parent": "HD Ticket"},
				["role", "permlevel", "read"],
				order_by="role asc, permlevel asc, name asc",
			)
			statuses = frappe.get_all("HD Ticket Status", order_by="name asc", pluck="name")
			scripts = frappe.get_all("HD Form Script", order_by="name asc", pluck="name")
			return fields, rights, statuses, scripts

		before = added()
		install.after_install()
		self.assertEqual(before, added())

	def test_every_field_we_add_belongs_to_our_module_and_is_prefixed(self) -> None:
		added = install.host_fields()
		self.assertEqual(
			["sc_credits", "sc_severity", "sc_state", "sc_tier"],
			sorted(field["fieldname"] for field in added["HD Ticket"]),
		)
		for doctype, fields in added.items():
			for field in fields:
				stored = frappe.get_doc("Custom Field", {"dt": doctype, "fieldname": field["fieldname"]})
				self.assertEqual("Support Credits", stored.module)
				self.assertTrue(stored.fieldname.startswith("sc_"))
				self.assertTrue(frappe.db.has_column(doctype, stored.fieldname))

	def test_what_binds_an_agreement_to_its_tier_is_not_an_administrators_to_write(self) -> None:
		for doctype, field, read_only in (
			("HD Service Level Agreement", "sc_calendar", 0),  # his own may count covered time
			("HD Service Level Agreement", "sc_tier", 1),
			("HD Service Holiday List", "sc_calendar", 1),
		):
			self.assertEqual(read_only, frappe.get_meta(doctype).get_field(field).read_only, (doctype, field))

	def test_an_old_helpdesk_is_refused_with_what_to_do(self) -> None:
		with patch("helpdesk.__version__", "1.2.0"), self.assertRaises(frappe.ValidationError) as caught:
			install.before_install()
		self.assert_says(caught.exception, "1.20", "1.2.0", "Update Helpdesk")

	def test_a_newer_helpdesk_and_a_development_version_are_accepted(self) -> None:
		for version in ("1.20.0", "1.28.1", "1.29.0-dev", "2.0.0-dev"):
			with self.subTest(version), patch("helpdesk.__version__", version):
				install.before_install()

	def test_agents_are_shown_the_costs_on_the_ticket_page_and_customers_are_not(self) -> None:
		self.assertEqual([form_scripts.AGENT_COSTS.name], form_scripts.AGENT_COSTS.records())
		self.assertIn(form_scripts.AGENT_COSTS.text, get_form_script("HD Ticket"))
		for elsewhere in ({"is_customer_portal": True}, {"apply_on_new_page": True}):
			shown = get_form_script("HD Ticket", **elsewhere) or []
			self.assertNotIn(form_scripts.AGENT_COSTS.text, shown, elsewhere)

	def test_the_portals_pages_have_a_script_each_and_the_agents_ticket_has_neither(self) -> None:
		for script, where in (
			(form_scripts.PORTAL_TICKET, {"is_customer_portal": True}),
			(form_scripts.PORTAL_NEW, {"apply_on_new_page": True}),
		):
			self.assertEqual([script.name], script.records())
			self.assertIn(script.text, get_form_script("HD Ticket", **where))
		self.assertNotIn(form_scripts.PORTAL_TEXT, get_form_script("HD Ticket"))

	def test_the_file_that_a_form_script_loads_is_where_the_host_serves_it(self) -> None:
		for script in form_scripts.ALL:
			self.assertIn(f'"{script.file}"', script.text)
			served = script.file.removeprefix("/assets/support_credits/")
			self.assertTrue(os.path.isfile(frappe.get_app_path("support_credits", "public", served)))

	def test_an_update_brings_the_form_script_where_there_is_none(self) -> None:
		form_scripts.remove()
		self.assertEqual([], form_scripts.AGENT_COSTS.records())
		install.after_migrate()
		self.assertEqual([form_scripts.AGENT_COSTS.name], form_scripts.AGENT_COSTS.records())

	def test_an_update_leaves_a_form_script_that_somebody_has_changed(self) -> None:
		mine = frappe.get_doc("HD Form Script", form_scripts.AGENT_COSTS.name)
		for changed in ({"enabled": 0}, {"script": "// not here"}, {"apply_to_customer_portal": 1}):
			with self.subTest(changed=changed):
				mine.update(changed).save()
				before = row_of("HD Form Script", form_scripts.AGENT_COSTS.name)
				install.after_migrate()
				self.assertEqual(before, row_of("HD Form Script", form_scripts.AGENT_COSTS.name))

	def test_a_form_script_of_another_name_is_not_joined_by_a_second_and_goes_with_the_app(self) -> None:
		mine = frappe.copy_doc(frappe.get_doc("HD Form Script", form_scripts.AGENT_COSTS.name))
		form_scripts.remove()
		mine.insert(set_name="Our own name")
		install.after_migrate()
		self.assertEqual(["Our own name"], form_scripts.AGENT_COSTS.records())
		form_scripts.remove()
		self.assertEqual([], form_scripts.AGENT_COSTS.records())

	def test_the_export_holds_every_row_of_the_ledger_once(self) -> None:
		company = factories.company(credits=2)
		factories.ticket(company.person)
		path, count = uninstall.export_ledger()
		self.addCleanup(os.remove, path)
		with gzip.open(path, "rt", encoding="utf-8") as file:
			rows = [json.loads(line) for line in file]
		self.assertEqual(count, len(rows))
		counted = Counter(row["doctype"] for row in rows)
		for doctype in (*LEDGER, "Credit Account"):
			self.assertEqual(frappe.db.count(doctype), counted[doctype], doctype)
		self.assertEqual(len(rows), len({(row["doctype"], row.get("name")) for row in rows}))

	def test_waiting_tickets_are_reopened_with_a_clock_of_their_own(self) -> None:
		company = factories.company(portal_policy="Park")
		ticket = factories.ticket(company.person).name
		self.assertEqual(PARKED_STATUS, row_of("HD Ticket", ticket)["status"])
		uninstall.reopen_waiting(PARKED_STATUS)
		row = row_of("HD Ticket", ticket)
		self.assertEqual(("Open", "Open"), (row["status"], row["status_category"]))
		self.assertIsNotNone(row["response_by"], "the host's hourly job reads no deadline as a breach")
		self.assertLess(row["response_by"], row["creation"] + timedelta(days=365))
		self.assertEqual("First Response Due", row["agreement_status"])


class TestHandingOver(LedgerCase):
	"""What uninstalling does to tickets that are on a tier's agreement."""

	def setUp(self) -> None:
		super().setUp()
		self.calendar = factories.support_calendar(country="PT")
		promise = {"promise_value": 4, "promise_unit": "covered hours"}
		self.tier = factories.tier(calendar=self.calendar, **promise)
		self.unused = factories.tier(calendar=self.calendar, **promise)
		self.company = factories.company(credits=3, tier=self.tier)
		self.ours, self.other = (
			frappe.db.get_value("Support Tier", tier, "agreement") for tier in (self.tier, self.unused)
		)

	def test_open_tickets_go_back_to_the_hosts_and_ours_stays_where_a_closed_one_names_it(self) -> None:
		opened, closed = (factories.ticket(self.company.person).name for _number in range(2))
		frappe.get_doc("HD Ticket", closed).update({"status": "Closed"}).save()
		# The host would pick one of ours that an administrator has given a condition.
		for name in (self.ours, self.other):
			frappe.get_doc("HD Service Level Agreement", name).update({"condition": "True"}).save()
		before = row_of("HD Ticket", closed)
		uninstall.leave_agreements()
		self.assertEqual(before, row_of("HD Ticket", closed))
		left = row_of("HD Service Level Agreement", self.ours)
		self.assertEqual((0, None, None), (left["enabled"], left["description"], left["sc_calendar"]))
		self.assertTrue(frappe.db.exists("HD Service Holiday List", left["holiday_list"]))
		self.assertFalse(frappe.db.exists("HD Service Level Agreement", self.other))
		row = row_of("HD Ticket", opened)
		self.assertNotIn(row["sla"], (self.ours, self.other))
		picked = host.HDServiceLevelAgreement(
			frappe.get_doc("HD Service Level Agreement", row["sla"]).as_dict()
		)
		start = row["service_level_agreement_creation"]
		self.assertEqual(picked.calc_time(start, row["priority"], "response_time"), row["response_by"])
		self.assertEqual("First Response Due", row["agreement_status"])

	def test_without_closed_tickets_nothing_of_ours_stays(self) -> None:
		factories.ticket(self.company.person)
		shown = frappe.db.get_value("Support Calendar", self.calendar, "holiday_list")
		uninstall.leave_agreements()
		for name in (self.ours, self.other):
			self.assertFalse(frappe.db.exists("HD Service Level Agreement", name))
		self.assertFalse(frappe.db.exists("HD Service Holiday List", shown))

	def test_an_administrators_own_agreement_counts_as_the_host_does_when_our_calendars_are_gone(
		self,
	) -> None:
		own = frappe.get_doc("HD Service Level Agreement", {"default_sla": 1})
		own.update({"sc_calendar": self.calendar}).save()
		ticket = factories.ticket(self.company.person).name
		frappe.db.delete("Support Calendar", {"name": self.calendar})
		frappe.clear_document_cache("Support Calendar", self.calendar)
		uninstall.leave_agreements()
		self.assertNotEqual(self.ours, row_of("HD Ticket", ticket)["sla"])
		self.assertFalse(frappe.db.exists("HD Service Level Agreement", {"sc_calendar": ["is", "set"]}))
