"""Scheduled work of the calendars. Safe to run twice, or late: it looks at what is there."""

from __future__ import annotations

import frappe

from support_credits.hours.calendars import CALENDAR
from support_credits.run_record import recorded


@recorded
def keep_years_ahead() -> int:
	"""Extend every calendar's holidays as far ahead as deadlines are worked out; returns how many calendars.

	Saving one does it: it sets its years, asks its country for their holidays, and open tickets follow where a day changed.
	"""
	done = 0
	for name in frappe.get_all(CALENDAR, pluck="name", order_by="name asc"):
		try:
			frappe.get_doc(CALENDAR, name).save(ignore_permissions=True)
			done += 1
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Support Credits: the holidays of {name} could not be extended")
		frappe.db.commit()  # each calendar stands alone
	return done
