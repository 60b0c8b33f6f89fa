"""Activation codes: customers redeem them, managers issue and revoke them."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from support_credits.api import access
from support_credits.api.account import MANAGERS, guarded
from support_credits.api.arguments import plain_text, whole_number
from support_credits.api.limits import HOUR, limited
from support_credits.api.shapes import Redeemed
from support_credits.ledger import codes, queries
from support_credits.ledger.codes import Offer
from support_credits.ledger.grants import Granted

TRIES_AN_HOUR = 10
CODE_LENGTH = 100
BATCH_LENGTH = 100


@frappe.whitelist(methods=["POST"])
@limited(TRIES_AN_HOUR, HOUR)
def redeem(code: str, customer: str = "") -> Redeemed:
	"""Redeem a code for ``customer`` (the caller's only one when he names none). Tickets that wait go on by themselves.

	Raises CodeRefused, with one answer for every code that is no good, and NotMember where he may not act for it.
	"""
	member = access.actor_for(customer)
	if len(code) > CODE_LENGTH:
		frappe.throw(_("The code is too long: at most {0} characters.").format(CODE_LENGTH))

	def whole() -> tuple[Granted, int]:
		granted = codes.redeem(code, member.account, member.customer)
		return granted, queries.balance(member.account)

	granted, balance = guarded(whole)
	return {
		"customer": member.customer,
		"credits": granted.credits,
		"lot": granted.lot,
		"balance": balance,
		"expires_on": granted.expires_on,
		"message": _message(granted, balance),
	}


def _message(granted: Granted, balance: int) -> str:
	if granted.expires_on:
		return _("Redeemed: {0} credit(s), usable until {1}. Your balance is {2}.").format(
			granted.credits, formatdate(granted.expires_on), balance
		)
	return _("Redeemed: {0} credit(s). Your balance is {1}.").format(granted.credits, balance)


@frappe.whitelist(methods=["POST"])
def issue(
	batch: str,
	pack: str = "",
	credits: int | bool = 0,
	months: int | bool = 0,
	count: int | bool = 1,
	redeem_until: str = "",
) -> dict[str, object]:
	"""Issue ``count`` codes for a ``pack``, or for ``credits`` valid for ``months`` (0: for ever). Managers only.

	The codes are in the answer and nowhere else: only their digests are kept.
	"""
	frappe.only_for(MANAGERS)
	batch = plain_text(batch, _("The batch"), most=BATCH_LENGTH)
	if not batch:
		frappe.throw(_("Name the batch, so that its codes can be found again."))
	credits, months = whole_number(credits, _("Credits")), whole_number(months, _("Months"))
	if bool(pack) == bool(credits):
		frappe.throw(_("Name either a pack or a number of credits."))
	if pack and months:
		frappe.throw(_("A pack has its own validity. Leave the months out."))
	offer = Offer(pack or None, credits, months, _day(redeem_until))
	made = guarded(lambda: codes.issue(offer, whole_number(count, _("Count")), batch))
	return {"batch": batch, "codes": made}


def _day(text: str) -> date | None:
	try:
		return getdate(text) if text else None
	except Exception:
		frappe.throw(_("{0} is not a date.").format(text))


@frappe.whitelist(methods=["POST"])
def revoke(code: str) -> dict[str, object]:
	"""Make a code worthless, by its record's name. Managers only."""
	frappe.only_for(MANAGERS)
	guarded(lambda: codes.revoke(code))
	return {"code": code, "state": "Revoked"}
