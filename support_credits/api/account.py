"""What managers do about an account's credits: grant, void, adjust; and what agents read: balance, statement, proof."""

import re
from collections.abc import Callable
from datetime import datetime, timezone
from hashlib import sha256
from typing import TypeVar

import frappe
from frappe import _

from support_credits.api.arguments import plain_text, whole_number
from support_credits.engine.allocation import checked_amount
from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import accounts, approvals, grants, queries, verification, wording
from support_credits.ledger.approvals import Request
from support_credits.ledger.retry import retry_whole

MANAGERS = ("Agent Manager", "System Manager")
READERS = (*MANAGERS, "Agent")

KEY_LENGTH = 1_000
PLAIN_KEY = re.compile(r"[a-z0-9._:-]{1,100}")

Result = TypeVar("Result")


@frappe.whitelist(methods=["POST"])
def grant(
	reason: str,
	customer: str = "",
	person: str = "",
	pack: str = "",
	credits: int | bool = 0,
	months: int | bool = 0,
	key: str = "",
) -> dict[str, object]:
	"""Grant a ``pack``, or ``credits`` valid for ``months`` (0: for ever), to a customer or a person by e-mail.

	``key`` makes it happen once: the same key again returns the first grant. Managers only; a reason is required.
	So many credits that the site asks for a second person (a setting) are not granted yet: the answer has ``approval``, which
	another manager approves.
	"""
	frappe.only_for(MANAGERS)
	reason = plain_text(reason, _("The reason"), required=True)
	credits, months = whole_number(credits, _("Credits")), whole_number(months, _("Months"))
	if bool(pack) == bool(credits):
		frappe.throw(_("Name either a pack or a number of credits."))
	event = event_of("grant", key)
	order = (
		grants.pack_order(pack, event, reason)
		if pack
		else grants.GrantOrder(credits, event, reason, months=months or None)
	)

	def whole() -> dict[str, object]:
		# The account is opened here, so that another attempt after a deadlock opens it again.
		account = account_for(customer, person)
		if approvals.is_needed(order.credits) and not grants.find_grant(event):
			return _waits(_grant_request(account, order))
		granted = grants.grant_once(account, order)
		return {**granted.__dict__, "account": account, "balance": queries.balance(account)}

	return guarded(whole)


def _grant_request(account: str, order: grants.GrantOrder) -> Request:
	"""The terms as they are now are what is approved, whatever the pack costs by then."""
	return Request(
		approvals.GRANT,
		account,
		checked_amount(order.credits),
		order.reason,
		order.event_key,
		pack=order.pack,
		months=order.months,
		price=order.price,
		currency=order.currency,
	)


def _waits(request: Request) -> dict[str, object]:
	"""What a call answers whose entry waits for a second person: nothing is in the ledger yet."""
	return {
		"approval": approvals.ask(request),
		"act": request.act,
		"account": request.account,
		"lot": request.lot or "",
		"credits": request.credits,
		"balance": queries.balance(request.account),
		"message": _(
			"Nothing is entered yet: {0} credits by hand wait for a second person. Another manager has to approve it."
		).format(abs(request.credits)),
	}


def _of_lot(act: str, lot: str, credits: int | None, reason: str, event: str) -> Request | None:
	"""The request for a lot's entry that needs a second person; None where it needs none, or there is no such lot.

	Without ``credits`` it is about all that remains.
	"""
	found = frappe.db.get_value("Credit Lot", lot, ["account", "remaining"], as_dict=True, order_by=None)
	if not found or not approvals.is_needed(found.remaining if credits is None else credits):
		return None
	return Request(
		act, found.account, found.remaining if credits is None else credits, reason, event, lot=lot
	)


def event_of(act: str, key: str) -> str:
	"""The event key of a call: the caller's ``key`` makes it happen once, without one every call is its own event."""
	if len(key) > KEY_LENGTH:
		frappe.throw(_("The key is too long: at most {0} characters.").format(KEY_LENGTH))
	if not key:
		return f"{act}:{frappe.generate_hash(length=16)}"
	if PLAIN_KEY.fullmatch(key):
		return f"{act}:{key}"
	# As a digest: for the database keys that differ in case or accent alone are one, and a paid grant would be lost.
	return f"{act}:{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def account_for(customer: str = "", person: str = "") -> str:
	"""The account of a customer, or of a person by e-mail; opened when there is none."""
	if bool(customer) == bool(person):
		frappe.throw(_("Name either a customer or a person's e-mail address."))
	return accounts.ensure_account(customer or accounts.customer_for_person(person))


def guarded(work: Callable[[], Result]) -> Result:
	"""Run ``work`` whole, again after a deadlock; the engine's refusals reach the reader as messages, not as errors."""
	try:
		return retry_whole(work)
	except EngineError as error:
		frappe.throw(wording.of_error(error), SupportCreditsError)


@frappe.whitelist(methods=["POST"])
def void(lot: str, reason: str) -> dict[str, object]:
	"""Take all that remains on a lot, for a reason. Managers only; a void is not an expiry and not a refund.

	Where the site asks for a second person it waits: see ``grant``.
	"""
	frappe.only_for(MANAGERS)
	reason = plain_text(reason, _("The reason"))

	def whole() -> dict[str, object]:
		wanted = _of_lot(approvals.VOID, lot, None, reason, f"void:{lot}")
		return _waits(wanted) if wanted else {"lot": lot, "credits": grants.void_lot(lot, reason)}

	return guarded(whole)


@frappe.whitelist(methods=["POST"])
def adjust(lot: str, credits: int | bool, reason: str, key: str = "") -> dict[str, object]:
	"""Correct a lot by a signed number of credits, for a reason. Managers only; once per ``key``, as a grant.

	Where the site asks for a second person it waits: see ``grant``.
	"""
	frappe.only_for(MANAGERS)
	reason, credits = plain_text(reason, _("The reason")), whole_number(credits, _("Credits"))
	event = event_of("adjust", key)

	def whole() -> dict[str, object]:
		remaining = grants.adjusted_before(lot, credits, event)
		if remaining is None:
			wanted = _of_lot(approvals.ADJUSTMENT, lot, credits, reason, event)
			if wanted:
				return _waits(wanted)
			remaining = grants.adjust_lot(lot, credits, reason, event)
		return {"lot": lot, "remaining": remaining}

	return guarded(whole)


@frappe.whitelist(methods=["GET", "POST"])
def statement(account: str, since: str = "") -> dict[str, object]:
	"""The account's statement: every change with the balance after it, and the digest that proves it. Agents only.

	``since`` is the first day to show (UTC, YYYY-MM-DD).
	"""
	frappe.only_for(READERS)
	check_account(account)
	said = queries.statement(account, since=_start_of(since))
	tickets = queries.tickets_of(account)
	lines = [
		{
			"at_utc": stamp_text(line.at),
			"kind": line.kind.value,
			"credits": line.credits,
			"balance": line.balance,
			"lot": line.lot,
			"ticket": tickets.get(line.incident, ""),
			"reason": line.reason,
			"by": line.actor,
			"entry": line.entry,
		}
		for line in said.lines
	]
	return {"account": account, "balance": said.closing, "digest": said.digest, "lines": lines}


def _start_of(day: str) -> datetime | None:
	if not day:
		return None
	try:
		return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=timezone.utc)
	except ValueError:
		frappe.throw(_("{0} is not a day. Write it as 2026-11-22.").format(day))


@frappe.whitelist(methods=["GET", "POST"])
def verify(account: str) -> dict[str, object]:
	"""Recompute the account's chain, lots and incidents. Managers only."""
	frappe.only_for(MANAGERS)
	check_account(account)
	return verification.verify(account).as_dict()


def check_account(account: str) -> None:
	if not frappe.db.exists("Credit Account", account):
		frappe.throw(_("Credit Account {0} does not exist.").format(account), frappe.DoesNotExistError)
