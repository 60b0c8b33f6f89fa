"""Work on a ticket: an agent's timer, which runs on the server, and what he types (design rule 14)."""

from collections.abc import Callable

import frappe
from frappe import _
from helpdesk.utils import is_agent

from support_credits.api.account import event_of, guarded
from support_credits.api.agent_shapes import TimerGone, TimerLine, WorkLogged
from support_credits.api.arguments import plain_text, whole_number
from support_credits.api.incident import check_agent
from support_credits.api.limits import limited
from support_credits.engine.work import MINUTE, MOST_MINUTES
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import work
from support_credits.ledger.work import Logged, Timer

ACTS_A_MINUTE = 60


@frappe.whitelist(methods=["POST"])
@limited(ACTS_A_MINUTE)
def start_timer(ticket: str) -> TimerLine:
	"""Start the caller's timer on ``ticket``; one that runs already goes on. Agents only."""
	check_agent(ticket)
	return timer_line(guarded(lambda: work.start(ticket, frappe.session.user)))


@frappe.whitelist(methods=["POST"])
@limited(ACTS_A_MINUTE)
def stop_timer(timer: str, minutes: int | bool = 0, note: str = "") -> WorkLogged:
	"""Stop the caller's timer: one Work Log of what it measured, or of ``minutes`` where it ran on unwatched.

	Repeated it is the same log. A timer that ran for more than a day needs the minutes.
	"""
	_check_is_agent()
	minutes = _minutes(minutes, least=0)
	note = plain_text(note, _("The note"))
	return _logged(lambda: work.stop(timer, frappe.session.user, minutes or None, note))


@frappe.whitelist(methods=["POST"])
@limited(ACTS_A_MINUTE)
def discard_timer(timer: str) -> TimerGone:
	"""Throw the caller's timer away; nothing is logged."""
	_check_is_agent()
	gone = guarded(lambda: work.discard(timer, frappe.session.user))
	return {"timer": gone.name, "ticket": gone.ticket}


@frappe.whitelist(methods=["POST"])
@limited(ACTS_A_MINUTE)
def log(ticket: str, minutes: int | bool, note: str = "", key: str = "") -> WorkLogged:
	"""Log ``minutes`` of work on ``ticket``, rounded up as the settings say. ``key`` makes it one log, however often it is sent."""
	check_agent(ticket)
	minutes = _minutes(minutes, least=1)
	note = plain_text(note, _("The note"))
	# Two agents, or one on two tickets, may come upon the same key.
	event = event_of("work", key and event_of(f"{frappe.session.user} {ticket}", key))
	return _logged(lambda: work.enter(ticket, minutes * MINUTE, note, event))


def _minutes(minutes: int | bool, least: int) -> int:
	minutes = whole_number(minutes, _("Minutes"))
	if not least <= minutes <= MOST_MINUTES:
		frappe.throw(_("Minutes must be from 1 to {0}.").format(MOST_MINUTES), SupportCreditsError)
	return minutes


def _check_is_agent() -> None:
	"""The timer itself says whose it is, and its Work Log asks for the ticket."""
	if not is_agent():
		frappe.throw(_("Only agents can log work."), frappe.PermissionError)


def _logged(act: Callable[[], Logged]) -> WorkLogged:
	logged = guarded(act)
	message = (
		_("1 minute of work is logged.")
		if logged.minutes == 1
		else _("{0} minutes of work are logged.").format(logged.minutes)
	)
	return {
		"work_log": logged.log,
		"ticket": logged.ticket,
		"minutes": logged.minutes,
		"replayed": logged.replayed,
		"message": message,
	}


def timer_line(timer: Timer) -> TimerLine:
	return {"timer": timer.name, "ticket": timer.ticket, "started_at": timer.started_at.isoformat()}
