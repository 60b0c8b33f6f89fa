"""What the suites about opening balances share: files of rows, and what they did."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Sequence
from datetime import timedelta

import frappe

from support_credits.engine.calendar_days import local_day
from support_credits.ledger import clock, opening
from support_credits.ledger import settings as site
from support_credits.ledger.opening import Outcome
from support_credits.ledger.opening_plan import Plan
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.ledger_case import LedgerCase

Row = dict[str, object]


def day(days: int) -> str:
	"""The provider's day so many days from now."""
	return (local_day(clock.now(), site.provider_zone()) + timedelta(days=days)).isoformat()


def row(customer: str = "", credits: object = 2, **cells: object) -> Row:
	"""A row that can be imported: granted 40 days ago, usable for another 40."""
	return {"customer": customer, "credits": credits, "granted_on": day(-40), "expires_on": day(40), **cells}


def reference() -> str:
	return make.unique_code("ref")


class OpeningCase(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		self.folder = tempfile.mkdtemp()
		self.addCleanup(
			lambda: [os.remove(os.path.join(self.folder, name)) for name in os.listdir(self.folder)]
		)

	def file(self, *rows: Row, columns: Sequence[str] = (), **dialect: str) -> str:
		"""A CSV file of these rows; returns its path."""
		names = list(columns) or list(dict.fromkeys(name for one in rows for name in one))
		path = os.path.join(self.folder, f"{frappe.generate_hash(length=8)}.csv")
		with open(path, "w", newline="", encoding="utf-8") as file:
			writer = csv.DictWriter(file, names, restval="", **dialect)
			writer.writeheader()
			writer.writerows(rows)
		return path

	def customer(self, credits: int | None = None) -> str:
		"""A customer that other connections see; with an account where ``credits`` are said."""
		name = make.customer()
		if credits is not None:
			make.account(name, credits)
		publish()
		return name

	def bring_in(self, path: str) -> Outcome:
		done = opening.bring_in(path)
		publish()
		return done

	def effects(self, path: str) -> list[tuple[int, str]]:
		"""Line and effect of every row, by a dry run."""
		found: list[tuple[int, str]] = []

		def note(plan: Plan) -> None:
			found.extend((planned.line, planned.effect) for planned, _trouble in plan.by_line())

		opening.check(path, report=note)
		return found

	def troubles(self, path: str) -> list[tuple[int, str, str]]:
		"""Line, column and sentence of everything that is wrong, by a dry run."""
		found: list[tuple[int, str, str]] = []

		def note(plan: Plan) -> None:
			found.extend((one.line, one.column, one.message) for one in plan.troubles(1_000))

		opening.check(path, report=note)
		return found

	def lots(self, customer: str) -> list[frappe._dict]:
		account = frappe.db.get_value("Credit Account", {"customer": customer}, "name")
		return frappe.get_all("Credit Lot", {"account": account}, ["*"], order_by="lot_no") if account else []

	def account_of(self, customer: str) -> str | None:
		return frappe.db.get_value("Credit Account", {"customer": customer}, "name")
