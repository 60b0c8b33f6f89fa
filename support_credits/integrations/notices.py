"""Notifications in the desk, for whoever has to decide something."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe.utils.user import get_users_with_role

from support_credits.reader import in_language_of

MANAGERS = ("Agent Manager", "System Manager")


def people_of(*roles: str) -> set[str]:
	"""The users with any of ``roles``."""
	return {user for role in roles for user in get_users_with_role(role)}


def notify_each(people: Iterable[str], doctype: str, name: str, subject: Callable[[], str]) -> None:
	"""``notify``, with a ``subject`` that is asked for in the language of each."""
	for user in sorted(people):
		with in_language_of(user):
			notify((user,), doctype, name, subject())


def notify(people: Iterable[str], doctype: str, name: str, subject: str) -> None:
	"""One notification for each of ``people``, in the caller's transaction. ``subject`` is shown as HTML."""
	for user in sorted(people):
		notification = {
			"doctype": "Notification Log",
			"type": "Alert",
			"for_user": user,
			"document_type": doctype,
			"document_name": name,
			"subject": subject,
		}
		frappe.get_doc(notification).insert(ignore_permissions=True)
