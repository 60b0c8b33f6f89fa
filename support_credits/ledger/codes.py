"""Activation codes: issued once in plain text, kept as digests, redeemed once (design rule 18).

Whoever may not redeem learns nothing: unknown, used, revoked and overdue codes, and a wrong serial, get one answer after
the same work.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hmac import compare_digest
from typing import NoReturn

import frappe
from frappe import _
from frappe.model.naming import make_autoname
from frappe.utils import escape_html, getdate

from support_credits.engine.allocation import checked_amount
from support_credits.engine.calendar_days import MONTHS_MAX, local_day
from support_credits.engine.codes import BYTES, GROUP, code_from, digest_of
from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.engine.serials import checked_serial, serial_key
from support_credits.exceptions import CodeRefused, WrongState
from support_credits.ledger import accounts, clock, deployments, grants, incidents, rows
from support_credits.ledger import settings as site

DOCTYPE = "Activation Code"
BATCH = "Activation Batch"
SERIES = "AB-.YYYY.-.#####"
MOST_AT_ONCE = 1_000
COLUMNS = "name, code_hash, state, pack, credits, months, price, currency, redeem_until, hint, product, serial, serial_key"
FIND = f"SELECT {COLUMNS} FROM `tabActivation Code` WHERE code_hash = %s"
LOCK = f"SELECT {COLUMNS} FROM `tabActivation Code` FORCE INDEX (PRIMARY) WHERE name = %s FOR UPDATE"
NO_CODE = frappe._dict(state="", product="", serial_key="", redeem_until=None)


@dataclass(frozen=True)
class Offer:
	"""What a code brings: a ``pack``, or ``credits`` valid for ``months`` (0: for ever). ``redeem_until`` None: any day."""

	pack: str | None = None
	credits: int = 0
	months: int = 0
	redeem_until: date | None = None


@dataclass(frozen=True)
class Binding:
	"""The product a batch is sold with, and the serials its codes are bound to, one each; none: bound to nothing."""

	product: str = ""
	serials: tuple[str, ...] = ()


UNBOUND = Binding()


@dataclass(frozen=True)
class Issued:
	"""A new batch, and its codes in the order of their numbers and of the serials."""

	batch: str
	codes: list[str]
	serials: list[str]


# Issuing


def issue(offer: Offer, count: int, label: str, binding: Binding = UNBOUND, note: str = "") -> Issued:
	"""``count`` new codes, which nobody can see a second time. EngineError for numbers and serials out of bounds.

	What a pack brings is fixed here: a card that was sold brings what it was sold for, whatever becomes of the pack.
	"""
	if not 0 < count <= MOST_AT_ONCE:
		frappe.throw(_("Issue from 1 to {0} codes at once.").format(MOST_AT_ONCE))
	if not 0 <= offer.months <= MONTHS_MAX:
		frappe.throw(_("Months must be from 0 to {0}.").format(MONTHS_MAX))
	terms = _terms(offer)
	checked_amount(terms["credits"])
	bound = _bound(binding, count)
	batch = _insert_batch(terms, count, label, binding, note)
	codes = [code_from(secrets.token_bytes(BYTES)) for _number in range(count)]
	numbered = enumerate(zip(codes, bound, strict=True), start=1)
	own = {**terms, "batch": batch, "product": binding.product or None, "state": "Issued"}
	try:
		rows.insert_rows(DOCTYPE, [{**_row(number, *pair), **own} for number, pair in numbered])
	except Exception as error:
		if not (binding.serials and rows.is_duplicate(error)):
			raise
		# Another request gave one of these serials a code since this transaction began: begun again, it is named.
		raise frappe.QueryDeadlockError(_("Serial issued twice at once")) from error
	return Issued(batch, codes, [serial for serial, _key in bound if serial])


def _terms(offer: Offer) -> dict[str, object]:
	said = {"pack": None, "credits": offer.credits, "months": offer.months, "price": 0, "currency": None}
	if offer.pack:
		fields = ["name as pack", "credits", "validity_months as months", "price", "currency"]
		found = frappe.db.get_value("Credit Pack", offer.pack, fields, as_dict=True)
		if not found:
			frappe.throw(_("Credit Pack {0} does not exist.").format(offer.pack), frappe.DoesNotExistError)
		said = dict(found)
	return {**said, "redeem_until": offer.redeem_until}


def _bound(binding: Binding, count: int) -> list[tuple[str | None, str | None]]:
	"""A serial and its key for each of ``count`` codes, or as many of nothing."""
	if not binding.serials:
		return [(None, None)] * count
	if not binding.product:
		frappe.throw(_("Name the product the serial numbers are of."))
	if len(binding.serials) != count:
		frappe.throw(
			_("There are {0} serial numbers for {1} codes: each code needs one.").format(
				len(binding.serials), count
			)
		)
	found: dict[str, str] = {}
	for serial in map(checked_serial, binding.serials):
		key = serial_key(binding.product, serial)
		if key in found:
			frappe.throw(_("Serial {0} is named twice.").format(escape_html(serial)))
		found[key] = serial
	_refuse_served(found)
	return [(serial, key) for key, serial in found.items()]


def _refuse_served(found: dict[str, str]) -> None:
	"""Refuse serials that have a code, or whose credits came with a deployment: they would come twice."""
	coded = frappe.get_all(DOCTYPE, {"serial_key": ["in", list(found)]}, pluck="serial_key", limit=1)
	if coded:
		frappe.throw(
			_("Serial {0} has a code already. Revoke that one first, or leave the serial out.").format(
				escape_html(found[coded[0]])
			),
			WrongState,
		)
	brought = deployments.brought(found)
	if brought:
		frappe.throw(
			_("The credits of serial {0} came with its deployment. Leave the serial out.").format(
				escape_html(found[brought])
			),
			WrongState,
		)


def _insert_batch(terms: dict[str, object], count: int, label: str, binding: Binding, note: str) -> str:
	name = make_autoname(SERIES)
	own = {"label": label, "product": binding.product or None, "serial_bound": int(bool(binding.serials))}
	own |= {"size": count, "note": note, "issued_at_utc": stamp_text(clock.now())}
	rows.insert_rows(BATCH, [{"name": name, **own, **terms}])
	return name


def _row(number: int, code: str, bound: tuple[str | None, str | None]) -> dict[str, object]:
	own = {"name": incidents.new_name(), "code_hash": digest_of(code), "hint": code[-GROUP:]}
	serial, key = bound
	return {**own, "number": number, "serial": serial, "serial_key": key}


# Redeeming


def digest_typed(typed: str) -> str:
	"""The digest of what somebody typed. CodeRefused for what cannot be a code, which helps nobody to guess one."""
	try:
		return digest_of(typed)
	except EngineError as error:
		frappe.throw(
			_("This cannot be a code: {0}.").format(_(error.template).format(**error.values)), CodeRefused
		)


def redeem(typed: str, account: str | None, customer: str, serial: str = "") -> grants.Granted:
	"""Grant what the code brings to ``account`` (None: one is opened for ``customer``), once.

	Raises CodeRefused with one answer for all that is no good. A code that is bound to a serial also records the deployment.
	"""
	# Judged by a plain read first, so that a wrong code costs the same whatever is wrong with it, and waits for nobody.
	found = frappe.db.sql(FIND, digest_typed(typed), as_dict=True)
	if not _is_good(found[0] if found else NO_CODE, serial):
		_refuse()
	code = _locked(found[0].name)
	if not _is_good(code, serial) or (code.serial_key and deployments.brought([code.serial_key])):
		_refuse()
	granted = grants.grant(account or accounts.ensure_account(customer), _order(code))
	values = {
		"state": "Redeemed",
		"customer": customer,
		"lot": granted.lot,
		"redeemed_by": frappe.session.user,
		"redeemed_at_utc": stamp_text(clock.now()),
	}
	if code.serial_key:
		values["deployment"] = deployments.registered(customer, code.product, code.serial)
	frappe.db.set_value(DOCTYPE, code.name, values)
	return granted


def _is_good(code: frappe._dict, serial: str) -> bool:
	"""Whether ``code`` can be redeemed with ``serial``. Everything is looked at, whatever is found first."""
	typed = serial_key(code.product or "", serial)
	checks = (
		code.state == "Issued",
		not _is_overdue(code),
		not code.serial_key or compare_digest(code.serial_key, typed),
	)
	return all(checks)


def _refuse() -> NoReturn:
	frappe.throw(
		_(
			"This code cannot be redeemed: it is unknown, was used, or is over. Check it, and the serial number if your card"
			" names one, or ask us."
		),
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


# Revoking


def revoke(name: str) -> None:
	"""The code brings nothing any more; its serial may have another. WrongState when it was redeemed."""
	if not frappe.db.exists(DOCTYPE, name):
		frappe.throw(_("Activation Code {0} does not exist.").format(name), frappe.DoesNotExistError)
	if _locked(name).state == "Redeemed":
		frappe.throw(
			_("This code was redeemed already. Void or adjust the lot it brought instead."), WrongState
		)
	_set_revoked(name)


def revoke_batch(batch: str) -> int:
	"""Revoke every code of ``batch`` that was not redeemed; returns how many became worthless by it."""
	if not frappe.db.exists(BATCH, batch):
		frappe.throw(_("Activation Batch {0} does not exist.").format(batch), frappe.DoesNotExistError)
	names = frappe.get_all(DOCTYPE, {"batch": batch, "state": "Issued"}, pluck="name", order_by="name asc")
	# One by one and by name: a range of codes locked at once would meet those who redeem.
	still = [name for name in names if _locked(name).state == "Issued"]
	for name in still:
		_set_revoked(name)
	return len(still)


def _set_revoked(name: str) -> None:
	frappe.db.set_value(DOCTYPE, name, {"state": "Revoked", "serial_key": None})
