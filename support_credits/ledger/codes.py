"""Activation codes: issued once in plain text, kept as digests, redeemed once (design rule 18).

Whoever may not redeem learns nothing: unknown, used, revoked and overdue codes get one answer.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

import frappe
from frappe import _
from frappe.utils import getdate

from support_credits.engine.allocation import checked_amount
from support_credits.engine.calendar_days import local_day
from support_credits.engine.codes import BYTES, GROUP, code_from, digest_of
from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.exceptions import CodeRefused, WrongState
from support_credits.ledger import clock, grants, incidents, rows
from support_credits.ledger import settings as site

DOCTYPE = "Activation Code"
MOST_AT_ONCE = 1_000
LOCK = """SELECT name, code_hash, state, pack, credits, months, redeem_until, hint
	FROM `tabActivation Code` FORCE INDEX (PRIMARY) WHERE name = %s FOR UPDATE"""


@dataclass(frozen=True)
class Offer:
	"""What a code brings: a ``pack``, or ``credits`` valid for ``months`` (0: for ever). ``redeem_until`` None: any day."""

	pack: str | None = None
	credits: int = 0
	months: int = 0
	redeem_until: date | None = None


def issue(offer: Offer, count: int, batch: str) -> list[str]:
	"""``count`` new codes, which nobody can see a second time. EngineError for numbers out of bounds."""
	if not 0 < count <= MOST_AT_ONCE:
		frappe.throw(_("Issue from 1 to {0} codes at once.").format(MOST_AT_ONCE))
	credits = frappe.db.get_value("Credit Pack", offer.pack, "credits") if offer.pack else offer.credits
	if credits is None:
		frappe.throw(_("Credit Pack {0} does not exist.").format(offer.pack), frappe.DoesNotExistError)
	checked_amount(credits)
	codes = [code_from(secrets.token_bytes(BYTES)) for _number in range(count)]
	rows.insert_rows(DOCTYPE, [_row(code, offer, credits, batch) for code in codes])
	return codes


def _row(code: str, offer: Offer, credits: int, batch: str) -> dict[str, object]:
	return {
		"name": incidents.new_name(),
		"code_hash": digest_of(code),
		"hint": code[-GROUP:],
		"batch": batch,
		"state": "Issued",
		"pack": offer.pack,
		"credits": credits,
		"months": offer.months,
		"redeem_until": offer.redeem_until,
	}


def redeem(typed: str, account: str, customer: str) -> grants.Granted:
	"""Grant what the code brings to ``account``, once. Raises CodeRefused with one answer for all that is no good."""
	try:
		digest = digest_of(typed)
	except EngineError as error:
		frappe.throw(
			_("This cannot be a code: {0}.").format(_(error.template).format(**error.values)), CodeRefused
		)
	name = frappe.db.get_value(DOCTYPE, {"code_hash": digest}, "name", order_by=None)
	code = _locked(name) if name else None
	if not code or code.state != "Issued" or _is_overdue(code):
		_refuse()
	granted = grants.grant(account, _order(code))
	values = {
		"state": "Redeemed",
		"customer": customer,
		"lot": granted.lot,
		"redeemed_by": frappe.session.user,
		"redeemed_at_utc": stamp_text(clock.now()),
	}
	frappe.db.set_value(DOCTYPE, code.name, values)
	return granted


def _refuse() -> NoReturn:
	frappe.throw(
		_("This code cannot be redeemed: it is unknown, was used, or is over. Check it, or ask us."),
		CodeRefused,
		title=_("Code not accepted"),
	)


def _locked(name: str) -> frappe._dict:
	return frappe.db.sql(LOCK, name, as_dict=True)[0]


def _is_overdue(code: frappe._dict) -> bool:
	today = local_day(clock.now(), site.provider_zone())
	return bool(code.redeem_until) and getdate(code.redeem_until) < today


def _order(code: frappe._dict) -> grants.GrantOrder:
	event, reason = f"code:{code.code_hash}", _("Activation code …{0}").format(code.hint)
	if code.pack:
		return grants.pack_order(code.pack, event, reason, source="Code")
	return grants.GrantOrder(code.credits, event, reason, source="Code", months=code.months or None)


def revoke(name: str) -> None:
	"""The code brings nothing any more. WrongState when it was redeemed."""
	if not frappe.db.exists(DOCTYPE, name):
		frappe.throw(_("Activation Code {0} does not exist.").format(name), frappe.DoesNotExistError)
	code = _locked(name)
	if code.state == "Redeemed":
		frappe.throw(
			_("This code was redeemed already. Void or adjust the lot it brought instead."), WrongState
		)
	frappe.db.set_value(DOCTYPE, name, "state", "Revoked")
