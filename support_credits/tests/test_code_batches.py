"""Batches of codes: bound to serials, printed once, revoked together, and told of in Desk."""

from __future__ import annotations

import io

import frappe
from frappe.utils import add_days, today
from pypdf import PdfReader

from support_credits.api import code_print
from support_credits.exceptions import LedgerImmutableError
from support_credits.tests import factories as make
from support_credits.tests.code_case import API, NO_GOOD, CodeCase
from support_credits.tests.compat import look_again, publish
from support_credits.tests.server import Answer, Portal, agent, manager


class TestBatches(CodeCase):
	def test_a_batch_says_what_was_issued_and_what_became_of_it(self) -> None:
		company, pack = self.company(0), make.pack(credits=4, validity_months=6, price=99)
		publish()
		fields = {
			"pack": pack,
			"product": "NAS 4",
			"redeem_until": add_days(today(), 30),
			"note": "For the fair",
		}
		said = self.assert_ok(manager().call(f"{API}issue", batch="Cards of spring", count=3, **fields)).value
		redeemed, revoked, _left = said["codes"]
		self.assert_ok(self.redeem(self.boss(company), redeemed))
		self.assert_ok(manager().call(f"{API}revoke", code=self.record(revoked).name))
		batch = frappe.get_doc("Activation Batch", said["batch"])
		expected = {
			"label": "Cards of spring",
			"pack": pack,
			"credits": 4,
			"months": 6,
			"price": 99,
			"currency": "USD",
		}
		expected |= {"size": 3, "product": "NAS 4", "serial_bound": 0, "note": "For the fair"}
		self.assertEqual(expected, {field: batch.get(field) for field in expected})
		self.assertEqual((1, 1), (batch.redeemed, batch.revoked))
		found = [self.record(code) for code in said["codes"]]
		self.assertEqual(
			[(said["batch"], number) for number in (1, 2, 3)], [(one.batch, one.number) for one in found]
		)

	def test_nobody_writes_or_deletes_a_batch_but_the_ledger(self) -> None:
		name = self.record(self.issue()[0]).batch
		batch = frappe.get_doc("Activation Batch", name)
		batch.credits = 99
		for act in (
			batch.save,
			batch.delete,
			lambda: frappe.delete_doc("Activation Batch", name, force=True),
		):
			with self.assertRaisesRegex(LedgerImmutableError, "Revoke its codes and issue another batch."):
				act()
		self.assertEqual(2, frappe.db.get_value("Activation Batch", name, "credits"))
		for who in (agent(), Portal(self.company(0).person)):
			self.assertEqual(403, who.request("GET", f"/api/resource/Activation Batch/{name}").status)

	def test_a_stolen_box_is_revoked_at_once_and_what_was_redeemed_stays(self) -> None:
		company = self.company(0)
		boss, made = self.boss(company), self.issue(3)
		self.assert_ok(self.redeem(boss, made[0]))
		batch = self.record(made[0]).batch
		for revoked in (2, 0):
			answer = self.assert_ok(manager().call(f"{API}revoke_batch", batch=batch))
			self.assertEqual({"batch": batch, "revoked": revoked}, answer.value)
		self.assertEqual(["Redeemed", "Revoked", "Revoked"], [self.record(code).state for code in made])
		self.assert_refused(self.redeem(boss, made[1]), NO_GOOD, "CodeRefused")
		self.assert_balance(company.account, 2)
		self.assert_refused(
			manager().call(f"{API}revoke_batch", batch="AB-0"),
			"Activation Batch AB-0 does not exist.",
			"DoesNotExistError",
			404,
		)


class TestSerials(CodeCase):
	def test_a_bound_code_is_redeemed_with_its_serial_alone_and_registers_the_server(self) -> None:
		run = frappe.generate_hash(length=8)
		company, (serial, code) = self.company(0), self.bound(f"SN-00 {run}/a")
		boss = self.boss(company)
		for wrong in ("", f"SN-01{run}/a", f"SN-00{run}"):
			with self.nothing_written():
				self.assert_refused(self.redeem(boss, code, serial=wrong), NO_GOOD, "CodeRefused")
		self.assertEqual([], self.deployments(company.name))
		self.assert_ok(self.redeem(boss, code, serial=f" sn00{run.upper()} / A "))
		[deployed] = self.deployments(company.name)
		self.assertEqual(("NAS 4", serial, None), (deployed.product, deployed.serial, deployed.lot))
		self.assertEqual(deployed.name, self.record(code).deployment)
		self.assert_balance(company.account, 2)

	def test_a_server_that_was_recorded_before_is_not_recorded_twice(self) -> None:
		company, (serial, code) = self.company(0), self.bound()
		known = frappe.get_doc(
			{"doctype": "Deployment", "customer": company.name, "product": "nas  4", "serial": serial.lower()}
		)
		known.deployed_on = add_days(today(), -90)
		known.insert()
		publish()
		self.assert_ok(self.redeem(self.boss(company), code, serial=serial))
		self.assertEqual([known.name], [one.name for one in self.deployments(company.name)])
		self.assertEqual(known.name, self.record(code).deployment)

	def test_a_serial_that_was_typed_for_a_code_without_one_does_no_harm(self) -> None:
		company = self.company(0)
		self.assert_ok(self.redeem(self.boss(company), self.issue()[0], serial="SN-1"))
		self.assertEqual([], self.deployments(company.name))

	def test_each_serial_has_one_code_that_is_good(self) -> None:
		serial, code = self.bound()
		again = {"product": "NAS 4", "serials": serial.lower(), "credits": 2, "batch": "Cards"}
		text = f"Serial {serial.lower()} has a code already."
		with self.nothing_written():
			self.assert_refused(manager().call(f"{API}issue", **again), text, "WrongState")
		self.bound(serial, product="NAS 8")
		self.assert_ok(manager().call(f"{API}revoke", code=self.record(code).name))
		self.bound(serial)

	def test_what_makes_no_sense_is_refused_with_its_reason(self) -> None:
		one = make.unique("S")
		for bad, text in (
			({"product": ""}, "Name the product the serial numbers are of."),
			({"serials": f"{one}\n{one.lower()} "}, f"Serial {one.lower()} is named twice."),
			({"serials": "-"}, "a serial number has letters or digits"),
			({"serials": "9" * 101}, "at most 100 characters"),
			({"serials": "<b>1"}, "A serial number cannot hold HTML."),
			(
				{"serials": "\n".join(f"{one}-{number}" for number in range(1001))},
				"Issue from 1 to 1000 codes at once.",
			),
			({"product": "<script>"}, "The product cannot hold HTML."),
		):
			with self.subTest(bad), self.nothing_written():
				values = {"product": "NAS 4", "serials": one, "credits": 1, "batch": "Cards", **bad}
				answer = manager().call(f"{API}issue", **values)
				self.assertEqual(417, answer.status, answer)
				self.assertIn(text, answer.messages)
		self.assert_refused(
			self.redeem(self.boss(self.company(0)), self.issue()[0], serial="9" * 101),
			"The serial number is too long",
			"ValidationError",
		)


class TestPrinting(CodeCase):
	def print(self, codes: list[str], who: Portal | None = None, **fields: object) -> Answer:
		return (who or manager()).call(f"{API}print_codes", codes="\n".join(codes), **fields)

	def pages(self, codes: list[str], **fields: object) -> list[str]:
		"""The text of each page of the PDF, and nothing but a PDF."""
		said = manager().http.post(
			f"{manager().url}/api/method/{API}print_codes",
			json={"codes": "\n".join(codes), **fields},
			timeout=120,
		)
		self.assertEqual(
			(200, "application/pdf"), (said.status_code, said.headers["Content-Type"]), said.text[:300]
		)
		return [page.extract_text().replace("\t", " ") for page in PdfReader(io.BytesIO(said.content)).pages]

	def test_cards_are_ten_on_a_page_and_a_sheet_is_a_table(self) -> None:
		made = self.issue(11, product="NAS 4", redeem_until="2031-05-01")
		pages = self.pages(made)
		self.assertEqual(2, len(pages))
		for code, page in zip(made, [pages[0]] * 10 + [pages[1]], strict=True):
			self.assertIn(code, page)
		for text in (
			"NAS 4",
			"2 incident credit(s)",
			"valid for 3 month(s) once redeemed",
			"2031",
			"/support-credits/redeem",
			"11 / 11",
		):
			self.assertIn(text, pages[1])
		sheet = "".join(self.pages(made, layout="sheet"))
		for text in (*made, self.record(made[0]).batch):
			self.assertIn(text, sheet)

	def test_a_card_shows_the_end_of_its_serial_and_the_sheet_all_of_it(self) -> None:
		serial, code = self.bound(make.unique_code("serial").upper())
		[card], [sheet] = self.pages([code]), self.pages([code], layout="sheet")
		self.assertNotIn(serial, card)
		self.assertIn(f"…{serial[-4:]}", card)
		self.assertIn(serial, sheet.replace("\n", ""))

	def test_the_code_stands_behind_the_sign_after_which_no_server_is_told(self) -> None:
		[code] = self.issue()
		self.assertRegex(code_print.redeem_address(code), rf"^https?://[^#]+/support-credits/redeem#{code}$")
		page = manager().open_page("/support-credits/redeem")
		self.assertEqual(200, page.status_code)
		self.assertIn("sessionStorage", page.text)
		self.assertIn("/helpdesk/credits", page.text)
		guest = Portal().open_page("/support-credits/redeem")
		self.assertEqual(200, guest.status_code)

	def test_what_cannot_be_redeemed_is_not_printed(self) -> None:
		good, used, revoked = self.issue(3)
		self.assert_ok(self.redeem(self.boss(self.company(0)), used))
		self.assert_ok(manager().call(f"{API}revoke", code=self.record(revoked).name))
		for bad in (used, revoked, "0000-0000-0000-0000"):
			with self.subTest(bad):
				self.assert_refused(
					self.print([good, bad]), "Line 2 is not a code that can be redeemed.", "WrongState"
				)
		for codes, fields, text in (
			([good, "x"], {}, "Line 2 cannot be a code"),
			([], {}, "Print from 1 to 200 codes at once."),
			([good] * 201, {}, "Print from 1 to 200 codes at once."),
			([good], {"layout": "poster"}, "Codes are printed as cards or sheet."),
		):
			self.assert_refused(self.print(codes, **fields), text, "SupportCreditsError")

	def test_only_managers_print(self) -> None:
		made = self.issue()
		for who in (agent(), self.boss(self.company(0)), Portal()):
			self.assertEqual(403, self.print(made, who).status)

	def test_printing_keeps_nothing(self) -> None:
		made = self.issue(2)
		with self.nothing_written():
			self.pages(made)
		look_again()
		self.assertEqual([], frappe.get_all("File", {"file_name": ["like", "AB-%"]}))
