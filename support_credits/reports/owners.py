"""Whose an account is today: one that was joined with another belongs to whom that one belongs to."""

from __future__ import annotations

import frappe

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
	"""SQL that keeps the customer's accounts only, all where none is named; puts what it needs into ``values``."""
	if not customer:
		return ""
	values["accounts"] = accounts_of(customer)
	return f" AND {column} IN %(accounts)s"
