"""HD Service Holiday List: one that shows a Support Calendar's holidays is not edited by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from support_credits.exceptions import KeptByTier

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_service_holiday_list.hd_service_holiday_list import HDServiceHolidayList


def before_save(doc: HDServiceHolidayList, method: str | None = None) -> None:
	"""An edit here would move no deadline, and the next save of the calendar would undo it: said now."""
	before = doc.get_doc_before_save()
	calendar = before and before.get("sc_calendar")
	if calendar and not doc.flags.sc_follows:
		frappe.throw(
			_(
				"{0} follows Support Calendar {1}. Add or take away days there: open tickets are worked out again."
			).format(doc.name, calendar),
			KeptByTier,
		)
