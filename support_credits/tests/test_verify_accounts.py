"""``verify`` names the account whose row was edited, deleted or exchanged behind the ledger's back."""

from __future__ import annotations

from unittest.mock import patch

import frappe

from support_credits.ledger import account_proof, findings
from support_credits.tests import factories
from support_credits.tests.ledger_case import row_of
from support_credits.tests.verify_case import ACCOUNT, ENTRY, INCIDENT, TamperCase

# What managers set on the form: no entry is about these, so any value may be right.
SETTINGS = {
	*("tier", "portal_policy", "mail_policy", "agent_policy", "overdraft_limit", "counts_from"),
	*("topup_pack", "topup_at", "notices_off", "notice_kinds_off"),
}
# How far jobs have come: no credits hang on it.
PROGRESS = {"proved_at_utc", "noticed_seq", "noticed_balance"}


class TestVerifyAccounts(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""Three open lots, an overdraft, two incidents overdrawn and two parked."""
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(portal_policy="Overdraw", overdraft_limit=2)
		cls.account = cls.company.account
		for _ in range(2):
			factories.ticket(cls.company.person)
		cls.park(2)
		frappe.db.commit()

	@classmethod
	def park(cls, tickets: int) -> None:
		frappe.get_doc(ACCOUNT, cls.account).update({"portal_policy": "Park"}).save()
		for _ in range(tickets):
			factories.ticket(cls.company.person)

	def listed(self, column: str) -> list:
		return frappe.parse_json(row_of(ACCOUNT, self.account)[column])

	def set_list(self, column: str, values: list) -> None:
		self.edit(ACCOUNT, self.account, **{column: frappe.as_json(values, indent=None)})

	def test_the_account_is_clean(self) -> None:
		self.assertEqual([], self.findings())
		counts = [len(self.listed(column)) for column in ("open_lots", "overdrawn", "parked")]
		self.assertEqual([1, 2, 2], counts)

	def test_an_edit_of_any_column_of_the_ledger_is_found(self) -> None:
		other = factories.customer()
		frappe.db.commit()
		edits = {
			"seq": (1, "extended"),
			"head_hash": ("0" * 64, "other_end"),
			"lot_count": (7, "lot_count"),
			"open_lots": ("[]", "open_lots"),
			"overdrawn": ("[]", "overdrawn"),
			"parked": ("[]", "parked"),
			"merged_into": ("CA-99999", "merged_into"),
			"customer": (None, "account_customer"),
		}
		for column, (value, code) in edits.items():
			self.assert_edits(ACCOUNT, self.account, {column: value}, code)
		self.assert_edits(ACCOUNT, self.account, {"seq": 900}, "truncated")
		self.assert_edits(ACCOUNT, self.account, {"customer": "Nobody & Sons"}, "account_customer")
		first = min(self.listed("parked") + self.listed("overdrawn"))
		self.assert_edits(ACCOUNT, self.account, {"customer": other}, "incident_customer", first)

	def test_every_column_of_an_account_is_covered_here(self) -> None:
		tested = {
			"seq",
			"head_hash",
			"lot_count",
			"open_lots",
			"overdrawn",
			"parked",
			"merged_into",
			"customer",
			*("subscription", "subscribed_tier", "subscribed_until"),  # test_verify_subscriptions
		}
		stored = {
			field.fieldname for field in frappe.get_meta(ACCOUNT).fields
			if not field.fieldtype.endswith("Break") and not field.get("is_virtual")
		}  # fmt: skip
		self.assertEqual(tested, stored - SETTINGS - PROGRESS)

	def test_lists_no_ledger_writes_are_found_and_stop_nothing(self) -> None:
		for value in (
			"",
			"{",
			"{}",
			"null",
			"[null]",
			'["1"]',
			"[1.0]",
			"[true]",
			"[[1]]",
			"[99]",
			"[-1]",
			"[1,1]",
		):
			self.assert_edits(ACCOUNT, self.account, {"open_lots": value}, "open_lots")
		for column in ("overdrawn", "parked"):
			one = self.listed(column)[0]
			for value in ("", "{", "[]", "[1]", "[null]", f'["{one}","{one}"]', f'["{one}","forged"]'):
				self.assert_edits(ACCOUNT, self.account, {column: value}, column)

	def test_a_queue_with_somebody_elses_incident_is_found(self) -> None:
		parked, overdrawn = self.listed("parked"), self.listed("overdrawn")
		self.set_list("parked", [parked[0], overdrawn[0]])
		self.assert_found("parked", self.account)
		self.set_list("overdrawn", [*overdrawn, parked[0]])
		self.assert_found("overdrawn", self.account)

	def test_lots_out_of_the_published_order_are_found(self) -> None:
		company = factories.company()
		lots = [factories.grant(company.account, 1, months=months) for months in (3, 1, 2)]
		numbers = [int(lot[-6:]) for lot in lots]
		frappe.db.commit()
		ordered = [numbers[1], numbers[2], numbers[0]]
		self.assertEqual(ordered, frappe.parse_json(row_of(ACCOUNT, company.account)["open_lots"]))
		for window in (1_000, 1, 2):
			for wrong in ([ordered[0], *ordered], ordered[:2], ordered[::-1], [*ordered[1:], ordered[0]]):
				with self.subTest(window=window, wrong=wrong), patch.object(account_proof, "WINDOW", window):
					self.edit(ACCOUNT, company.account, open_lots=str(wrong))
					self.assert_found("open_lots", company.account, company.account)

	def test_customers_exchanged_between_two_accounts_are_found_at_both(self) -> None:
		other = factories.company(credits=1)
		factories.ticket(other.person)
		frappe.db.commit()
		self.swap(ACCOUNT, self.account, other.account, "customer")
		incident = frappe.db.get_value(INCIDENT, {"account": other.account})
		self.assertEqual([("incident_customer", incident)], self.findings(other.account))
		first = min(self.listed("parked") + self.listed("overdrawn"))
		self.assert_found("incident_customer", first)

	def test_a_deleted_account_leaves_orphans_that_are_found(self) -> None:
		self.delete(ACCOUNT, self.account)
		found = set(self.site_findings())
		first = min(frappe.get_all(INCIDENT, filters={"account": self.account}, pluck="name"))
		expected = {("orphan", self.entry(1)), ("orphan", self.lot(1)), ("orphan", first)}
		self.assertTrue(expected <= found, found)

	def test_a_renamed_account_is_found(self) -> None:
		self.edit(ACCOUNT, self.account, name="CA-X")
		self.assertEqual([("truncated", "CA-X")], self.findings("CA-X"))
		self.assert_found_on_site("truncated", "CA-X")

	def test_an_invented_account_with_somebodys_entries_is_found(self) -> None:
		customer = factories.customer()
		self.insert(ACCOUNT, self.account, name="CA-X", customer=customer)
		frappe.db.sql(f"UPDATE `tab{ENTRY}` SET account = 'CA-X' WHERE account = %s", self.account)
		self.assertEqual([("foreign", self.entry(1))], self.findings("CA-X"))
		self.assert_found("truncated", self.account)

	def test_windows_smaller_than_the_queues_find_the_same(self) -> None:
		with patch.object(findings, "WINDOW", 1):
			self.assertEqual([], self.findings())
			self.set_list("parked", self.listed("parked")[:1])
			self.assert_found("parked", self.account)
