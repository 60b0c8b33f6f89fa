"""A file of opening balances with an error in it is refused whole, and every error is told with its line."""

from __future__ import annotations

from itertools import count

import frappe

from support_credits.exceptions import ImportRefused
from support_credits.ledger import opening, queries
from support_credits.ledger.jobs import expire_lots
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.ledger_case import rows_of
from support_credits.tests.opening_case import OpeningCase, day, row


class TestRefusals(OpeningCase):
	def refused(self, path: str, *said: str) -> None:
		"""The import is refused with these words, and nothing of the file is in the ledger."""
		tables = ("Credit Account", "Credit Lot", "Credit Ledger Entry", "HD Customer", "Contact")
		before = {table: frappe.db.count(table) for table in tables}
		with self.assertRaises(ImportRefused) as caught:
			opening.bring_in(path)
		frappe.db.rollback()
		self.assert_says(caught.exception, *said)
		self.assertEqual(before, {table: frappe.db.count(table) for table in tables})

	def test_an_unknown_customer_is_named_with_his_line_and_nothing_of_the_file_is_kept(self) -> None:
		customer = self.customer()
		path = self.file(row(customer), row("Nobody Anywhere"), row(person="no address"))
		self.refused(
			path, "Line 3", "customer: customer Nobody Anywhere does not exist. Create the HD Customer first."
		)
		self.assertEqual(
			[(3, "customer"), (4, "person")], [(line, column) for line, column, _text in self.troubles(path)]
		)
		self.assertEqual([], self.lots(customer))

	def test_a_person_of_two_customers_is_not_guessed(self) -> None:
		member = make.portal_user()
		names = [make.customer(member), make.customer(member)]
		publish()
		self.refused(self.file(row(person=member.email)), "Line 2", "Say which customer", *names)

	def test_a_wrong_currency_and_a_wrong_amount_are_named_with_their_lines(self) -> None:
		customer, pack = self.customer(), make.pack(credits=4)
		publish()
		path = self.file(
			row(customer, price="10", currency="XQX"),
			row(customer, pack=pack, price="10", currency="EUR"),
			row(customer, price="ten", currency="EUR"),
			row(customer, credits="1e3"),
			row(customer, pack="NO-SUCH"),
		)
		self.assertEqual(
			[
				(2, "currency", "currency XQX is not known on this site"),
				(
					3,
					"currency",
					f"pack {pack} is sold in USD, not in EUR. Leave the pack out if this is what was paid.",
				),
				(4, "price", "ten is not an amount. Write it as 329.00."),
				(5, "credits", "this must be a whole number from 1 to 1000000: 1e3"),
				(6, "pack", "Credit Pack NO-SUCH does not exist"),
			],
			self.troubles(path),
		)
		self.refused(path, "Line 2", "XQX")

	def test_what_is_over_is_refused_unless_its_row_says_skip_or_keep(self) -> None:
		customer = self.customer()
		over = row(customer, 2, granted_on=day(-40), expires_on=day(-1))
		self.refused(
			self.file(over), "Line 2", "expires_on: already over on", "skip or keep in the column if_expired"
		)
		path = self.file({**over, "if_expired": "skip"}, {**over, "if_expired": "Keep"}, row(customer, 1))
		self.assertEqual([(2, "left out"), (3, "grant"), (4, "grant")], self.effects(path))
		self.bring_in(path)
		self.assertEqual(1, queries.balance(self.account_of(customer)))
		expire_lots()
		publish()
		self.assertIn(("Expiry", -2), self.entries(self.account_of(customer)))
		self.assert_proved(self.account_of(customer))

	def test_a_header_or_a_file_that_cannot_be_read_is_refused_at_its_line(self) -> None:
		customer = self.customer()
		self.refused(self.file(row(customer, colour="red")), "Line 1", "colour: there is no such column")
		path = self.file(columns=["customer"])
		open(path, "w").close()
		self.refused(path, "Line 1", "the file is empty")
		with open(path, "wb") as file:
			file.write("customer,credits\n".encode("utf-16"))
		self.refused(path, "Line 1", "Save it as CSV in UTF-8")
		with open(path, "wb") as file:
			file.write(b"customer,credits,granted_on\nCaf\xe9,1,2025-01-01\n")
		self.refused(path, "Line 2", "customer", "the byte 0xE9 is not UTF-8")

	def test_names_that_look_like_formulas_or_html_stay_text(self) -> None:
		path = self.file(row('=HYPERLINK("http://x")'), row("<img src=x onerror=alert(1)>"))
		with self.assertRaises(ImportRefused) as caught:
			opening.bring_in(path)
		self.assertNotIn("<img", str(caught.exception))
		self.assertIn("=HYPERLINK", self.troubles(path)[0][2])

	def test_a_file_that_was_changed_after_its_dry_run_is_refused(self) -> None:
		customer = self.customer()
		path = self.file(row(customer))
		digest = opening.check(path).digest
		with open(path, "a", encoding="utf-8") as file:
			file.write(f"{customer},9,{day(-1)},{day(9)}\n")
		with self.assertRaises(ImportRefused) as caught:
			opening.bring_in(path, digest=digest)
		self.assert_says(caught.exception, "not the one that was checked")
		self.assertEqual([], self.lots(customer))

	def test_an_error_after_the_first_accounts_undoes_them_too(self) -> None:
		customers = [self.customer(credits=1), self.customer()]
		before = rows_of(self.account_of(customers[0]))
		path = self.file(*(row(name, number) for name in customers for number in (1, 2)))
		steps = count()

		def stop(_account: str, what: str, _done: int, _total: int) -> None:
			if what == "rows granted" and next(steps) == 0:
				raise RuntimeError("the machine is switched off")

		with self.assertRaises(RuntimeError):
			opening.bring_in(path, stop)
		frappe.db.rollback()
		self.assertEqual(before, rows_of(self.account_of(customers[0])))
		self.assertIsNone(self.account_of(customers[1]))
