"""Credits come in by a grant and go out by expiry, void and adjustment (design rules 1 to 4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from unittest.mock import patch

import frappe

from support_credits.api import account as account_api
from support_credits.exceptions import CreditsRefused, SupportCreditsError
from support_credits.ledger import clock, grants, jobs, queries
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase, as_in_a_request, row_of, rows_of

UTC = timezone.utc


def at(*parts: int) -> object:
	"""The ledger's clock stands at this instant (UTC)."""
	return patch("support_credits.ledger.clock.now", return_value=datetime(*parts, tzinfo=UTC))


class TestGrants(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		self.customer = factories.customer()

	def grant(self, **asked: object) -> dict[str, object]:
		return account_api.grant(**{"reason": "Test", "customer": self.customer, **asked})

	def test_a_pack_grants_its_credits_validity_and_price(self) -> None:
		pack = factories.pack(credits=4, validity_months=3, price=329.5)
		with at(2026, 1, 31, 12):
			done = self.grant(pack=pack)
		lot = row_of("Credit Lot", done["lot"])
		self.assertEqual(
			(4, 4, pack, "USD", "Pack"),
			tuple(lot[key] for key in ("credits_granted", "remaining", "pack", "currency", "source")),
		)
		self.assertEqual(329.5, float(lot["price"]))
		self.assertEqual(date(2026, 4, 30), lot["expires_on"])
		self.assertIn('"price":"329.5"', self.entries(done["account"], "detail")[0][0])

	def test_a_later_change_of_the_pack_does_not_change_what_was_bought(self) -> None:
		pack = factories.pack(credits=4, validity_months=3)
		lot = self.grant(pack=pack)["lot"]
		before = row_of("Credit Lot", lot)
		frappe.get_doc("Credit Pack", pack).update({"credits": 1, "price": 1, "validity_months": 1}).save()
		self.assertEqual(before, row_of("Credit Lot", lot))

	def test_credits_are_valid_to_the_end_of_the_last_day_in_the_providers_zone(self) -> None:
		ends = {
			"Pacific/Auckland": "2026-04-30T12:00",
			"UTC": "2026-05-01T00:00",
			"America/New_York": "2026-05-01T04:00",
		}
		for zone, end in ends.items():
			with self.subTest(zone), factories.settings(time_zone=zone), at(2026, 1, 31, 10):
				lot = row_of("Credit Lot", self.grant(credits=1, months=3)["lot"])
				self.assertEqual(f"{end}:00.000000Z", lot["expires_at_utc"])
				self.assertEqual(date(2026, 4, 30), lot["expires_on"])

	def test_credits_without_months_never_expire(self) -> None:
		done = self.grant(credits=3)
		self.assertIsNone(done["expires_on"])
		self.assertIsNone(row_of("Credit Lot", done["lot"])["expires_at_utc"])

	def test_a_person_without_a_company_becomes_a_customer_of_type_individual(self) -> None:
		someone = factories.portal_user()
		done = account_api.grant(reason="Test", person=someone.email, credits=2)
		customer = frappe.get_doc("HD Customer", row_of("Credit Account", done["account"])["customer"])
		self.assertEqual("Individual", customer.customer_type)
		self.assertEqual([someone.contact], [row.contact_name for row in customer.contacts])
		ticket = factories.ticket(someone)
		self.assertEqual(("Charged", customer.name), (ticket.sc_state, ticket.customer))

	def test_an_address_nobody_has_yet_gets_a_contact_and_a_customer(self) -> None:
		email = f"{factories.unique_code('new')}@example.com"
		done = account_api.grant(reason="Test", person=email, credits=2)
		again = account_api.grant(reason="Test", person=email, credits=1)
		self.assertEqual(done["account"], again["account"])
		self.assertEqual(3, again["balance"])

	def test_a_persons_credits_go_to_his_company(self) -> None:
		company = factories.company()
		done = account_api.grant(reason="Test", person=company.person.email, credits=1)
		self.assertEqual(company.account, done["account"])

	def test_a_member_of_two_customers_must_choose(self) -> None:
		someone = factories.portal_user()
		names = sorted(factories.customer(someone) for _ in range(2))
		with self.assertRaises(frappe.ValidationError) as caught:
			account_api.grant(reason="Test", person=someone.email, credits=1)
		self.assert_says(caught.exception, *names, "Say which customer")
		self.assertFalse(frappe.get_all("Credit Account", filters={"customer": ["in", names]}))

	def test_numbers_that_are_no_credits_are_refused(self) -> None:
		account = factories.account(self.customer)
		before = rows_of(account)
		for credits in (0, -1, 1_000_001, 10**12, "2.5", 2.5):
			with self.subTest(credits=credits), self.assertRaises(Exception) as caught:
				self.grant(credits=credits)
			self.assertIsInstance(caught.exception, (frappe.ValidationError, frappe.FrappeTypeError))
			self.assertTrue(str(caught.exception))
		self.assertEqual(before["Credit Ledger Entry"], rows_of(account)["Credit Ledger Entry"])

	def test_months_out_of_bounds_are_refused(self) -> None:
		for months in (-1, 601, 10**9):
			with self.subTest(months=months), self.assertRaises(SupportCreditsError) as caught:
				self.grant(credits=1, months=months)
			self.assert_says(caught.exception, str(months))

	def test_a_grant_needs_a_reason_one_amount_and_one_customer(self) -> None:
		calls = {
			"Say why": {"credits": 1, "reason": "  "},
			"either a pack or a number": {},
			"either a pack": {"credits": 1, "pack": factories.pack()},
			"either a customer or a person": {"credits": 1, "person": "a@example.com"},
			"does not exist": {"credits": 1, "customer": "Nobody & Sons"},
		}
		for said, asked in calls.items():
			with self.subTest(said), self.assertRaises(frappe.ValidationError) as caught:
				self.grant(**asked)
			self.assert_says(caught.exception, said)

	def test_only_managers_grant_void_and_adjust(self) -> None:
		lot = self.grant(credits=3)["lot"]
		account = row_of("Credit Lot", lot)["account"]
		before = rows_of(account)
		calls = (
			lambda: self.grant(credits=1),
			lambda: account_api.void(lot, "Because"),
			lambda: account_api.adjust(lot, 1, "Because"),
		)
		for someone in (factories.agent(), factories.portal_user()):
			for number, call in enumerate(calls):
				with (
					self.subTest(f"{someone.email} {number}"),
					factories.acting_as(someone),
					as_in_a_request(),
				):
					self.assertRaises(frappe.PermissionError, call)
		self.assertEqual(before, rows_of(account))

	def test_a_void_takes_the_rest_and_says_why(self) -> None:
		company = factories.company(credits=3)
		factories.ticket(company.person)
		with factories.acting_as(factories.agent_manager()):
			done = account_api.void(f"{company.account}-L000001", "Charged back")
		self.assertEqual(2, done["credits"])
		self.assertEqual(
			("Void", -2, "Charged back"), self.entries(company.account, "kind", "credits", "reason")[-1]
		)
		self.assertEqual(0, company.balance)
		self.assert_proved(company.account)

	def test_a_void_without_reason_of_nothing_or_twice_is_refused(self) -> None:
		lot = self.grant(credits=1)["lot"]
		with self.assertRaises(SupportCreditsError) as caught:
			account_api.void(lot, " ")
		self.assert_says(caught.exception, lot, "needs a reason")
		account_api.void(lot, "Because")
		with self.assertRaises(SupportCreditsError) as caught:
			account_api.void(lot, "Because")
		self.assert_says(caught.exception, lot, "already void")

	def test_an_adjusted_lot_can_be_spent_and_refunded_in_full(self) -> None:
		from support_credits.ledger import corrections

		company = factories.company(credits=1)
		lot = f"{company.account}-L000001"
		self.assertEqual(3, account_api.adjust(lot, 2, "Counted wrong")["remaining"])
		ticket = factories.ticket(company.person).name
		corrections.exempt(ticket, factories.exemption_reason())
		self.assertEqual(3, company.balance)
		self.assertEqual(1, account_api.adjust(lot, -2, "Counted wrong again")["remaining"])
		self.assert_proved(company.account)

	def test_an_adjustment_that_cannot_be_is_refused_with_the_reason(self) -> None:
		lot = self.grant(credits=1)["lot"]
		for credits, reason, said in (
			(0, "x", "0"),
			(-2, "x", "holds 1"),
			(1, "", "needs a reason"),
			(10**7, "x", "10000000"),
		):
			with self.subTest(credits=credits), self.assertRaises(SupportCreditsError) as caught:
				account_api.adjust(lot, credits, reason)
			self.assert_says(caught.exception, said)


class TestExpiry(LedgerCase):
	def test_an_expired_lot_is_not_spendable_though_no_job_has_run(self) -> None:
		company = factories.company()
		factories.expired_credits(company.account, 5)
		self.assertEqual(0, company.balance)
		with self.assertRaises(CreditsRefused) as caught:
			factories.ticket(company.person)
		self.assert_says(caught.exception, "5")
		self.assertEqual([("Grant", 5)], self.entries(company.account))

	def test_a_lot_is_spendable_to_its_last_instant_and_not_after(self) -> None:
		with factories.settings(time_zone="UTC"):
			company = factories.company()
			factories.grant(company.account, 2, months=1, granted_at=datetime(2026, 1, 31, tzinfo=UTC))
			with at(2026, 2, 28, 23, 59, 59):
				factories.ticket(company.person)
			with at(2026, 3, 1), self.assertRaises(CreditsRefused):
				factories.ticket(company.person)

	def test_the_job_books_each_expiry_once_at_the_instant_it_happened(self) -> None:
		account = factories.account(factories.customer())
		lot = factories.expired_credits(account, 5)
		factories.grant(account, 1)
		before = queries.balance(account)
		jobs.expire_lots()
		jobs.expire_lots()
		booked = self.entries(account, "kind", "credits", "lot", "effective_at_utc")[2:]
		self.assertEqual([("Expiry", -5, lot, row_of("Credit Lot", lot)["expires_at_utc"])], booked)
		self.assertEqual(before, queries.balance(account))
		self.assert_proved(account)

	def test_the_earliest_expiry_is_spent_first_and_a_charge_spans_lots(self) -> None:
		company = factories.company(tier=factories.tier(credits_per_incident=3))
		late = factories.grant(company.account, 2, months=6)
		never = factories.grant(company.account, 2)
		soon = factories.grant(company.account, 2, months=1)
		factories.ticket(company.person)
		self.assertEqual([0, 1, 2], [row_of("Credit Lot", lot)["remaining"] for lot in (soon, late, never)])
		self.assert_proved(company.account)

	def test_a_statement_shows_the_expiry_before_it_is_booked(self) -> None:
		account = factories.account(factories.customer())
		factories.expired_credits(account, 5)
		said = account_api.statement(account)
		self.assertEqual(
			[("Grant", 5, 5), ("Expiry", -5, 0)],
			[(line["kind"], line["credits"], line["balance"]) for line in said["lines"]],
		)

	def test_opening_balances_count_from_their_own_date(self) -> None:
		account = factories.account(factories.customer())
		start = clock.now() - timedelta(days=10)
		lot = factories.grant(account, 1, months=1, granted_at=start)
		self.assertTrue(row_of("Credit Lot", lot)["granted_at_utc"].startswith(start.strftime("%Y-%m-%d")))
		self.assertIsNotNone(grants.find_grant(self.entries(account, "event_key")[0][0].rpartition("/")[0]))
