"""Mails that are due: each queued in a transaction of its own, the one that says of its record that it is due no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe

from support_credits.ledger.retry import retry_whole
from support_credits.mail.answers import default_sender


def send_each(
	due: Callable[[], Iterable[str]],
	send: Callable[[str, str], bool],
	postpone: Callable[[str], object],
	trouble: str,
) -> int:
	"""``send`` the mail of every record that is ``due``; returns how many went. Without a sender they wait.

	One that fails is logged as ``trouble`` with its name, and postponed: it must not hold up the others.
	"""
	frappe.set_user("Administrator")
	sender = default_sender()
	if not sender:
		return 0

	def alone(name: str) -> int:
		try:
			sent = retry_whole(lambda: send(name, sender))
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Support Credits: {trouble.format(name)}")
			postpone(name)
			sent = False
		frappe.db.commit()
		return int(sent)

	return sum(map(alone, due()))
