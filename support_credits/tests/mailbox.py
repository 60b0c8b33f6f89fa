"""An address that the site can send from, for tests of its mails. Nothing leaves the machine: nobody empties the queue."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase


class SendingCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.mailbox = make.unique_code("mailbox")
		self.sender = f"{self.mailbox}@example.com"
		values = {
			"email_id": self.sender,
			"enable_outgoing": 1,
			"default_outgoing": 1,
			"smtp_server": "127.0.0.1",
		}
		# Not as a document: the host would try the connection.
		frappe.get_doc({"doctype": "Email Account", "name": self.mailbox, **values}).db_insert()
		self.addCleanup(self.close_mailbox)
		self.forget()

	def close_mailbox(self) -> None:
		look_again()
		frappe.db.set_value("Email Account", self.mailbox, {"enable_outgoing": 0, "default_outgoing": 0})
		self.forget()

	def forget(self) -> None:
		"""The host remembers which account sends."""
		publish()
		frappe.local.outgoing_email_account = {}
