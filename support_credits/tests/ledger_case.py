"""What the suites about the ledger share: an account with a history, and rows as the database has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from support_credits.ledger import verification
from support_credits.tests import factories
from support_credits.tests.compat import TestCase

LEDGER = ("Credit Ledger Entry", "Credit Lot", "Support Incident")
WAREHOUSE = (*LEDGER, "Credit Account")

Rows = list[dict[str, object]]


def rows_of(account: str) -> dict[str, Rows]:
	"""Every column of every row of an account, as stored: what a refused act must leave unchanged."""
	return {
		doctype: _rows(doctype, "name" if doctype == "Credit Account" else "account", account)
		for doctype in WAREHOUSE
	}


def _rows(doctype: str, column: str, value: str) -> Rows:
	return frappe.db.sql(
		f"SELECT * FROM `tab{doctype}` WHERE `{column}` = %s ORDER BY name", value, as_dict=True
	)


def row_of(doctype: str, name: str) -> dict[str, object]:
	return _rows(doctype, "name", name)[0]


@contextmanager
def elsewhere() -> Iterator[None]:
	"""A second connection for the block, as another process has one. The host's own helper stays on it afterwards."""
	here, user = frappe.local.db, frappe.session.user
	frappe.connect()
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.db.close()
		frappe.local.db = here
		frappe.set_user(user)


@contextmanager
def as_in_a_request() -> Iterator[None]:
	"""``frappe.only_for`` lets everybody pass while the host's test flag is up: it is down for the block."""
	frappe.flags.in_test = False
	try:
		yield
	finally:
		frappe.flags.in_test = True


class LedgerCase(TestCase):
	"""A test with assertions about an account's rows and its proof."""

	def assert_proved(self, *accounts: str) -> None:
		"""Chain, lots, incidents and queues of the accounts hold together; tickets are marked by the ledger's callers."""
		for account in accounts:
			report = verification.verify(account, tickets=False)
			self.assertEqual([], [finding.message for finding in report.findings], account)

	def assert_says(self, error: BaseException, *parts: str) -> None:
		"""The refusal names what the reader needs to go on."""
		for part in parts:
			self.assertIn(part, frappe.utils.strip_html(str(error)))

	def entries(self, account: str, *columns: str) -> list[tuple]:
		"""Kind and credits, or ``columns``, of the account's entries in order."""
		fields = list(columns or ("kind", "credits"))
		return [tuple(row[field] for field in fields) for row in self._entry_rows(account, fields)]

	@staticmethod
	def _entry_rows(account: str, fields: list[str]) -> list[frappe._dict]:
		return frappe.get_all(
			"Credit Ledger Entry", filters={"account": account}, fields=fields, order_by="seq asc"
		)


class HistoryCase(LedgerCase):
	"""One committed account with a charged ticket: bulk actions and imports of the host commit and roll back."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(credits=3)
		cls.account = cls.company.account
		cls.ticket = factories.ticket(cls.company.person).name
		cls.names = {
			"Credit Ledger Entry": f"{cls.account}-E0000002",
			"Credit Lot": f"{cls.account}-L000001",
			"Support Incident": factories.incident_of(cls.ticket).name,
		}
		frappe.db.commit()
