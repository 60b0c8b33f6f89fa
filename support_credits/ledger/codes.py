"""Activation codes: issued once in plain text, kept as digests, redeemed once (design rule 18).

Whoever may not redeem learns nothing: unknown, used, revoked and overdue codes get one answer.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NoReturn

import frappe
from frappe import _
from frappe.utils import getdate

from support_credits.engine.allocation import checked_amount
from support_credits.engine.calendar_days import MONTHS_MAX, local_day
from support_credits.engine.codes import BYTES, GROUP, code_from, digest_of
from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.exceptions import CodeRefused, WrongState
from support_credits.ledger import clock, grants, incidents, rows
from support_credits.ledger import settings as site

DOCTYPE = "Activation Code"
MOST_AT_ONCE = 1_000
LOCK = """SELECT name, code_hash, state, pack, credits, months, price, currency, redeem_until, hint
	FROM `tabActivation Code` FORCE INDEX (PRIMARY) WHERE name = %s FOR UPDATE"""


@dataclass(frozen=True)
class Offer:
	"""What a code brings: a ``pack``, or ``credits`` valid for ``months`` (0: for ever). ``redeem_until`` None: any day."""

	pack: str | None = None
	credits: int = 0
	months: int = 0
	redeem_until: date | None = None


def issue(offer: Offer, count: int, batch: str) -> list[str]:
	"""``count`` new codes, which nobody can see a second time. EngineError for numbers out of bounds.

	What a pack brings is fixed here: a card that was sold brings what it was sold for, whatever becomes of the pack.
	"""
	if not 0 < count <= MOST_AT_ONCE:
		frappe.throw(_("Issue from 1 to {0} codes at once.").format(MOST_AT_ONCE))
	if not 0 <= offer.months <= MONTHS_MAX:
		frappe.throw(_("Months must be from 0 to {0}.").format(MONTHS_MAX))
	terms = _terms(offer)
	checked_amount(terms["credits"])
	codes = [code_from(secrets.token_bytes(BYTES)) for _number in range(count)]
	rows.insert_rows(DOCTYPE, [_row(code, terms, batch) for code in codes])
	return codes


def _terms(offer: Offer) -> dict[str, object]:
	said = {"pack": None, "credits": offer.credits, "months": offer.months, "price": 0, "currency": None}
	if offer.pack:
		fields = ["name as pack", "credits", "validity_months as months", "price", "currency"]
		found = frappe.db.get_value("Credit Pack", offer.pack, fields, as_dict=True)
		if not found:
			frappe.throw(_("Credit Pack {0} does not exist.").format(offer.pack), frappe.DoesNotExistError)
		said = dict(found)
	return {**said, "redeem_until": offer.redeem_until}


def _row(code: str, terms: dict[str, object], batch: str) -> dict[str, object]:
	own = {"name": incidents.new_name(), "code_hash": digest_of(code), "hint": code[-GROUP:]}
	return {**own, "batch": batch, "state": "Issued", **terms}


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
	return grants.GrantOrder(
		code.credits,
		f"code:{code.code_hash}",
		_("Activation code …{0}").format(code.hint),
		source="Code",
		months=code.months or None,
		pack=code.pack,
		price=Decimal(str(code.price)) if code.pack else None,
		currency=code.currency,
	)


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
