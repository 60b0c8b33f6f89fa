"""Entries by hand that wait for a second person: another manager approves or declines them, who asked may take them back."""

from typing import TypedDict

import frappe
from frappe import _

from support_credits.api.account import MANAGERS, guarded
from support_credits.api.arguments import plain_text
from support_credits.api.limits import limited
from support_credits.engine.approval import State
from support_credits.ledger import approvals, queries
from support_credits.ledger.approvals import Answer

READS_A_MINUTE = 120
ANSWERS_A_MINUTE = 60


class ApprovalLine(TypedDict):
	"""A request that waits. ``is_mine``: the caller asked for it, so another manager has to answer."""

	approval: str
	act: str
	customer: str
	account: str
	lot: str
	credits: int
	reason: str
	requested_by: str
	requested_at_utc: str
	expires_at_utc: str
	is_mine: bool


class Approvals(TypedDict):
	approvals: list[ApprovalLine]


class ApprovalAnswered(TypedDict):
	approval: str
	state: str
	lot: str
	credits: int
	balance: int
	message: str


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def waiting() -> Approvals:
	"""The entries that wait for a second person, newest first. Managers only."""
	frappe.only_for(MANAGERS)
	return {"approvals": [_line(row) for row in approvals.found(State.WAITING)]}


def _line(row: frappe._dict) -> ApprovalLine:
	return {
		"approval": row.name,
		"act": row.act,
		"customer": row.customer or "",
		"account": row.account,
		"lot": row.lot or "",
		"credits": row.credits,
		"reason": row.reason,
		"requested_by": row.requested_by,
		"requested_at_utc": row.requested_at_utc,
		"expires_at_utc": row.expires_at_utc,
		"is_mine": row.requested_by == frappe.session.user,
	}


@frappe.whitelist(methods=["POST"])
@limited(ANSWERS_A_MINUTE)
def approve(approval: str, note: str = "") -> ApprovalAnswered:
	"""Enter what another manager has asked for, once. Managers only, and never who asked for it.

	Raises WrongState when it was answered, is over, or is the caller's own.
	"""
	frappe.only_for(MANAGERS)
	note = plain_text(note, _("The note"))
	return _said(guarded(lambda: approvals.approve(approval, note)))


@frappe.whitelist(methods=["POST"])
@limited(ANSWERS_A_MINUTE)
def decline(approval: str, note: str = "") -> ApprovalAnswered:
	"""Decline it; nothing is entered. Managers only."""
	frappe.only_for(MANAGERS)
	note = plain_text(note, _("The note"))
	return _said(guarded(lambda: approvals.decline(approval, note)))


@frappe.whitelist(methods=["POST"])
@limited(ANSWERS_A_MINUTE)
def withdraw(approval: str) -> ApprovalAnswered:
	"""Take one's own request back. Managers only."""
	frappe.only_for(MANAGERS)
	return _said(guarded(lambda: approvals.withdraw(approval)))


def _said(answer: Answer) -> ApprovalAnswered:
	balance = queries.balance(answer.account)
	messages = {
		State.APPROVED: _("Approved and entered. The balance is {0}."),
		State.DECLINED: _("Declined. Nothing was entered; the balance is {0}."),
		State.WITHDRAWN: _("Taken back. Nothing was entered; the balance is {0}."),
	}
	return {
		"approval": answer.approval,
		"state": answer.state.value,
		"lot": answer.lot,
		"credits": answer.credits,
		"balance": balance,
		"message": messages[answer.state].format(balance),
	}
