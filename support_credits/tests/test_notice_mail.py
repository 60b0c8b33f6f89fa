"""The mails of notices: the provider's own texts in the reader's language, safe, and only to who wants them."""

from __future__ import annotations

import frappe

from support_credits import install
from support_credits.engine.notice import Kind
from support_credits.mail import notice_texts
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company, Person
from support_credits.tests.notice_case import NoticeCase


class LetterCase(NoticeCase):
	def low(self, **fields: object) -> tuple[Company, Person]:
		"""A company that has just fallen to five credits; nobody was told yet, and no job of the bench does it."""
		company, boss = self.led(6, **fields)
		self.choose("Low balance", by_mail=False, in_desk=True)
		self.spend(company)
		self.follow()
		self.requeue(company, "Low balance")
		return company, boss

	def edited(self, name: str, **values: object) -> None:
		"""An Email Template as the provider has edited it, until the test ends."""
		doc = frappe.get_doc("Email Template", name)
		before = {field: doc.get(field) for field in values}
		self.addCleanup(self._write_template, name, before)
		self._write_template(name, values)

	def _write_template(self, name: str, values: dict[str, object]) -> None:
		look_again()
		frappe.db.set_value("Email Template", name, values)
		frappe.clear_document_cache("Email Template", name)
		publish()


class TestTexts(LetterCase):
	ENGLISH = "Support Credits: Low balance (en)"

	def test_every_kind_has_a_template_in_both_languages_made_of_its_file(self) -> None:
		install.add_notices()
		for kind in Kind:
			for language in notice_texts.LANGUAGES:
				name = notice_texts.name_of(kind, language)
				with self.subTest(name):
					doc = frappe.get_doc("Email Template", name)
					self.assertEqual(1, doc.use_html)
					self.assertEqual(
						notice_texts.own_text(kind, language)[1].strip(), doc.response_html.strip()
					)

	def test_an_update_leaves_what_was_edited_and_brings_what_is_missing(self) -> None:
		gone = notice_texts.name_of(Kind.EXPIRED, "pt")
		self.edited(self.ENGLISH, subject="Mine")
		frappe.delete_doc("Email Template", gone)
		install.after_migrate()
		self.assertEqual("Mine", frappe.db.get_value("Email Template", self.ENGLISH, "subject"))
		self.assertTrue(frappe.db.exists("Email Template", gone))
		publish()

	def test_a_reader_of_portuguese_reads_it_in_portuguese_and_others_in_english(self) -> None:
		company, boss = self.low()
		second = make.portal_user("second")
		make.add_member(company.name, second, is_manager=True)
		publish()
		frappe.db.set_value("User", boss.email, "language", "pt")
		frappe.db.set_value("User", second.email, "language", "de")
		publish()
		self.send(company)
		[portuguese], [english] = self.mails(boss.email), self.mails(second.email)
		self.assertIn("restam 5 créditos de suporte", portuguese)
		self.assertIn("O que pode fazer:", portuguese)
		self.assertNotIn("No more of these mails", portuguese)
		self.assertIn("5 support credits left", english)

	def test_an_edited_text_is_sent_with_its_variables(self) -> None:
		company, boss = self.low()
		self.edited(
			self.ENGLISH, subject="Hm, {{ balance }}", response_html="<p>{{ customer }}: {{ threshold }}!</p>"
		)
		self.send(company)
		[mail] = self.mails(boss.email)
		self.assertIn("Hm, 5", mail)
		self.assertIn(f"{company.name}: 5!", mail)
		self.assertEqual("", self.only(company, "Low balance").note or "")

	def test_a_broken_text_loses_no_notice_and_the_notice_says_so(self) -> None:
		for broken in (
			"{% if %}",
			"{{ nobody_knows }}",
			"{{ customer.nothing.at_all }}",
			"{{ 1 / 0 }}",
			"{{ frappe.db.__class__ }}",
			"",
		):
			with self.subTest(broken):
				company, boss = self.low()
				self.edited(self.ENGLISH, response_html=broken)
				self.send(company)
				[mail] = self.mails(boss.email)
				self.assertIn(f"The balance of {company.name} is down to 5", mail)
				row = self.only(company, "Low balance")
				self.assertEqual("Sent", row.state)
				self.assertIn(f"Email Template {self.ENGLISH} could not be used (", row.note)
				self.doCleanups_of_template()

	def doCleanups_of_template(self) -> None:
		self._write_template(self.ENGLISH, {"response_html": notice_texts.own_text(Kind.LOW, "en")[1]})

	def test_a_deleted_text_is_the_apps_own(self) -> None:
		company, boss = self.low()
		frappe.delete_doc("Email Template", self.ENGLISH)
		publish()
		self.send(company)
		install.add_notices()
		publish()
		self.assertIn("is down to 5", self.mails(boss.email)[0])
		self.assertIn("no Email Template", self.only(company, "Low balance").note)

	def test_a_language_the_provider_has_added_is_used(self) -> None:
		company, boss = self.low()
		frappe.db.set_value("User", boss.email, "language", "de")
		name = "Support Credits: Low balance (de)"
		frappe.get_doc(
			{
				"doctype": "Email Template",
				"name": name,
				"subject": "Noch {{ balance }}",
				"use_html": 1,
				"response_html": "<p>Bald leer.</p>",
			}
		).insert()
		publish()
		self.send(company)
		frappe.delete_doc("Email Template", name)
		publish()
		self.assertIn("Noch 5", self.mails(boss.email)[0])

	def test_what_people_have_typed_is_no_markup_and_no_template(self) -> None:
		company, _boss = self.led(10)
		ticket = str(make.ticket(company.person, subject="<b>x</b> {{ frappe.session.user }}").name)
		publish()
		from support_credits.ledger.ticket_notices import released

		incident = make.incident_of(ticket)
		released(incident)
		publish()
		self.send(company)
		[mail] = self.mails(company.person.email)
		self.assertIn("&lt;b&gt;x&lt;/b&gt; {{ frappe.session.user }}", mail)
		self.assertNotIn("<b>x</b>", mail)

	def test_the_answer_to_a_mail_that_waits_is_the_providers_text_in_its_senders_language(self) -> None:
		from support_credits.mail import answers

		for language, said in (
			("en", "nothing needs to be sent again"),
			("pt", "não é preciso enviar nada de novo"),
		):
			with self.subTest(language):
				company = self.company(0, portal_policy="Park")
				ticket = str(make.ticket(company.person, subject="Disk is full").name)
				frappe.db.set_value("User", company.person.email, "language", language)
				incident = make.incident_of(ticket).name
				frappe.db.set_value("Support Incident", incident, "answer_due", 1)
				publish()
				self.assertTrue(answers.answer(incident))
				self.assertFalse(answers.answer(incident))
				publish()
				[mail] = self.mails(company.person.email)
				self.assertIn("Re: Disk is full", mail)
				self.assertIn(said, " ".join(mail.split()))

	def test_a_machine_wrote_it_and_it_refers_to_nothing(self) -> None:
		company, boss = self.low()
		self.send(company)
		queue = frappe.db.get_value("Email Queue Recipient", {"recipient": boss.email}, "parent")
		row = frappe.db.get_value("Email Queue", queue, ["message", "reference_doctype", "reference_name"])
		self.assertIn("X-Auto-Generated: support-credits", row[0])
		self.assertEqual((None, None), row[1:])

	def test_a_colleague_who_is_no_manager_is_not_told_what_a_ticket_is_about(self) -> None:
		company = self.company(3)
		colleague = make.portal_user("colleague")
		make.add_member(company.name, colleague)
		ticket = str(make.ticket(company.person, subject="Secret plans").name)
		publish()
		frappe.db.set_value("HD Ticket", ticket, "raised_by", "somebody@example.com")
		from support_credits.ledger.ticket_notices import released

		released(make.incident_of(ticket))
		publish()
		self.send(company)
		[mail] = self.mails(colleague.email)
		self.assertIn(f"#{ticket}", mail)
		self.assertNotIn("Secret plans", mail)


class TestSettings(NoticeCase):
	def refused(self, text: str, **values: object) -> None:
		doc = frappe.get_doc("Support Credits Settings")
		doc.update(values)
		with self.assertRaises(frappe.ValidationError) as caught:
			doc.save()
		self.assertIn(text, str(caught.exception))

	def test_what_is_no_list_of_numbers_is_refused_with_what_to_write(self) -> None:
		self.refused(
			"Low Balance At (credits): five is not a whole number from 0 to 1000000. Write",
			low_balance_at="five",
		)
		self.refused(
			"Before Credits Expire (days): 400 is not a whole number from 0 to 366.", expiring_days="400"
		)
		self.refused("a number is named twice", expiring_days="7, 7")

	def test_a_list_is_kept_in_order(self) -> None:
		with self.site_settings(low_balance_at="1,  9,3"):
			self.assertEqual(
				"9, 3, 1", frappe.db.get_single_value("Support Credits Settings", "low_balance_at")
			)

	def test_a_kind_is_listed_once(self) -> None:
		doc = frappe.get_doc("Support Credits Settings")
		doc.append("notices", {"kind": "Expired"})
		with self.assertRaises(frappe.ValidationError) as caught:
			doc.save()
		self.assertIn("The notice Expired is listed twice", str(caught.exception))

	def test_every_kind_is_listed_after_an_install_and_an_update(self) -> None:
		from support_credits.engine.notice import DEFAULTS

		frappe.db.delete("Credit Notice Choice", {"kind": "Expired"})
		install.after_migrate()
		doc = frappe.get_doc("Support Credits Settings")
		self.assertEqual({kind.value for kind in DEFAULTS}, {row.kind for row in doc.notices})
		publish()

	def test_an_account_names_kinds_that_there_are(self) -> None:
		company = self.company(1)
		with self.assertRaises(frappe.ValidationError) as caught:
			make.account(company.name, notice_kinds_off="Spam")
		self.assertIn(
			"Spam is no kind of notice. Write one per line: Low balance, Expiring", str(caught.exception)
		)
