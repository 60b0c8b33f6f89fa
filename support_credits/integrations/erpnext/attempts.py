"""Work for ERPNext inside somebody's transaction: what fails is undone alone, so that his own work stands."""

from __future__ import annotations

from collections.abc import Callable

import frappe

POINT = "sc_erpnext"


def alone(work: Callable[[], object], failed: Callable[[Exception], object]) -> bool:
	"""Do ``work``; when it fails undo it and call ``failed``, in the same transaction. False then.

	A deadlock is raised: it has undone the whole transaction, the caller's work too. What ERPNext says on the way is for
	accountants, and the caller may be a customer: it is not shown.
	"""
	said = len(frappe.local.message_log)
	frappe.db.savepoint(POINT)
	try:
		work()
		return True
	except frappe.QueryDeadlockError:
		raise
	except Exception as error:
		frappe.db.rollback(save_point=POINT)
		if not isinstance(error, frappe.ValidationError):
			frappe.log_error(title="Support Credits: ERPNext")
		failed(error)
		return False
	finally:
		del frappe.local.message_log[said:]


def seen(doctype: str, name: str) -> bool:
	"""Whether a record exists. Where another request made it since this transaction began, that is begun again: no reading
	of the host's would find the record. The caller, or whoever he works for, tries whole work again.
	"""
	if frappe.db.exists(doctype, name):
		return True
	if frappe.db.get_value(doctype, name, "name", for_update=True):
		raise frappe.QueryDeadlockError(f"{doctype} {name} was made meanwhile")
	return False
