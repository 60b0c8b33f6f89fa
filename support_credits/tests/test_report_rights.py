"""Who may see which report: docs/reports.md, cell by cell, on the real server; and what comes out of an export."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path

import frappe
from frappe.utils import add_months, today
from openpyxl import load_workbook

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import CALL_SECONDS, Portal

DOCUMENT = Path(frappe.get_app_path("support_credits")).parent / "docs" / "reports.md"
RUN, EXPORT = "frappe.desk.query_report.run", "frappe.desk.query_report.export_query"
MONEY = ("Credit Ledger", "Outstanding Credits", "Breakage")


def table() -> dict[str, dict[str, str]]:
	"""The table of the document: what is expected, by report and person."""
	lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
	rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
	start = next(number for number, row in enumerate(rows) if row[1:2] == ["guest"])
	people = rows[start][1:]
	return {
		row[0].strip("`"): dict(zip(people, row[1:], strict=True))
		for row in rows[start + 2 :]
		if row[0][:1] == "`"
	}


@cache
def portals() -> dict[str, Portal]:
	company = make.company(3)
	make.grant(company.account, 2, months=3, price="99.99", currency="EUR")
	people = {
		"guest": None,
		"customer": company.person,
		"agent": make.agent(),
		"agent manager": make.agent_manager(),
		"system manager": make.person("system", ("System Manager",)),
		"accounts user": make.person("accounts", ("Accounts User",)),
		"accounts manager": make.person("accounts", ("Accounts Manager",)),
	}
	publish()
	return {name: Portal(person) for name, person in people.items()}


def period() -> dict[str, str]:
	return {"from_date": add_months(today(), -3), "to_date": add_months(today(), 4)}


class TestReportRights(HttpTestCase):
	def run_as(self, who: str, report: str) -> tuple[int, str]:
		answer = portals()[who].call(RUN, report_name=report, filters=period())
		return answer.status, answer.error

	def test_every_report_of_the_app_is_in_the_table(self) -> None:
		ours = frappe.get_all(
			"Report", {"module": "Support Credits", "name": ["!=", "Support Credits Jobs"]}, pluck="name"
		)
		self.assertEqual(sorted(ours), sorted(table()))

	def test_everybody_sees_what_the_table_says_and_nothing_else(self) -> None:
		for report, cells in table().items():
			for who, cell in cells.items():
				with self.subTest(f"{report} as {who}"):
					self.assertIn(cell, ("yes", "no"))
					status, error = self.run_as(who, report)
					expected = (200, "") if cell == "yes" else (403, "PermissionError")
					self.assertEqual(expected, (status, error))

	def test_no_report_with_money_is_an_agents_nor_any_report_a_customers(self) -> None:
		for report, cells in table().items():
			self.assertEqual(("no", "no"), (cells["guest"], cells["customer"]))
			self.assertEqual("no" if report in MONEY else "yes", cells["agent"])

	def test_accounts_see_the_reports_and_not_the_lots(self) -> None:
		answer = portals()["accounts user"].request("GET", "/api/resource/Credit Lot/CA-00001-L000001")
		self.assertIn(answer.status, (403, 404))
		with make.acting_as(portals()["accounts user"].user):
			self.assertFalse(frappe.has_permission("Credit Lot", "read"))
			self.assertFalse(frappe.has_permission("Credit Ledger Entry", "select"))

	def export(self, who: str, report: str, format: str) -> object:
		portal = portals()[who]
		data = {
			"report_name": report,
			"file_format_type": format,
			"filters": frappe.as_json(period()),
			"visible_idx": "[]",
		}
		return portal.http.post(f"{portal.url}/api/method/{EXPORT}", data=data, timeout=CALL_SECONDS)

	def test_an_export_has_the_rows_of_the_report_and_amounts_as_numbers(self) -> None:
		shown = portals()["accounts user"].call(RUN, report_name="Outstanding Credits", filters={}).value
		answer = self.export("accounts user", "Outstanding Credits", "CSV")
		self.assertEqual(200, answer.status_code, answer.text[:300])
		rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
		self.assertEqual([column["label"] for column in shown["columns"]], rows[0])
		self.assertEqual(len(shown["result"]), len(rows) - 1)
		answer = self.export("accounts user", "Outstanding Credits", "Excel")
		sheet = load_workbook(io.BytesIO(answer.content)).active
		amounts = [row[3] for row in sheet.iter_rows(min_row=2, values_only=True) if row[1] == "EUR"]
		self.assertTrue(amounts)
		self.assertEqual({float}, {type(float(amount)) for amount in amounts if not isinstance(amount, str)})
		self.assertEqual([], [amount for amount in amounts if isinstance(amount, str)])

	def test_who_may_not_see_a_report_may_not_export_it(self) -> None:
		for who in ("guest", "customer", "agent"):
			with self.subTest(who):
				self.assertEqual(403, self.export(who, "Outstanding Credits", "CSV").status_code)
