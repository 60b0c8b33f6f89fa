"""Whose an account is today: one that was joined with another belongs to whom that one belongs to.

And whose may be read: the host's user permissions take away rows that name a customer, but know nothing of sums, so they are kept
here, for rows, sums and charts alike.
"""

from __future__ import annotations

import frappe
from frappe.core.doctype.user_permission.user_permission import get_user_permissions

CUSTOMER = "HD Customer"
NOBODY = ("",)  # no account has this name


def accounts_of(customer: str) -> tuple[str, ...]:
	"""The customer's account and those that were joined with it; a name that none has where there is no such account."""
	own = frappe.db.get_value("Credit Account", {"customer": customer}, "name", order_by=None)
	if not own:
		return NOBODY
	joined = _joined()
	return (own, *sorted(account for account in joined if _last(account, joined) == own))


def customers_of_joined() -> dict[str, str]:
	"""The customer of every account that has been joined with another; such an account names none itself."""
	joined = _joined()
	last = {account: _last(account, joined) for account in joined}
	if not last:
		return {}
	found = dict(
		frappe.get_all(
			"Credit Account",
			filters={"name": ["in", sorted(set(last.values()))]},
			fields=["name", "customer"],
			as_list=True,
			order_by="name asc",
		)
	)
	return {account: found.get(into) or "" for account, into in last.items()}


def _joined() -> dict[str, str]:
	return dict(
		frappe.get_all(
			"Credit Account",
			filters={"merged_into": ["is", "set"]},
			fields=["name", "merged_into"],
			as_list=True,
			order_by="name asc",
		)
	)


def _last(account: str, joined: dict[str, str]) -> str:
	seen = {account}
	while account in joined and joined[account] not in seen:
		account = joined[account]
		seen.add(account)
	return account


def condition(customer: str, column: str, values: dict[str, object]) -> str:
	"""SQL that keeps the accounts of the customer, or of those the reader may read where none is named; puts what it needs into
	``values``.
	"""
	names = readable(customer)
	if names is None:
		return ""
	found = (accounts_of(name) for name in names)
	values["accounts"] = tuple(dict.fromkeys(account for accounts in found for account in accounts)) or NOBODY
	return f" AND {column} IN %(accounts)s"


def readable(customer: str) -> tuple[str, ...] | None:
	"""The customers that are to be shown: None for all, nobody where the one asked for may not be read."""
	permitted = _permitted()
	if permitted is None:
		return (customer,) if customer else None
	if not customer:
		return permitted
	return (customer,) if customer in permitted else ()


def _permitted() -> tuple[str, ...] | None:
	"""Customers to whom the host's user permissions confine the reader; None where they do not."""
	rules = get_user_permissions().get(CUSTOMER) or ()
	names = [rule["doc"] for rule in rules if rule.get("applicable_for") in (None, "", "Credit Account")]
	return tuple(names) if names else None
