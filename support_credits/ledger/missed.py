"""A missed response target gives the credit back, where the provider promises that (design rule 16; off by default).

The ticket is exempted for the provider's own reason for it, which gives back what it was charged. Once: a manager who takes
the exemption away is not overruled by the next run.
"""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe import _

from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.notice import Kind
from support_credits.ledger import clock, corrections, notices
from support_credits.ledger import settings as site
from support_credits.ledger.notices import Notice
from support_credits.ledger.retry import retry_whole
from support_credits.run_record import recorded

LOOKED_BACK = timedelta(days=30)  # also after a week without jobs
PAGE = 500
# A ticket's times are on the site's wall; they are compared exactly below. No zone is further from another than 26 hours.
CANDIDATES = f"""SELECT i.name, i.ticket, i.due_at_utc, t.first_responded_on FROM `tabSupport Incident` i
	JOIN `tabHD Ticket` t ON t.name = i.ticket
	WHERE i.state IN ('Charged', 'Overdrawn') AND i.due_at_utc >= %(since)s AND i.due_at_utc <= %(now)s AND i.name > %(last)s
	AND (t.first_responded_on IS NULL OR t.first_responded_on >
		DATE_SUB(STR_TO_DATE(LEFT(i.due_at_utc, 19), '%%Y-%%m-%%dT%%H:%%i:%%s'), INTERVAL 26 HOUR))
	AND NOT EXISTS (SELECT 1 FROM `tabCredit Notice` n WHERE n.notice_key = CONCAT('missed:', i.name))
	ORDER BY i.name LIMIT {PAGE}"""


def reason() -> str | None:
	"""The provider's enabled reason that applies by itself when a target was missed."""
	return frappe.db.get_value("Exemption Reason", {"automatic": "Missed target", "enabled": 1}, "name")


@recorded
def give_back_missed() -> int:
	"""Exempt tickets that were not answered in time; returns how many, each in a transaction of its own."""
	since, why = site.settings().missed_target_since_utc, reason()
	if not (site.settings().missed_target_credit and since and why):
		return 0
	frappe.set_user("Administrator")
	at, last, done = clock.now(), "", 0
	since = max(since, stamp_text(at - LOOKED_BACK))
	while True:
		found = frappe.db.sql(CANDIDATES, {"since": since, "now": stamp_text(at), "last": last}, as_dict=True)
		done += sum(_give_back(row, why) for row in found if _is_missed(row))
		if len(found) < PAGE:
			return done
		last = found[-1].name


def _is_missed(row: frappe._dict) -> bool:
	return not row.first_responded_on or site.site_time(row.first_responded_on) > parse_stamp(row.due_at_utc)


def _give_back(row: frappe._dict, why: str) -> int:
	try:
		done = retry_whole(lambda: exempt(row.name, row.ticket, row.due_at_utc, why))
	except Exception:
		frappe.db.rollback()
		frappe.log_error(
			title=f"Support Credits: ticket {row.ticket} missed its target and could not be exempted"
		)
		done = 0
	frappe.db.commit()
	return done


def exempt(incident: str, ticket: str, due_at: str, why: str) -> int:
	"""One of them, with the notice that makes it once; 0 where another run was first."""
	from support_credits.overrides.hd_ticket import show_correction

	corrections.lock_ticket(ticket)
	fields = ["ticket", "ticket_no", "customer", "account", "credits", "due_at_utc"]
	held = frappe.db.get_value("Support Incident", incident, fields, as_dict=True)
	if (held.ticket, held.due_at_utc) != (ticket, due_at):
		return 0  # reopened, or its deadline moved, since it was looked for
	values = {"credits": held.credits, "ticket": held.ticket_no, "due_at": due_at}
	told = notices.keep(
		Notice(
			kind=Kind.MISSED,
			key=f"missed:{incident}",
			customer=held.customer,
			account=held.account or "",
			about=("Support Incident", incident),
			ticket=ticket,
			values=values,
		)
	)
	if not told:
		return 0
	done = corrections.exempt(ticket, why)
	activity = _("was exempted: its first response missed the target, {0} credit(s) given back")
	show_correction(done.incident, activity.format(done.credits_back))
	return 1
