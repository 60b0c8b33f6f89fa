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

from support_credits import install, uninstall
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories
from support_credits.tests.ledger_case import LEDGER, LedgerCase, row_of


class TestInstall(LedgerCase):
	def test_installing_twice_adds_nothing(self) -> None:
		def added() -> tuple[list, ...]:
			fields = frappe.get_all(
				"Custom Field", {"dt": "HD Ticket"}, ["fieldname", "permlevel"], order_by="name asc"
			)
			rights = frappe.get_all(
				"Custom DocPerm", {"parent": "HD Ticket"}, ["role", "permlevel", "read"], order_by="role asc"
			)
			return fields, rights, frappe.get_all("HD Ticket Status", order_by="name asc", pluck="name")

		before = added()
		install.after_install()
		self.assertEqual(before, added())

	def test_every_field_we_add_belongs_to_our_module_and_is_prefixed(self) -> None:
		for field in install.ticket_fields()["HD Ticket"]:
			stored = frappe.get_doc("Custom Field", {"dt": "HD Ticket", "fieldname": field["fieldname"]})
			self.assertEqual("Support Credits", stored.module)
			self.assertTrue(stored.fieldname.startswith("sc_"))

	def test_an_old_helpdesk_is_refused_with_what_to_do(self) -> None:
		with patch("helpdesk.__version__", "1.2.0"), self.assertRaises(frappe.ValidationError) as caught:
			install.before_install()
		self.assert_says(caught.exception, "1.20", "1.2.0", "Update Helpdesk")

	def test_a_newer_helpdesk_and_a_development_version_are_accepted(self) -> None:
		for version in ("1.20.0", "1.28.1", "1.29.0-dev", "2.0.0-dev"):
			with self.subTest(version), patch("helpdesk.__version__", version):
				install.before_install()

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
