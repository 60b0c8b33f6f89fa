"""Somebody who poses as a customer by mail spends nobody's credits, whatever the host takes for the sender."""

from __future__ import annotations

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.mail_case import MailTestCase, Writers, contact
from support_credits.tests.mail_corpus import Letter

SERVER = "mx.provider.test"
THIEF = "sales@otherhost.example"
# Headers of a mail whose From a mail server finds right; the host reads another sender out of each.
POSES = {
	"his Reply-To": {"From": THIEF, "Reply-To": "{victim}"},
	"his Reply-To, of two": {"From": THIEF, "Reply-To": "{victim}, " + THIEF},
	"the name in his Reply-To": {"From": THIEF, "Reply-To": '"{victim}" <' + THIEF + ">"},
	"his X-Original-From": {"From": THIEF, "X-Original-From": "{victim}"},
	"his name": {"From": '"{victim}" <' + THIEF + ">"},
	"his name, in brackets": {"From": "=?utf-8?q?=3C{quoted}=3E?= <" + THIEF + ">"},
	"his first address": {"From": "{victim}, " + THIEF},
}


class TestPosing(MailTestCase):
	def posing(self, writers: Writers, headers: dict[str, str]) -> Letter:
		"""A stranger's mail with these headers, at which the mail server found nothing wrong."""
		letter = self.letter(writers, "reply-to-another.eml").without_header("Reply-To")
		quoted = writers.address.replace("@", "=40")
		for name, value in headers.items():
			letter = letter.with_header(name, value.format(victim=writers.address, quoted=quoted))
		return letter

	def assert_nobody_paid(self, writers: Writers, letter: Letter) -> None:
		self.assert_incident(self.ticket_of(letter), "Unidentified", 0, door="mail")
		for address in (writers.address, THIEF):
			self.assertNotIn(f"<{letter.message_id}>", [one["In-Reply-To"] for one in self.answers(address)])

	def test_a_stranger_in_good_standing_who_names_a_customer_spends_nothing(self) -> None:
		writers = self.writers(1)
		letters = {pose: self.posing(writers, headers) for pose, headers in POSES.items()}
		with self.site_settings(authentication_server=SERVER):
			self.take_in(*letters.values())
		for pose, letter in letters.items():
			with self.subTest(pose):
				self.assert_nobody_paid(writers, letter)
		self.assert_balance(writers.account, 1)

	def test_at_the_same_mail_provider_he_spends_nothing(self) -> None:
		"""Customers have addresses at providers where anybody gets one."""
		writers = self.writers(1)
		headers = {"From": f"thief@{writers.domain}", "Reply-To": writers.address}
		letter = self.posing(writers, headers)
		with self.site_settings(authentication_server=SERVER):
			self.take_in(letter)
		self.assert_nobody_paid(writers, letter)

	def test_a_colleague_who_wants_the_answer_elsewhere_is_one_of_the_customers(self) -> None:
		writers = self.writers(1)
		colleague = contact(f"jonas@{writers.domain}")
		make.add_member(writers.customer, colleague)
		publish()
		letter = self.posing(writers, {"From": colleague.email, "Reply-To": writers.address})
		self.take_in(letter)
		self.assert_charged(letter)

	def test_the_id_of_our_own_list_does_not_make_a_stranger_somebody_of_it(self) -> None:
		writers = self.writers(1)
		own_list = f"all-it.groups.{writers.domain}"
		headers = {"From": THIEF, "X-Original-From": writers.address, "List-Id": f"<{own_list}>"}
		letter = self.posing(writers, headers)
		with self.site_settings(authentication_server=SERVER, own_lists=own_list):
			self.take_in(letter)
		self.assert_nobody_paid(writers, letter)

	def test_a_mail_through_our_own_list_is_the_persons(self) -> None:
		writers = self.writers(1)
		letter = self.letter(writers, "google-group.eml")
		with self.site_settings(authentication_server=SERVER, own_lists=f"all-it.groups.{writers.domain}"):
			self.take_in(letter)
		self.assert_charged(letter)

	def test_a_sender_the_mail_server_found_forged_spends_nothing(self) -> None:
		writers = self.writers(2)
		forged, honest = self.letter(writers, "dmarc-fail.eml"), self.letter(writers, "dmarc-pass.eml")
		with self.site_settings(authentication_server=SERVER):
			self.take_in(forged, honest)
		self.assert_charged(honest)
		self.assert_nobody_paid(writers, forged)
