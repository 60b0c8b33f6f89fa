"""Opening balances in the ledger: original dates, all or nothing, each row once."""

from __future__ import annotations

import os

import frappe

from support_credits.engine.model import parse_stamp
from support_credits.ledger import accounts, opening, queries
from support_credits.ledger import settings as site
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.ledger_case import rows_of
from support_credits.tests.opening_case import OpeningCase, day, reference, row

FIXTURE = os.path.join("..", "apps", "support_credits", "fixtures", "opening-balances.csv")


class TestBringingIn(OpeningCase):
	def test_a_row_becomes_a_lot_with_its_original_days_price_and_reason(self) -> None:
		customer, number = self.customer(), reference()
		terms = {"price": "329.00", "currency": "USD", "reference": number, "reason": "Two left of four"}
		done = self.bring_in(self.file(row(customer, 2, **terms)))
		self.assertEqual(
			(1, 2, 1, True), (done.counts.grants, done.counts.credits, done.counts.new_accounts, done.ok)
		)
		[lot] = self.lots(customer)
		self.assertEqual(
			(2, 2, "Import", 329, "USD", f"Two left of four ({number})", day(40)),
			(
				lot.credits_granted,
				lot.remaining,
				lot.source,
				lot.price,
				lot.currency,
				lot.reason,
				str(lot.expires_on),
			),
		)
		granted = parse_stamp(lot.granted_at_utc).astimezone(site.provider_zone())
		self.assertEqual((day(-40), "00:00"), (granted.date().isoformat(), granted.strftime("%H:%M")))
		self.assertEqual(2, queries.balance(lot.account))

	def test_the_statement_shows_the_original_day_and_verify_holds_whatever_the_order_of_the_dates(
		self,
	) -> None:
		customer = self.customer(credits=1)
		days = (-3, -400, -40)
		self.bring_in(
			self.file(*(row(customer, 2, granted_on=day(ago), expires_on=day(9 - ago)) for ago in days))
		)
		account = self.account_of(customer)
		self.assert_proved(account)
		said = queries.statement(account)
		zone = site.provider_zone()
		self.assertEqual(
			[day(-400), day(-40), day(-3)],
			[line.at.astimezone(zone).date().isoformat() for line in said.lines][:3],
		)
		self.assertEqual([2, 4, 6, 7], [line.balance for line in said.lines])

	def test_a_pack_brings_its_credits_and_validity_and_not_its_price_of_today(self) -> None:
		customer, pack = self.customer(), make.pack(credits=4, validity_months=6, price=99)
		publish()
		self.bring_in(self.file({"customer": customer, "granted_on": day(-3), "pack": pack.upper()}))
		[lot] = self.lots(customer)
		self.assertEqual((4, pack, 0, None), (lot.credits_granted, lot.pack, lot.price, lot.currency))

	def test_a_person_gets_the_credits_of_his_company_or_becomes_a_customer_of_his_own(self) -> None:
		member, stranger = make.portal_user(), f"{make.unique_code('new')}@example.com"
		customer = make.customer(member)
		publish()
		rows = [row(person=member.email.upper()), row(person=stranger), row(person=stranger, credits=3)]
		done = self.bring_in(self.file(*rows))
		self.assertEqual((3, 2), (done.counts.grants, done.counts.new_accounts))
		self.assertEqual([2], [lot.remaining for lot in self.lots(customer)])
		own = accounts.find_customer_for_person(stranger)
		self.assertEqual([2, 3], [lot.remaining for lot in self.lots(own)])
		self.assertEqual("Individual", frappe.db.get_value("HD Customer", own, "customer_type"))

	def test_tickets_that_wait_go_on_once_all_rows_of_their_account_are_in(self) -> None:
		company = make.company(0, portal_policy="Park")
		waiting = [make.ticket(company.person).name for _number in range(3)]
		publish()
		self.bring_in(self.file(row(company.name, 1), row(company.name, 1, granted_on=day(-2))))
		self.assertEqual(
			["Charged", "Charged", "Parked"], [make.incident_of(ticket).state for ticket in waiting]
		)
		self.assertEqual(
			[("Grant", 1), ("Grant", 1), ("Charge", -1), ("Charge", -1)], self.entries(company.account)
		)
		self.assert_proved(company.account)

	def test_the_example_in_the_docs_can_be_imported(self) -> None:
		for name in ("Harbour Logistics", "Müller & Söhne"):
			if not frappe.db.exists("HD Customer", name):
				frappe.get_doc({"doctype": "HD Customer", "customer_name": name}).insert()
		publish()
		self.assertEqual([], self.troubles(FIXTURE))
		self.bring_in(FIXTURE)  # a second run of the suite finds it granted
		self.assertEqual(
			[(2, "before"), (3, "before"), (4, "before"), (5, "before"), (7, "before")],
			[(line, "before" if effect == "left out" else effect) for line, effect in self.effects(FIXTURE)],
		)
		self.assertEqual([2, 4], [lot.credits_granted for lot in self.lots("Harbour Logistics")][:2])


class TestOnce(OpeningCase):
	def test_the_same_file_twice_changes_nothing_also_renamed_and_in_another_order(self) -> None:
		first, second = self.customer(), self.customer(credits=1)
		rows = [
			row(first),
			row(first),
			row(second, 3, reference=reference()),
			row(second, 4, granted_on=day(-9)),
		]
		self.assertEqual(4, self.bring_in(self.file(*rows)).counts.grants)
		before = [rows_of(self.account_of(customer)) for customer in (first, second)]
		for again in (rows, rows[::-1]):
			done = self.bring_in(self.file(*again, delimiter=";", lineterminator="\r\n"))
			self.assertEqual((0, 4, 0), (done.counts.grants, done.counts.before, done.counts.credits))
			self.assertEqual(before, [rows_of(self.account_of(customer)) for customer in (first, second)])

	def test_two_equal_rows_in_a_file_are_two_grants_and_a_third_one_is_new(self) -> None:
		customer = self.customer()
		self.bring_in(self.file(row(customer), row(customer)))
		self.assertEqual(2, len(self.lots(customer)))
		done = self.bring_in(self.file(row(customer), row(customer), row(customer)))
		self.assertEqual((1, 2), (done.counts.grants, done.counts.before))
		self.assertEqual(3, len(self.lots(customer)))

	def test_a_file_that_overlaps_brings_only_what_is_new(self) -> None:
		customer = self.customer()
		self.bring_in(self.file(row(customer, 1), row(customer, 2)))
		path = self.file(row(customer, 2), row(customer, 3), row(customer, 1))
		self.assertEqual([(2, "before"), (3, "grant"), (4, "before")], self.effects(path))
		self.bring_in(path)
		self.assertEqual([1, 2, 3], [lot.credits_granted for lot in self.lots(customer)])

	def test_remarks_and_prices_that_were_added_later_do_not_make_a_row_another_one(self) -> None:
		customer = self.customer()
		self.bring_in(self.file(row(customer)))
		more = {"reason": "From the old books", "price": "10.00", "currency": "USD"}
		self.assertEqual([(2, "before")], self.effects(self.file(row(customer, **more))))

	def test_a_reference_with_other_values_than_before_is_refused_with_the_lot(self) -> None:
		customer, number = self.customer(), reference()
		self.bring_in(self.file(row(customer, 2, reference=number)))
		[lot] = self.lots(customer)
		for changed in (row(customer, 3), row(customer, 2, expires_on=day(41)), row(self.customer(), 2)):
			path = self.file({**changed, "reference": number.upper()})
			[(line, column, text)] = self.troubles(path)
			self.assertEqual((2, "reference"), (line, column))
			self.assertIn(f"was imported before with other values, as lot {lot.name}", text)
		self.assertEqual([lot.name], [one.name for one in self.lots(customer)])

	def test_a_reference_stands_once_in_a_file(self) -> None:
		customer, number = self.customer(), reference()
		path = self.file(
			row(customer, 1, reference=number), row(customer, 2), row(customer, 3, reference=number.title())
		)
		[(line, column, text)] = self.troubles(path)
		self.assertEqual((4, "reference"), (line, column))
		self.assertIn("is on line 2 already", text)

	def test_a_customer_that_was_renamed_or_merged_since_gets_nothing_twice_by_reference(self) -> None:
		customer, other, number = self.customer(), self.customer(credits=1), reference()
		self.bring_in(self.file(row(customer, 2, reference=number), row(customer, 5)))
		renamed = make.unique("Renamed")
		frappe.rename_doc("HD Customer", customer, renamed, force=True)
		publish()
		path = self.file(row(renamed, 2, reference=number), row(renamed, 5))
		self.assertEqual([(2, "before"), (3, "before")], self.effects(path))
		frappe.rename_doc("HD Customer", renamed, other, merge=True, force=True)
		publish()
		self.assertEqual([(2, "before")], self.effects(self.file(row(other, 2, reference=number))))

	def test_a_row_that_was_granted_is_still_the_same_when_its_days_are_over(self) -> None:
		customer = self.customer()
		path = self.file(row(customer, 1, granted_on=day(-9), expires_on=day(-2), if_expired="keep"))
		self.bring_in(path)
		later = self.file(row(customer, 1, granted_on=day(-9), expires_on=day(-2)))
		self.assertEqual(([(2, "before")], []), (self.effects(later), self.troubles(later)))


class TestDryRun(OpeningCase):
	def test_a_dry_run_says_what_the_import_then_does_and_writes_nothing(self) -> None:
		known, new = self.customer(credits=1), self.customer()
		stranger = f"{make.unique_code('new')}@example.com"
		path = self.file(row(known), row(new, 3), row(person=stranger, credits=4))
		tables = ("Credit Account", "Credit Lot", "Credit Ledger Entry", "HD Customer", "Contact", "File")
		before = {table: frappe.db.count(table) for table in tables}
		said = opening.check(path)
		self.assertEqual(before, {table: frappe.db.count(table) for table in tables})
		done = self.bring_in(path)
		self.assertEqual(said, done)
		self.assertEqual((3, 9, 2), (done.counts.grants, done.counts.credits, done.counts.new_accounts))

	def test_progress_is_told_while_rows_are_read_and_granted(self) -> None:
		customers = [self.customer() for _number in range(3)]
		path = self.file(
			*(row(customers[number % 3], 1, reference=f"{reference()}") for number in range(1_200))
		)
		told: list[tuple[str, int, int]] = []
		opening.bring_in(path, lambda _account, *said: told.append(said))
		publish()
		read = [done for what, done, _total in told if what == "bytes read"]
		granted = [(done, total) for what, done, total in told if what == "rows granted"]
		self.assertGreater(len(read), 1)
		self.assertEqual((sorted(read), os.path.getsize(path)), (read, read[-1]))
		self.assertEqual(((1_200, 1_200), granted), (granted[-1], sorted(granted)))
		self.assertEqual([400] * 3, [len(self.lots(customer)) for customer in customers])
		self.assert_proved(*(self.account_of(customer) for customer in customers))
