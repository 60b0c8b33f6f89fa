"""One test base for Frappe 15 and 16, and what a test needs to see what another process has committed."""

from __future__ import annotations

import frappe

try:
	from frappe.tests import IntegrationTestCase
except ImportError:  # Frappe 15 knows only this one
	from frappe.tests.utils import FrappeTestCase as IntegrationTestCase


try:
	from frappe.config import clear_site_config_cache as forget_site_config
except ImportError:

	def forget_site_config() -> None:
		"""Frappe 15 reads the file at each request; 16 remembers it for a minute."""


def forget_mail_account() -> None:
	"""After a request whose commit failed 16 keeps, in the server's process, the mail account that it has looked up."""
	frappe.local.outgoing_email_account = {}


# What a request is answered whose ticket is stored and whose acknowledgement could not be sent: status and message.
# Frappe 15 sends it in the middle; 16 after the commit, where nobody catches what fails.
IS_15 = frappe.__version__.startswith("15.")
UNSENT = (417, "Could not send an acknowledgement") if IS_15 else (500, "")


class TestCase(IntegrationTestCase):
	"""A test inside this process. What it wrote without a commit is gone after it, and so is its session."""

	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(start_clean)
		start_clean()


def start_clean() -> None:
	"""Administrator, no messages, nothing uncommitted, and a snapshot that shows what others committed."""
	frappe.db.rollback()
	frappe.set_user("Administrator")
	frappe.clear_messages()


def publish() -> None:
	"""Commit what this process has written, so that other processes see it; caches forget the settings."""
	frappe.db.commit()
	frappe.clear_document_cache("Support Credits Settings", "Support Credits Settings")


def look_again() -> None:
	"""A fresh snapshot: under REPEATABLE READ this process does not see what others have committed since."""
	frappe.db.rollback()


__all__ = [
	"UNSENT",
	"IntegrationTestCase",
	"TestCase",
	"forget_mail_account",
	"forget_site_config",
	"look_again",
	"publish",
	"start_clean",
]
