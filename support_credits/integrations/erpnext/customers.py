"""Which ERPNext Customer an HD Customer is. Helpdesk's own links say so, and what it does for its sync is done here too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe

from support_credits.integrations.erpnext import is_installed, settings
from support_credits.integrations.erpnext.attempts import seen

if TYPE_CHECKING:
	from frappe.model.document import Document


def customer_of(hd_customer: str) -> str:
	"""The Customer to invoice: the linked one, else an unlinked one of the same name, else a new one; linked from now on."""
	linked = _linked(hd_customer)
	if linked:
		return linked
	from helpdesk.integrations.erpnext.utils import set_links

	unlinked = {"name": hd_customer, "hd_customer": ["is", "not set"]}
	customer = frappe.db.get_value("Customer", unlinked, "name") or _new(hd_customer)
	set_links(customer, hd_customer)
	return customer


def _linked(hd_customer: str) -> str | None:
	"""Locks the HD Customer: two first orders at once must not make two Customers."""
	customer = frappe.db.get_value("HD Customer", hd_customer, "erpnext_customer", for_update=True)
	if customer and seen("Customer", customer):
		return customer
	return frappe.db.get_value("Customer", {"hd_customer": hd_customer}, "name")


def _new(hd_customer: str) -> str:
	from helpdesk.integrations.erpnext.utils import map_source_to_target_values

	source = frappe.get_doc("HD Customer", hd_customer)
	config = settings()
	doc = frappe.get_doc(
		{
			"doctype": "Customer",
			"customer_name": source.customer_name,
			"hd_customer": source.name,
			"customer_group": config.customer_group or None,
			"territory": config.territory or None,
			**map_source_to_target_values(source),
		}
	)
	doc.flags.ignore_erpnext_sync = True
	return doc.insert(ignore_permissions=True).name


def hd_customers_of(customer: str) -> set[str]:
	"""The HD Customers that a Customer is linked with, from either side."""
	found = set(frappe.get_all("HD Customer", filters={"erpnext_customer": customer}, pluck="name"))
	name = frappe.db.get_value("Customer", customer, "hd_customer")
	if name and frappe.db.exists("HD Customer", name):
		found.add(name)
	return found


def renamed(doc: Document, method: str, old: str, new: str, merge: bool = False) -> None:
	"""Helpdesk renames its link only while its own sync is on; invoices made before are still the customer's."""
	if is_installed() and frappe.db.has_column("Customer", "hd_customer"):
		frappe.db.set_value("Customer", {"hd_customer": old}, "hd_customer", new, update_modified=False)
