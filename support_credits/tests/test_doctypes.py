"""The DocTypes as the site has them: who may do what, what is unique, and what their own rules refuse."""

from __future__ import annotations

import frappe
import frappe.client

from support_credits import install
from support_credits.tests import factories
from support_credits.tests.ledger_case import LEDGER, LedgerCase, row_of

WRITES = ("write", "create", "delete", "submit", "cancel", "amend", "import", "share")


class TestDoctypes(LedgerCase):
	def test_nobody_is_given_a_right_to_write_the_ledger(self) -> None:
		for doctype in LEDGER:
			for permission in frappe.get_meta(doctype).permissions:
				with self.subTest(f"{doctype} {permission.role}"):
					self.assertEqual([], [right for right in WRITES if permission.get(right)])

	def test_customers_have_no_right_to_any_of_our_records(self) -> None:
		someone = factories.portal_user()
		factories.customer(someone)
		for doctype in frappe.get_all(
			"DocType", filters={"module": "Support Credits", "istable": 0}, pluck="name"
		):
			with self.subTest(doctype), factories.acting_as(someone):
				self.assertFalse(frappe.has_permission(doctype, "read"))
				# A single has no table: Frappe 16 says so before it asks for a right to list it.
				read = frappe.client.get if frappe.get_meta(doctype).issingle else frappe.get_list
				self.assertRaises(frappe.PermissionError, read, doctype)

	def test_marks_on_a_ticket_are_read_only_and_copy_none_of_the_hosts_permissions(self) -> None:
		meta = frappe.get_meta("HD Ticket")
		for field in install.ticket_fields()["HD Ticket"]:
			df = meta.get_field(field["fieldname"])
			self.assertEqual((1, 1, 0), (df.read_only, df.no_copy, df.permlevel), df.fieldname)
		# A permission level would copy all of them into custom ones, which no longer follow the host's updates.
		self.assertEqual([], [row.role for row in meta.permissions if row.permlevel])

	def test_what_must_be_unique_is_unique_in_the_database(self) -> None:
		columns = {
			("Credit Ledger Entry", "event_key"), ("Credit Account", "customer"),
			("Support Incident", "ticket_key"), ("Support Incident", "request_key"),
		}  # fmt: skip
		for doctype, column in columns:
			with self.subTest(f"{doctype}.{column}"):
				indexes = frappe.db.sql(
					f"SHOW INDEX FROM `tab{doctype}` WHERE Column_name = %s AND Non_unique = 0", column
				)
				self.assertTrue(indexes)
		pair = frappe.db.sql(
			"SHOW INDEX FROM `tabCredit Ledger Entry` WHERE Key_name = 'sc_entry_account_seq'", as_dict=True
		)
		self.assertEqual([("account", 0), ("seq", 0)], [(row.Column_name, row.Non_unique) for row in pair])

	def test_no_index_goes_when_an_admin_customizes_a_form(self) -> None:
		"""The host then drops what it does not know of: an index of one column that no field asks for."""
		for doctype in frappe.get_all("DocType", {"module": "Support Credits", "issingle": 0}, pluck="name"):
			with self.subTest(doctype):
				before = self.indexes(doctype)
				frappe.db.updatedb(doctype)
				self.assertEqual(set(), before - self.indexes(doctype))  # it may add some of its own

	def indexes(self, doctype: str) -> set[tuple[str, int, str]]:
		rows = frappe.db.sql(f"SHOW INDEX FROM `tab{doctype}`", as_dict=True)
		return {(row.Key_name, row.Seq_in_index, row.Column_name) for row in rows}

	def test_what_is_looked_for_by_one_column_has_an_index_of_it(self) -> None:
		wanted = {
			("Credit Ledger Entry", "lot"),
			("Credit Lot", "expires_at_utc"),
			("Support Incident", "ticket"),
		}
		for doctype, column in wanted:
			with self.subTest(doctype):
				self.assertIn((1, column), {index[1:] for index in self.indexes(doctype)})

	def test_the_floor_of_a_lot_survives_a_migration(self) -> None:
		from support_credits.support_credits.doctype.credit_lot.credit_lot import add_floor

		add_floor()
		created = frappe.db.sql("SHOW CREATE TABLE `tabCredit Lot`")[0][1]
		self.assertEqual(1, created.count("sc_lot_floor"))

	def test_one_customer_has_one_account(self) -> None:
		customer = factories.customer()
		first = factories.account(customer)
		with self.assertRaises(frappe.UniqueValidationError):
			frappe.get_doc({"doctype": "Credit Account", "customer": customer}).insert()
		self.assertEqual(first, factories.account(customer))

	def test_a_pack_sells_at_least_one_credit_for_at_least_one_month(self) -> None:
		for said, fields in (
			("Credits must be at least 1", {"credits": 0}),
			("at least 1 calendar month", {"validity_months": 0}),
		):
			with self.subTest(said), self.assertRaises(frappe.ValidationError) as caught:
				factories.pack(**fields)
			self.assert_says(caught.exception, said)

	def test_price_per_credit_and_saving_are_computed_against_the_smallest_pack(self) -> None:
		frappe.db.delete("Credit Pack")
		factories.pack(credits=2, price=200)
		pack = frappe.get_doc("Credit Pack", factories.pack(credits=8, price=600))
		self.assertEqual((75, 25), (pack.price_per_credit, pack.saving_percent))

	def test_a_price_per_credit_somebody_posts_is_not_kept(self) -> None:
		pack = factories.pack(credits=2, price=200)
		frappe.get_doc("Credit Pack", pack).update({"price_per_credit": 1, "saving_percent": 99}).save()
		self.assertEqual(100, frappe.get_doc("Credit Pack", pack).price_per_credit)
		self.assertNotIn("price_per_credit", row_of("Credit Pack", pack))

	def test_a_reason_nobody_could_set_is_refused(self) -> None:
		with self.assertRaises(frappe.ValidationError) as caught:
			factories.exemption_reason(who="System")
		self.assert_says(caught.exception, "nobody could ever set this reason")

	def test_a_time_zone_that_does_not_exist_is_refused(self) -> None:
		with self.assertRaises(frappe.ValidationError) as caught:
			frappe.get_doc("Support Credits Settings").update({"time_zone": "Mars/Olympus"}).save()
		self.assert_says(caught.exception, "Mars/Olympus", "Europe/Lisbon")

	def test_the_balance_of_an_account_is_shown_and_never_stored(self) -> None:
		company = factories.company(credits=3)
		self.assertEqual(3, frappe.get_doc("Credit Account", company.account).balance)
		self.assertNotIn("balance", row_of("Credit Account", company.account))

	def test_an_imported_ticket_and_a_split_say_their_door(self) -> None:
		company = factories.company(credits=3)
		doc = {"doctype": "HD Ticket", "subject": "By an agent", "description": "x", "customer": company.name}
		with factories.acting_as(factories.agent()):
			agents = frappe.get_doc({**doc, "raised_by": company.person.email}).insert()
		self.assertEqual("agent", factories.incident_of(agents.name).door)
		frappe.flags.in_import = True
		try:
			imported = frappe.get_doc({**doc, "raised_by": company.person.email}).insert()
		finally:
			frappe.flags.in_import = False
		incident = factories.incident_of(imported.name)
		self.assertEqual(("import", 0), (incident.door, incident.credits))
		self.assertEqual(2, company.balance)
