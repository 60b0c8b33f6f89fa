"""Somebody who knows the code recomputes every hash: what the rules still find, and what only noted heads can."""

from __future__ import annotations

import os
from dataclasses import replace

import frappe

from support_credits.engine.model import Kind
from support_credits.ledger import verification
from support_credits.ledger.heads import NotedHead, read_heads
from support_credits.tests import factories
from support_credits.tests.verify_case import ACCOUNT, ENTRY, INCIDENT, LOT, TICKET, TamperCase

GRANT, CHARGE, REFUND, AGAIN = 1, 2, 3, 4  # numbers of the entries


class TestVerifyRewritten(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""Five credits granted, one charged, given back and charged again; the head was noted."""
		from support_credits.api import incident as incident_api

		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(credits=5)
		cls.account = cls.company.account
		cls.ticket = factories.ticket(cls.company.person).name
		incident_api.exempt(cls.ticket, factories.exemption_reason())
		incident_api.unexempt(cls.ticket)
		cls.incident = factories.incident_of(cls.ticket).name
		frappe.db.commit()
		cls.noted = tuple(verification.verify(cls.account, heads=True).heads)

	def test_a_chain_written_anew_as_it_was_is_clean(self) -> None:
		self.rechain(self.chain())
		self.assertEqual([], self.findings(kept=self.noted))

	def test_an_entry_hashed_anew_is_found_at_the_next_link(self) -> None:
		from support_credits.engine.hashing import entry_hash_of

		for seq, code, row in ((GRANT, "unlinked", self.entry(CHARGE)), (AGAIN, "other_end", self.account)):
			with self.subTest(seq):
				forged = replace(self.chain()[seq - 1], reason="forged")
				self.edit(ENTRY, self.entry(seq), reason="forged", entry_hash=entry_hash_of(forged))
				self.assert_found(code, row)

	def test_an_entry_added_at_the_end_with_right_hashes_is_found_at_the_account(self) -> None:
		self.rechain([*self.chain(), replace(self.chain()[0], event_key="forged/1")], head=False)
		self.assert_found("extended", self.account)

	def test_entries_that_no_rule_posts_are_named(self) -> None:
		forgeries = {
			"entry_kind": [(GRANT, {"kind": "Gift"}), (CHARGE, {"kind": Kind.EXPIRY.value, "incident": "", "credits": 1})],
			"entry_incident": [(CHARGE, {"incident": ""}), (CHARGE, {"incident": "A B"}), (GRANT, {"incident": "x"})],
			"entry_lot": [(CHARGE, {"lot": "CA-99999-L000001"}), (CHARGE, {"lot": self.lot(2)}), (GRANT, {"lot": self.lot(2)}), (CHARGE, {"lot": self.lot(1).lower()}), (CHARGE, {"lot": f"{self.account}-L1"})],
			"entry_bounds": [(CHARGE, {"credits": -6}), (REFUND, {"credits": 2})],
			"entry_terms": [(GRANT, {"detail": ""}), (GRANT, {"detail": "[" * 5_000})],
		}  # fmt: skip
		for code, cases in forgeries.items():
			for seq, fields in cases:
				with self.subTest(code=code, fields=str(fields)[:80]):
					self.rewrite(seq, **fields)
					self.assert_found(code, self.entry(seq))

	def test_a_second_grant_of_a_lot_is_named(self) -> None:
		self.rechain([*self.chain(), replace(self.chain()[0], event_key="forged/1")])
		self.assert_found("entry_lot", self.entry(AGAIN + 1))

	def test_charges_taken_out_of_the_chain_are_found_in_the_other_tables_one_by_one(self) -> None:
		"""Every table that is put right as well moves the finding to the next; after the last only the noted head tells."""
		entries = self.chain()[:GRANT]

		def chain() -> None:
			self.rechain(entries)

		def lot() -> None:
			self.edit(LOT, self.lot(1), remaining=5)

		def incident() -> None:
			self.edit(INCIDENT, self.incident, credits=0, funding="[]", state="Exempt")

		def ticket() -> None:
			self.edit(TICKET, self.ticket, sc_credits=0, sc_state="Exempt")

		found = []
		for count in range(1, 5):
			for step in (chain, lot, incident, ticket)[:count]:
				step()
			found.append(next(iter(self.findings()), None))
			kept = self.findings(kept=self.noted)
			frappe.db.rollback()
			self.assertIn(("head_missing", self.entry(AGAIN)), kept)
		self.assertEqual(
			[("lot_sum", self.lot(1)), ("incident_sum", self.incident), ("ticket_state", self.ticket), None],
			found,
		)

	def test_an_edit_anywhere_below_a_noted_head_changes_it(self) -> None:
		for seq in (GRANT, CHARGE, REFUND, AGAIN):
			with self.subTest(seq):
				self.rewrite(seq, actor="forged@example.com")
				self.assertEqual([], self.findings())
				self.assertEqual([("head_changed", self.entry(AGAIN))], self.findings(kept=self.noted))
				frappe.db.rollback()

	def test_two_entries_exchanged_with_right_hashes_change_a_noted_head(self) -> None:
		first, *rest = self.chain()
		entries = [first, replace(rest[0], actor=rest[2].actor), rest[1], rest[2]]
		entries[1], entries[3] = replace(entries[3], event_key="spare/1"), entries[1]
		self.rechain([*entries[:3], replace(entries[3], event_key=self.chain()[3].event_key)])
		self.assertEqual(
			[("head_changed", self.entry(AGAIN))],
			[one for one in self.findings(kept=self.noted) if one[0] == "head_changed"],
		)

	def test_an_account_deleted_with_all_its_rows_is_missed_by_a_noted_head_alone(self) -> None:
		for doctype in (ENTRY, LOT, INCIDENT):
			frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE account = %s", self.account)
		self.delete(ACCOUNT, self.account)
		self.delete(TICKET, self.ticket)
		report = verification.verify(kept=self.noted)
		frappe.db.rollback()
		about = [one.code for one in report.findings if one.row.startswith(self.account)]
		self.assertEqual(["head_missing"], about)

	def test_what_was_posted_since_does_not_disturb_a_noted_head(self) -> None:
		factories.grant(self.account, 1)
		self.assertEqual([], self.findings(kept=self.noted))

	def test_heads_are_read_from_text_and_json_and_nothing_else(self) -> None:
		head = NotedHead("CA-00001", 7, "a" * 64, "Harbour Logistics")
		path = frappe.get_site_path("private", "files", "heads.txt")
		self.addCleanup(os.remove, path)
		texts = {
			f"CA-1: a finding\n{head.as_line()}\n1 accounts": [replace(head, customer="")],
			frappe.as_json({"ok": True, "heads": [head.__dict__]}): [head],
		}
		for text, heads in texts.items():
			with open(path, "w", encoding="utf-8") as file:
				file.write(text)
			self.assertEqual(heads, read_heads(path))
		for text in ("", "head CA-1", "{}", '{"heads": [{}]}', '{"heads": []}'):
			with open(path, "w", encoding="utf-8") as file:
				file.write(text)
			with self.subTest(text), self.assertRaises(frappe.ValidationError) as refused:
				read_heads(path)
			self.assert_says(refused.exception, "notes no heads")
