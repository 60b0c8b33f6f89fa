"""``verify`` names the first entry that was edited, deleted, inserted, reordered or moved behind the ledger's back.

Each test spoils rows by raw SQL inside a transaction that is rolled back, which restores them (promise 5). The other
tables have suites of their own: ``test_verify_lots``, ``_accounts``, ``_incidents``, ``_tickets`` and ``_rewritten``.
"""

from __future__ import annotations

from unittest.mock import patch

import frappe

from support_credits.api import incident as incident_api
from support_credits.ledger import grants, jobs, queries, verification
from support_credits.tests import factories
from support_credits.tests.verify_case import ACCOUNT, ENTRY, TamperCase

# Every hashed column of an entry with another value than any entry has.
HASHED = {
	"account": "CA-99999",
	"seq": 900,
	"lot": "CA-99999-L000001",
	"kind": "Void",
	"credits": 77,
	"incident": "forged",
	"reverses": "CA-99999-E0000001",
	"reason": "forged",
	"detail": '{"forged":1}',
	"event_key": "forged/1",
	"actor": "forged@example.com",
	"posted_at_utc": "2001-01-01T00:00:00.000000Z",
	"effective_at_utc": "2001-01-01T00:00:00.000000Z",
	"prev_hash": "f" * 64,
	"entry_hash": "f" * 64,
}
LAST = 13  # entries of the busy account
SOME = {"first": 1, "middle": 5, "last": LAST}


class TestVerify(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""A busy account: packs, an expiry, an overdraft repaid, parked and released, exempt, voided, adjusted."""
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(portal_policy="Park")
		cls.account = cls.company.account
		pack = factories.pack(credits=4, validity_months=6, price=329)
		grants.grant(cls.account, grants.pack_order(pack, factories.unique_code("order"), "Order 1"))
		factories.expired_credits(cls.account, 2)
		adjusted = factories.grant(cls.account, 5, months=3)
		grants.adjust_lot(adjusted, 2, "Counted wrong", factories.unique_code("adjust"))
		grants.adjust_lot(adjusted, -1, "Counted wrong again", factories.unique_code("adjust"))
		grants.void_lot(factories.grant(cls.account, 3), "Wrong customer")
		tickets = [factories.ticket(cls.company.person).name for _ in range(4)]
		incident_api.exempt(tickets[1], factories.exemption_reason())
		grants.expire_account(cls.account)
		frappe.db.commit()

	def test_a_busy_ledger_is_clean(self) -> None:
		report = verification.verify(self.account)
		self.assertEqual(([], False), (report.findings, report.cut))
		self.assertEqual((1, LAST), (report.accounts, report.entries))

	def test_an_edit_of_any_hashed_column_of_any_row_is_found_in_its_row(self) -> None:
		edits = {column: value for column, value in HASHED.items() if column not in ("account", "seq")}
		for seq in SOME.values():
			self.assert_edits(ENTRY, self.entry(seq), edits, "edited")

	def test_every_hashed_column_is_covered_here(self) -> None:
		from inspect import signature

		from support_credits.engine.hashing import canonical

		stored = {"posted_at": "posted_at_utc", "effective_at": "effective_at_utc"}
		hashed = {stored.get(name, name) for name in signature(canonical).parameters}
		self.assertEqual({*hashed, "entry_hash"}, set(HASHED))

	def test_an_edit_that_the_database_takes_for_no_change_is_found(self) -> None:
		"""Its comparisons know neither upper case nor spaces at the end nor characters without width."""
		for value in (self.account.lower(), f"{self.account} ", f"{self.account}\u200b"):
			with self.subTest(value):
				self.edit(ENTRY, self.entry(5), account=value)
				self.assert_found("foreign", self.entry(5))
		self.edit(ENTRY, self.entry(5), lot=self.lot(1).lower())
		self.assert_found("edited", self.entry(5))

	def test_a_text_that_was_emptied_or_made_null_is_found(self) -> None:
		for value in (None, ""):
			self.assert_edits(
				ENTRY, self.entry(1), {"reason": value, "detail": value, "entry_hash": value}, "edited"
			)

	def test_separators_of_the_packed_form_hide_nothing(self) -> None:
		for value in ("\x1f", "\x1e", "Order 1\x1f{}", "x" * 60_000):
			with self.subTest(value[:10]):
				self.edit(ENTRY, self.entry(5), reason=value)
				self.assert_found("edited", self.entry(5))

	def test_a_renamed_entry_is_found(self) -> None:
		for seq in SOME.values():
			self.assert_edits(ENTRY, self.entry(seq), {"name": "CA-X"}, "renamed")

	def test_two_entries_that_took_each_others_name_are_found(self) -> None:
		self.swap(ENTRY, self.entry(5), self.entry(6), "name")
		self.assert_found("renamed", self.entry(6))

	def test_another_day_than_the_one_it_was_posted_on_is_found(self) -> None:
		self.assert_edits(ENTRY, self.entry(5), {"posted_on": "2001-01-01"}, "entry_day")
		self.assert_edits(ENTRY, self.entry(5), {"posted_on": None}, "entry_day")

	def test_a_deleted_entry_is_found_at_the_next_one(self) -> None:
		for seq in (1, 5, LAST - 1):
			with self.subTest(seq):
				self.delete(ENTRY, self.entry(seq))
				self.assert_found("missing", self.entry(seq + 1))

	def test_a_deleted_end_is_found_at_the_account(self) -> None:
		for kept in (0, 10, LAST - 1):
			with self.subTest(kept):
				frappe.db.sql(
					f"DELETE FROM `tab{ENTRY}` WHERE account = %s AND seq > %s", (self.account, kept)
				)
				self.assert_found("truncated", self.account)

	def test_a_copied_entry_is_found_whatever_its_number(self) -> None:
		for seq in (LAST + 1, 0, -5, -(2**31), 2**31 - 1):
			with self.subTest(seq):
				self.insert(ENTRY, self.entry(5), name="CA-X", seq=seq, event_key="forged/1")
				self.assert_found("edited", "CA-X")

	def test_an_entry_added_under_another_spelling_of_the_account_is_found(self) -> None:
		for account in (self.account.lower(), f"{self.account} "):
			with self.subTest(account):
				self.insert(
					ENTRY, self.entry(5), name="CA-X", account=account, seq=LAST + 1, event_key="forged/1"
				)
				self.assert_found("edited", "CA-X")

	def test_two_entries_that_changed_places_are_found_at_the_first(self) -> None:
		for one, other in ((1, 2), (5, 9), (LAST - 1, LAST)):
			with self.subTest(one):
				self.swap(ENTRY, self.entry(one), self.entry(other), "seq")
				self.assert_found("reordered", self.entry(other))

	def test_an_entry_moved_to_another_account_is_found_in_both(self) -> None:
		other = factories.account(factories.customer(), credits=1)
		frappe.db.commit()
		for seq, code, row in ((5, "missing", self.entry(6)), (LAST, "truncated", self.account)):
			with self.subTest(seq):
				self.edit(ENTRY, self.entry(seq), account=other, seq=2)
				self.assertEqual([("foreign", self.entry(seq))], self.findings(other))
				self.assert_found(code, row)

	def test_a_whole_chain_moved_to_another_account_is_found_in_both(self) -> None:
		other = factories.account(factories.customer())
		frappe.db.commit()
		frappe.db.sql(f"UPDATE `tab{ENTRY}` SET account = %s WHERE account = %s", (other, self.account))
		self.assertEqual([("foreign", self.entry(1))], self.findings(other))
		self.assert_found("truncated", self.account)

	def test_entries_moved_out_of_sight_are_found_as_orphans(self) -> None:
		for value in ("CA-99999", "", None):
			with self.subTest(value):
				self.edit(ENTRY, self.entry(LAST), account=value)
				self.edit(ACCOUNT, self.account, seq=LAST - 1, head_hash=self.chain()[-1].entry_hash)
				found = self.site_findings()
				frappe.db.rollback()
				self.assertIn(("orphan", self.entry(LAST)), found)

	def test_small_pages_and_packs_find_the_same(self) -> None:
		with (
			patch.object(queries, "PAGE", 4),
			patch.object(queries, "PACKED_PAGE", queries.PACKED_PAGE.replace("DIV 200", "DIV 2")),
		):
			self.assertEqual(LAST, verification.verify(self.account).entries)
			self.delete(ENTRY, *(self.entry(seq) for seq in range(3, LAST)))
			self.assert_found("missing", self.entry(LAST))

	def test_a_server_that_packs_less_than_it_should_changes_nothing(self) -> None:
		frappe.db.sql("SET SESSION group_concat_max_len = 1024")
		try:
			self.assertEqual([], self.findings())
			self.edit(ENTRY, self.entry(5), credits=77)
			self.assert_found("edited", self.entry(5))
		finally:
			frappe.db.sql("SET SESSION group_concat_max_len = DEFAULT")

	def test_an_unknown_account_is_named(self) -> None:
		self.assertEqual([("no_account", "CA-99999")], self.findings("CA-99999"))

	def test_booking_an_expiry_twice_changes_nothing(self) -> None:
		before = self.entries(self.account, "name")
		jobs.expire_lots()
		self.assertEqual(before, self.entries(self.account, "name"))
