"""``verify`` finds every change made behind the ledger's back, and names the first bad row (promise 5).

Each test spoils the rows by raw SQL inside a transaction that is rolled back, which restores them.
"""

from __future__ import annotations

import frappe

from support_credits.api import incident as incident_api
from support_credits.ledger import grants, jobs, verification
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase

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
ENTRY, LOT, INCIDENT = "Credit Ledger Entry", "Credit Lot", "Support Incident"


class TestVerify(LedgerCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""A busy account: packs, an expiry, an overdraft repaid, parked and released, exempt, voided, adjusted."""
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(portal_policy="Park")
		cls.account = cls.company.account
		pack = factories.pack(credits=4, validity_months=6, price=329)
		cls.lot = grants.grant(
			cls.account, grants.pack_order(pack, factories.unique_code("order"), "Order 1")
		).lot
		factories.expired_credits(cls.account, 2)
		adjusted = factories.grant(cls.account, 5, months=3)
		grants.adjust_lot(adjusted, 2, "Counted wrong", factories.unique_code("adjust"))
		grants.adjust_lot(adjusted, -1, "Counted wrong again", factories.unique_code("adjust"))
		grants.void_lot(factories.grant(cls.account, 3), "Wrong customer")
		tickets = [factories.ticket(cls.company.person).name for _ in range(4)]
		incident_api.exempt(tickets[1], factories.exemption_reason())
		cls.ticket = tickets[0]
		cls.incident = factories.incident_of(cls.ticket).name
		grants.expire_account(cls.account)
		frappe.db.commit()

	def spoil(self, sql: str, *values: object) -> None:
		frappe.db.sql(sql, values)

	def entry(self, seq: int) -> str:
		return f"{self.account}-E{seq:07d}"

	def assert_found(self, row: str, *codes: str, whole: bool = False) -> None:
		"""The first finding is about ``row`` and its code starts with one of ``codes``; all is well again after a rollback."""
		try:
			report = verification.verify(None if whole else self.account)
		finally:
			frappe.db.rollback()
		findings = [found for found in report.findings if not whole or found.row == row]
		self.assertFalse(report.ok, "verify found nothing")
		self.assertTrue(findings, [found.message for found in report.findings])
		self.assertEqual(row, findings[0].row, findings[0].message)
		self.assertTrue(findings[0].code.startswith(codes), findings[0])
		self.assertIn(row, findings[0].message)
		self.assert_proved(self.account)

	def test_a_busy_ledger_is_clean(self) -> None:
		report = verification.verify(self.account)
		self.assertEqual([], report.findings)
		self.assertEqual((1, LAST), (report.accounts, report.entries))

	def test_an_edit_of_any_hashed_column_is_found_in_its_row(self) -> None:
		for column, value in HASHED.items():
			if column in ("account", "seq"):
				continue  # those move the row: tests of their own
			with self.subTest(column):
				self.spoil(f"UPDATE `tab{ENTRY}` SET `{column}` = %s WHERE name = %s", value, self.entry(5))
				self.assert_found(self.entry(5), "edited")

	def test_every_hashed_column_is_covered_here(self) -> None:
		from inspect import signature

		from support_credits.engine.hashing import canonical

		stored = {"posted_at": "posted_at_utc", "effective_at": "effective_at_utc"}
		hashed = {stored.get(name, name) for name in signature(canonical).parameters}
		self.assertEqual({*hashed, "entry_hash"}, set(HASHED))

	def test_a_renamed_entry_is_found(self) -> None:
		self.spoil(f"UPDATE `tab{ENTRY}` SET name = 'CA-X' WHERE name = %s", self.entry(5))
		self.assert_found("CA-X", "renamed")

	def test_a_deleted_entry_is_found_at_the_next_one(self) -> None:
		self.spoil(f"DELETE FROM `tab{ENTRY}` WHERE name = %s", self.entry(5))
		self.assert_found(self.entry(6), "missing")

	def test_a_deleted_first_entry_is_found(self) -> None:
		self.spoil(f"DELETE FROM `tab{ENTRY}` WHERE name = %s", self.entry(1))
		self.assert_found(self.entry(2), "missing")

	def test_a_truncated_tail_is_found_at_the_account(self) -> None:
		self.spoil(f"DELETE FROM `tab{ENTRY}` WHERE account = %s AND seq > 10", self.account)
		self.assert_found(self.account, "truncated")

	def test_an_emptied_account_is_found(self) -> None:
		self.spoil(f"DELETE FROM `tab{ENTRY}` WHERE account = %s", self.account)
		self.assert_found(self.account, "truncated")

	def test_an_inserted_entry_is_found(self) -> None:
		self.copy_entry(self.entry(5), name=self.entry(LAST + 1), seq=LAST + 1, event_key="forged/1")
		self.assert_found(self.entry(LAST + 1), "edited", "unlinked", "extended")

	def test_an_inserted_entry_with_a_right_hash_is_found_at_the_account(self) -> None:
		from dataclasses import replace

		from support_credits.engine.hashing import entry_hash_of
		from support_credits.ledger import queries

		last = list(queries.entries(self.account))[-1]
		forged = replace(
			last, name=self.entry(LAST + 1), seq=LAST + 1, event_key="forged/1", prev_hash=last.entry_hash
		)
		self.copy_entry(
			last.name, name=forged.name, seq=LAST + 1, event_key="forged/1", prev_hash=last.entry_hash,
			entry_hash=entry_hash_of(forged),
		)  # fmt: skip
		self.assert_found(self.account, "extended")

	def copy_entry(self, source: str, **values: object) -> None:
		row = {
			**frappe.db.sql(f"SELECT * FROM `tab{ENTRY}` WHERE name = %s", source, as_dict=True)[0],
			**values,
		}
		columns = ", ".join(f"`{column}`" for column in row)
		marks = ", ".join(["%s"] * len(row))
		self.spoil(f"INSERT INTO `tab{ENTRY}` ({columns}) VALUES ({marks})", *row.values())

	def test_reordered_entries_are_found(self) -> None:
		for seq, new in ((5, 905), (6, 5), (905, 6)):
			self.spoil(
				f"UPDATE `tab{ENTRY}` SET seq = %s WHERE account = %s AND seq = %s", new, self.account, seq
			)
		self.assert_found(self.entry(6), "edited")

	def test_an_entry_moved_to_another_account_is_found_in_both(self) -> None:
		other = factories.account(factories.customer(), credits=1)
		self.spoil(f"UPDATE `tab{ENTRY}` SET account = %s, seq = 2 WHERE name = %s", other, self.entry(LAST))
		self.assertEqual("edited", verification.verify(other).findings[0].code)
		self.assertEqual(self.entry(LAST), verification.verify(other).findings[0].row)
		self.assert_found(self.account, "truncated")

	def test_an_entry_moved_out_of_sight_is_found_as_an_orphan(self) -> None:
		self.spoil(f"UPDATE `tab{ENTRY}` SET account = 'CA-99999' WHERE name = %s", self.entry(LAST))
		self.assert_found(self.entry(LAST), "orphan", whole=True)

	def test_an_edited_lot_is_found(self) -> None:
		edits = {
			"remaining": 40,
			"credits_granted": 40,
			"expires_at_utc": "2099-01-01T00:00:00.000000Z",
			"expires_on": "2099-01-01",
			"granted_at_utc": "2001-01-01T00:00:00.000000Z",
			"price": 1,
			"currency": "INR",
			"pack": "OTHER",
			"source": "Import",
			"voided": 1,
			"overdraft_limit": 5,
		}
		for column, value in edits.items():
			with self.subTest(column):
				self.spoil(f"UPDATE `tab{LOT}` SET `{column}` = %s WHERE name = %s", value, self.lot)
				self.assert_found(self.lot, "lot_")

	def test_a_lot_pointed_at_another_account_is_found(self) -> None:
		self.spoil(f"UPDATE `tab{LOT}` SET moved_to = 'CA-99999-L000001' WHERE name = %s", self.lot)
		self.assert_found(self.account, "open_lots")

	def test_a_voided_lot_made_valid_again_is_found(self) -> None:
		voided = frappe.db.get_value("Credit Lot", {"account": self.account, "voided": 1})
		self.spoil(f"UPDATE `tab{LOT}` SET voided = 0 WHERE name = %s", voided)
		self.assertFalse(verification.verify(self.account).ok)

	def test_a_deleted_lot_is_found(self) -> None:
		self.spoil(f"DELETE FROM `tab{LOT}` WHERE name = %s", self.lot)
		self.assert_found(self.lot, "lot_missing")

	def test_an_invented_lot_is_found(self) -> None:
		row = frappe.db.sql(f"SELECT * FROM `tab{LOT}` WHERE name = %s", self.lot, as_dict=True)[0]
		row |= {"name": f"{self.account}-L000900", "lot_no": 900}
		columns, marks = ", ".join(f"`{column}`" for column in row), ", ".join(["%s"] * len(row))
		self.spoil(f"INSERT INTO `tab{LOT}` ({columns}) VALUES ({marks})", *row.values())
		self.assert_found(row["name"], "lot_sum", "lot_terms", "lot_extra")

	def test_an_edited_index_of_the_account_is_found(self) -> None:
		edits = {
			"open_lots": ("[]", "open_lots"),
			"parked": ('["forged"]', "parked"),
			"overdrawn": ('["forged"]', "overdrawn"),
			"head_hash": ("0" * 64, "other_end"),
			"seq": (LAST - 1, "extended"),
		}
		for column, (value, code) in edits.items():
			with self.subTest(column):
				self.spoil(
					f"UPDATE `tabCredit Account` SET `{column}` = %s WHERE name = %s", value, self.account
				)
				self.assert_found(self.account, code)

	def test_an_edited_incident_is_found(self) -> None:
		edits = {
			"funding": "[]",
			"credits": 0,
			"account": "",
		}
		for column, value in edits.items():
			with self.subTest(column):
				self.spoil(
					f"UPDATE `tab{INCIDENT}` SET `{column}` = %s WHERE name = %s", value, self.incident
				)
				self.assert_found(self.incident, "incident_")

	def test_funding_that_names_another_lot_than_was_charged_is_found(self) -> None:
		funding = frappe.db.get_value(INCIDENT, self.incident, "funding")
		other = frappe.db.get_value(LOT, {"account": self.account, "voided": 1})
		charged = frappe.parse_json(funding)[0][0]
		self.spoil(
			f"UPDATE `tab{INCIDENT}` SET funding = %s WHERE name = %s",
			funding.replace(charged, other),
			self.incident,
		)
		self.assert_found(self.incident, "incident_")

	def test_a_deleted_incident_is_found(self) -> None:
		self.spoil(f"DELETE FROM `tab{INCIDENT}` WHERE name = %s", self.incident)
		self.assert_found(self.incident, "incident_missing")

	def test_a_ticket_deleted_by_hand_is_found(self) -> None:
		self.spoil("DELETE FROM `tabHD Ticket` WHERE name = %s", self.ticket)
		self.assert_found(self.incident, "no_ticket", whole=True)

	def test_a_ticket_inserted_by_hand_has_no_decision_and_is_found(self) -> None:
		self.spoil(
			"""INSERT INTO `tabHD Ticket` (name, subject, customer, `key`, creation, modified, owner)
			VALUES ('990001', 'by hand', %s, %s, %s, %s, 'Administrator')""",
			self.company.name, frappe.generate_hash(), frappe.utils.now(), frappe.utils.now(),
		)  # fmt: skip
		self.assert_found("990001", "no_decision", whole=True)

	def test_a_mark_that_differs_from_the_incident_is_found(self) -> None:
		self.spoil("UPDATE `tabHD Ticket` SET sc_state = 'Exempt' WHERE name = %s", self.ticket)
		self.assert_found(self.ticket, "ticket_state", whole=True)

	def test_progress_is_reported_and_an_unknown_account_is_named(self) -> None:
		self.assertEqual(["no_account"], [found.code for found in verification.verify("CA-99999").findings])

	def test_booking_an_expiry_twice_changes_nothing(self) -> None:
		before = self.entries(self.account, "name")
		jobs.expire_lots()
		self.assertEqual(before, self.entries(self.account, "name"))
