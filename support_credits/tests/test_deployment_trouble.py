"""Deployments recorded many times, at once, half, or by the hundred: the credits come once or not at all."""

from __future__ import annotations

import csv
import io

import frappe
from frappe.core.doctype.data_import.importer import Importer
from frappe.utils import today

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.deployment_case import RESOURCE, DeploymentCase
from support_credits.tests.dying import killed_after
from support_credits.tests.factories import PASSWORD
from support_credits.tests.http_case import kinds
from support_credits.tests.race import Shot
from support_credits.tests.server import agent
from support_credits.tests.test_race_last_credit import RaceCase


class TestTrouble(DeploymentCase, RaceCase):
	def test_ten_agents_record_one_serial_at_once_and_it_brings_its_credits_once(self) -> None:
		companies = [self.company(0), self.company(0)]
		shots = [
			Shot(agent().user, PASSWORD, RESOURCE, self.values(companies[number % 2].name), {})
			for number in range(10)
		]
		hits = self.start(shots).fire()
		self.assertEqual({(200, "")}, {(hit.status, hit.error) for hit in hits}, hits)
		self.assertEqual([("Grant", 2)], [one for company in companies for one in kinds(company.account)])
		found = [one.lot for company in companies for one in self.deployments(company.name)]
		self.assertEqual((10, 9), (len(found), found.count(None)))

	def test_killed_before_it_is_committed_nothing_is_there_and_the_next_try_brings_them(self) -> None:
		company = self.company(0)
		killed_after("frappe.client.insert", doc={"doctype": "Deployment", **self.values(company.name)})
		self.assertEqual(([], []), (self.deployments(company.name), kinds(company.account)))
		self.deployed(company.name)
		self.assert_balance(company.account, 2)

	def test_a_record_that_is_refused_afterwards_takes_its_credits_and_account_back(self) -> None:
		customer = make.customer()
		publish()
		doc = frappe.get_doc({"doctype": "Deployment", **self.values(customer)})
		doc.on_change = lambda: frappe.throw("Refused by something else")
		with self.nothing_written():
			with self.assertRaisesRegex(frappe.ValidationError, "Refused by something else"):
				doc.insert()
			look_again()
		self.assertFalse(frappe.db.exists("Credit Account", {"customer": customer}))
		self.assertEqual([], self.deployments(customer))

	def test_a_hundred_come_in_by_data_import_with_one_serial_twice(self) -> None:
		companies = [self.company(0) for _number in range(4)]
		rows = [
			{
				"Customer": companies[number % 4].name,
				"Product": "Server EX",
				"Deployed On": today(),
				"Serial Number": f"{self.serial}-{min(number, 98)}",
			}
			for number in range(100)
		]
		log = self.imported(rows)
		self.assertEqual(
			[1] * 100,
			[line.success for line in log],
			[line.exception for line in log if not line.success][:1],
		)
		look_again()
		self.assertEqual(2 * 99, sum(company.balance for company in companies))

	def imported(self, rows: list[dict[str, object]]) -> list[frappe._dict]:
		data_import = frappe.new_doc("Data Import")
		data_import.name = frappe.generate_hash(length=10)
		data_import.import_type = "Insert New Records"
		text = io.StringIO()
		csv.writer(text).writerows([rows[0].keys(), *(row.values() for row in rows)])
		upload = {
			"doctype": "File",
			"file_name": f"{data_import.name}.csv",
			"content": text.getvalue(),
			"is_private": 1,
		}
		url = frappe.get_doc(upload).insert().file_url
		Importer("Deployment", data_import=data_import, file_path=url).import_data()
		self.assertFalse(data_import.template_warnings, data_import.template_warnings)
		return frappe.get_all(
			"Data Import Log",
			{"data_import": data_import.name},
			["success", "exception"],
			order_by="log_index asc",
		)
