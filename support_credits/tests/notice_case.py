"""What tests of notices begin with: a site that can send, customers with managers, and what they were told."""

from __future__ import annotations

from email import message_from_string

import frappe

from support_credits.ledger import clock, notice_jobs
from support_credits.mail import notices as letters
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company, Person
from support_credits.tests.mailbox import SendingCase


class NoticeCase(SendingCase):
	def led(self, credits: int = 0, **fields: object) -> tuple[Company, Person]:
		"""A company and its manager."""
		company = self.company(credits, **fields)
		boss = make.manager_of(company.name)
		self.follow()
		return company, boss

	def spend(self, company: Company, tickets: int = 1) -> str:
		for _number in range(tickets):
			name = str(make.ticket(company.person).name)
		publish()
		return name

	def follow(self) -> None:
		publish()
		while notice_jobs.follow_ledger():  # so many accounts a run, and other tests have left some
			publish()
		look_again()

	def kept(self, company: Company, kind: str = "") -> list[frappe._dict]:
		look_again()
		filters = {"customer": company.name, **({"kind": kind} if kind else {})}
		return frappe.get_all(
			"Credit Notice", filters=filters, fields=["*"], order_by="creation asc, name asc"
		)

	def kinds(self, company: Company) -> list[str]:
		return sorted(row.kind for row in self.kept(company))

	def send(self, company: Company) -> None:
		"""Have all of it sent; a worker of the bench may have been quicker."""
		for row in self.kept(company):
			letters.send(row.name, self.sender)
		publish()

	@staticmethod
	def leave_what_is_due() -> None:
		"""A run sends so many: what other tests have left would come first."""
		frappe.db.sql("UPDATE `tabCredit Notice` SET state = 'Skipped' WHERE state = 'Queued'")
		publish()

	def requeue(self, company: Company, kind: str) -> None:
		"""Have the newest notice of a kind sent that was kept for the desk alone, so that no job of the bench sends it first."""
		frappe.db.set_value("Credit Notice", self.kept(company, kind)[-1].name, "state", "Queued")
		publish()

	def only(self, company: Company, kind: str) -> frappe._dict:
		[row] = self.kept(company, kind)
		return row

	def mails(self, address: str) -> list[str]:
		"""Subject and HTML of the mails to an address, in the order in which they were queued."""
		look_again()
		names = frappe.get_all(
			"Email Queue Recipient", {"recipient": address}, pluck="parent", order_by="creation"
		)
		return [self.text(frappe.db.get_value("Email Queue", name, "message")) for name in names]

	@staticmethod
	def text(raw: str) -> str:
		from email.header import decode_header, make_header

		mail = message_from_string(raw)
		parts = [part for part in mail.walk() if part.get_content_type() == "text/html"]
		return f"{make_header(decode_header(mail['Subject']))}\n{parts[0].get_payload(decode=True).decode()}"

	def notifications(self, name: str) -> list[frappe._dict]:
		about = {"document_type": "Credit Notice", "document_name": name}
		return frappe.get_all("Notification Log", about, ["for_user", "subject"])

	def choose(self, kind: str, by_mail: bool, in_desk: bool = False) -> None:
		"""How the site tells a kind, until the test ends."""
		row = {"parent": "Support Credits Settings", "kind": kind}
		before = frappe.db.get_value("Credit Notice Choice", row, ["by_mail", "in_desk"], as_dict=True)
		self.addCleanup(self._write_choice, row, dict(before))
		self._write_choice(row, {"by_mail": int(by_mail), "in_desk": int(in_desk)})

	def _write_choice(self, row: dict[str, str], values: dict[str, int]) -> None:
		look_again()
		frappe.db.set_value("Credit Notice Choice", row, values)
		publish()


def later(**delta: float) -> object:
	"""The ledger's clock, moved on for a block."""
	from datetime import timedelta
	from unittest.mock import patch

	return patch("support_credits.ledger.clock.now", return_value=clock.now() + timedelta(**delta))
