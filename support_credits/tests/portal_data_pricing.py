"""What the public page is shown with in the browser suite, made by ``bench execute``."""

from __future__ import annotations

import os

import frappe

from support_credits import catalogue
from support_credits.tests import factories

FIXTURES = os.path.join(os.path.dirname(frappe.get_app_path("support_credits")), "fixtures")


def provider(name: str) -> dict[str, object]:
	"""A provider's terms, and of the packs his alone; a customer with credits and somebody to log in as."""
	frappe.set_user("Administrator")
	frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
	catalogue.load(catalogue.read(os.path.join(FIXTURES, f"{name}.json")), overwrite=True)
	company = factories.company(2)
	frappe.db.commit()
	frappe.clear_document_cache("Support Credits Settings", "Support Credits Settings")
	return {
		"customer": company.name,
		"user": company.person.email,
		"password": factories.PASSWORD,
		"packs": frappe.get_all("Credit Pack", {"on_sale": 1}, pluck="pack_name", order_by="credits asc"),
	}


def request(subject: str) -> dict[str, object]:
	"""The ticket that a request with that subject has opened, and its incident."""
	fields = ["name", "raised_by", "customer", "sc_state", "sc_credits"]
	return frappe.get_all("HD Ticket", {"subject": subject}, fields, limit=1)[0]
