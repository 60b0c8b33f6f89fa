"""HD Customer: accounts open where everyone must have credits, are joined when customers merge, and keep history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from support_credits.exceptions import HasHistory
from support_credits.ledger import accounts, incidents
from support_credits.ledger import settings as site

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_customer.hd_customer import HDCustomer


def after_insert(doc: HDCustomer, method: str | None = None) -> None:
	if site.settings().everyone_must_have_credits:
		accounts.ensure_account(doc.name)


def before_rename(doc: HDCustomer, method: str, old: str, new: str, merge: bool = False) -> None:
	if merge:
		accounts.customers_merge(old, new)


def on_trash(doc: HDCustomer, method: str | None = None) -> None:
	incidents.forget_customer(doc.name)
	account = accounts.account_of(doc.name)
	if not account:
		return
	if accounts.has_history(account):
		frappe.throw(
			_("{0} has credits or a history in account {1}. Merge it into another customer instead.").format(
				doc.name, account
			),
			HasHistory,
		)
	frappe.delete_doc("Credit Account", account, ignore_permissions=True)
