"""Everything the app holds for a customer, as JSON and as CSV: his rows, all of them, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import frappe

from support_credits import customer_export, exported_rows
from support_credits.engine.codes import digest_of, plain_code
from support_credits.ledger import accounts, codes, proposals
from support_credits.ledger.codes import Offer
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Portal, agent, manager

API = "/api/method/support_credits.api.exports.customer_export"
OURS = ("Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident", "Credit Proposal", "Work Log", "Deployment", "Activation Code", "Credit Order")  # fmt: skip


class ExportCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.mine = self.company_with_everything()

	def company_with_everything(self) -> make.Company:
		company = self.company(5)
		ticket = make.ticket(company.person, subject="Ours")
		proposals.propose(str(ticket.name), 1, "=1+1")
		make.deployment(company.name)
		log = {"doctype": "Work Log", "ticket": ticket.name, "minutes": 10, "note": "Looked at it"}
		with make.acting_as(make.agent()):
			frappe.get_doc(log).insert()
		self.code, self.unused = codes.issue(Offer(credits=2, months=3), 2, make.unique("Cards")).codes
		codes.redeem(self.code, company.account, company.name)
		publish()
		return company

	def exported(self, customer: str, form: str = "json") -> bytes:
		file = io.BytesIO()
		self.counts = customer_export.write(customer, form, file)
		return file.getvalue()

	def tables(self, customer: str) -> dict[str, list[dict[str, object]]]:
		return json.loads(self.exported(customer))["tables"]

	def test_every_table_has_the_customers_rows_and_no_other_ones(self) -> None:
		other = self.company_with_everything()
		mine, theirs = self.tables(self.mine.name), self.tables(other.name)
		for doctype in OURS[:-1]:
			with self.subTest(doctype):
				names = {row["name"] for row in mine[doctype]}
				self.assertTrue(names)
				self.assertFalse(names & {row["name"] for row in theirs[doctype]})
		self.assertLessEqual(set(OURS), set(mine))
		self.assertEqual(self.counts, {doctype: len(rows) for doctype, rows in theirs.items()})
		entries = frappe.get_all("Credit Ledger Entry", {"account": self.mine.account}, pluck="name")
		self.assertEqual(set(entries), {row["name"] for row in mine["Credit Ledger Entry"]})

	def test_what_was_joined_into_his_account_is_in_it_too(self) -> None:
		old = self.company(3)
		accounts.customers_merge(old.name, self.mine.name)
		found = {row["account"] for row in self.tables(self.mine.name)["Credit Lot"]}
		self.assertEqual({old.account, self.mine.account}, found)

	def test_no_code_can_be_redeemed_with_what_is_in_it(self) -> None:
		text = self.exported(self.mine.name).decode()
		# The digest of the used one is in its entry's key, under the chain, and worth nothing.
		for secret in (self.code, plain_code(self.code), digest_of(self.unused), "code_hash"):
			self.assertNotIn(secret, text)
		self.assertIn(self.code[-4:], text)

	def test_csv_has_the_same_rows_and_no_cell_that_a_sheet_would_run(self) -> None:
		said = self.tables(self.mine.name)
		with zipfile.ZipFile(io.BytesIO(self.exported(self.mine.name, "csv"))) as archive:
			self.assertEqual({f"{frappe.scrub(doctype)}.csv" for doctype in said}, set(archive.namelist()))
			for doctype, rows in said.items():
				text = archive.read(f"{frappe.scrub(doctype)}.csv").decode("utf-8-sig")
				lines = list(csv.DictReader(io.StringIO(text)))
				self.assertEqual([row["name"] for row in rows], [line["name"] for line in lines])
		proposal = archive_row(self.exported(self.mine.name, "csv"), "credit_proposal.csv")
		self.assertEqual("'=1+1", proposal["reason"])

	def test_rows_come_in_pages_and_none_is_lost_or_twice_at_their_ends(self) -> None:
		for _number in range(7):
			make.grant(self.mine.account, 1)
		whole = self.tables(self.mine.name)
		page, exported_rows.PAGE = exported_rows.PAGE, 2
		try:
			self.assertEqual(whole, self.tables(self.mine.name))
		finally:
			exported_rows.PAGE = page

	def test_a_customer_without_an_account_has_an_export_with_nothing_in_it(self) -> None:
		name = make.customer()
		self.assertEqual({0}, {len(rows) for rows in self.tables(name).values()})

	def test_managers_download_it_and_nobody_else(self) -> None:
		boss = make.portal_user("boss")
		make.add_member(self.mine.name, boss, is_manager=True)
		publish()
		path = f"{API}?customer={self.mine.name}"
		for who in (Portal(), Portal(self.mine.person), Portal(boss), agent()):
			self.assertEqual(403, who.request("GET", path).status)
		for form, kind in (("json", "application/json"), ("csv", "application/zip")):
			answer = manager().http.get(f"{manager().url}{path}&format={form}", timeout=60)
			self.assertEqual((200, kind), (answer.status_code, answer.headers["Content-Type"]))
			self.assertIn(f"customer-{self.mine.account}.", answer.headers["Content-Disposition"])
			self.assertEqual(self.exported_rows(form), rows_in(form, answer.content))

	def exported_rows(self, form: str) -> list[str]:
		return rows_in(form, self.exported(self.mine.name, form))

	def test_a_format_or_a_customer_that_does_not_exist_is_refused(self) -> None:
		self.assert_refused(
			manager().request("GET", f"{API}?customer={self.mine.name}&format=xml"),
			"An export is made as json or csv.",
			"SupportCreditsError",
		)
		self.assert_refused(
			manager().request("GET", f"{API}?customer=Nobody"),
			"Customer Nobody does not exist.",
			"DoesNotExistError",
			404,
		)


def archive_row(data: bytes, name: str) -> dict[str, str]:
	with zipfile.ZipFile(io.BytesIO(data)) as archive:
		return next(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def rows_in(form: str, data: bytes) -> list[str]:
	"""The names of everything in an export, in its order."""
	if form == "json":
		return [row["name"] for rows in json.loads(data)["tables"].values() for row in rows]
	with zipfile.ZipFile(io.BytesIO(data)) as archive:
		texts = [archive.read(name).decode("utf-8-sig") for name in archive.namelist()]
	return [line["name"] for text in texts for line in csv.DictReader(io.StringIO(text))]
