"""User: nobody becomes somebody else by renaming himself; whose credits a person spends hangs on his address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

if TYPE_CHECKING:
	from frappe.core.doctype.user.user import User


def before_rename(doc: User, method: str, old: str, new: str, merge: bool = False) -> None:
	"""The host lets everybody rename his own user, to any address."""
	if "System Manager" not in frappe.get_roles():
		frappe.throw(_("Only a System Manager can rename user {0}.").format(old), frappe.PermissionError)
