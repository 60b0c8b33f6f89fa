"""The request form of the public page. It is shown when it is asked for, so that the page itself is the same for everybody:
only a form knows who is logged in, and carries the token the host asks of him.
"""

from __future__ import annotations

from html import unescape
from typing import TypedDict
from urllib.parse import urlencode

import frappe
from frappe import _
from frappe.utils import cstr, get_fullname, strip_html
from helpdesk.utils import is_agent

from support_credits.api import services
from support_credits.offer import caching, packs, terms
from support_credits.overrides.identity import companies_of

FIELDS = ("subject", "details", "kind", "pack", "name", "email", "customer", "website")


class Choice(TypedDict):
	value: str
	label: str
	is_chosen: bool


class Form(TypedDict):
	"""``error`` says what is wrong with what was sent; ``sent`` thanks for it, and then there is nothing to fill in."""

	is_open: bool
	sent: str
	error: str
	values: dict[str, str]
	kinds: list[Choice]
	packs: list[Choice]
	customers: list[Choice]
	person: str
	token: str
	status: int


CLOSED = Form(
	is_open=False,
	sent="",
	error="",
	values={},
	kinds=[],
	packs=[],
	customers=[],
	person="",
	token="",
	status=200,
)


def shown() -> Form:
	"""The form this request asks for. What was sent is taken, and the browser is led on to the thanks."""
	if frappe.request.method == "POST":
		return _taken({name: cstr(frappe.form_dict.get(name)) for name in FIELDS})
	number = cstr(frappe.form_dict.get("sent"))
	asked = {name: cstr(frappe.form_dict.get(name)) for name in ("kind", "pack")}
	if number.isascii() and number.isdigit():
		return _form({}, sent=services.thanks(number))
	if any(asked.values()):
		return _form(_prefilled(**asked))
	caching.mark(caching.PUBLIC)
	return CLOSED


def _prefilled(kind: str, pack: str) -> dict[str, str]:
	on_sale = {offer["pack"]: offer["name"] for offer in packs.on_sale()}
	if pack in on_sale:
		return {"kind": "buy", "pack": pack, "subject": on_sale[pack][: services.SUBJECT_LENGTH]}
	return {"kind": kind if kind in services.KINDS else "services"}


def _taken(given: dict[str, str]) -> Form:
	try:
		answer = services.request(**given)
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.db.rollback()
		return _form(given, error=error)
	caching.mark(caching.PRIVATE)
	frappe.flags.redirect_location = f"{terms.PAGE}?{urlencode({'sent': answer['ticket']})}#services"
	raise frappe.Redirect(303)


def _form(values: dict[str, str], error: Exception | None = None, sent: str = "") -> Form:
	caching.mark(caching.PRIVATE)
	user = frappe.session.user
	guest = user == "Guest"
	return Form(
		is_open=True,
		sent=sent,
		error=unescape(strip_html(str(error))) if error else "",
		values=values,
		kinds=_choices(_kinds(), values.get("kind")),
		packs=_choices(
			{"": _("No pack"), **{offer["pack"]: offer["name"] for offer in packs.on_sale()}},
			values.get("pack"),
		),
		customers=_choices(_customers(user), values.get("customer")),
		person="" if guest else get_fullname(user),
		token="" if guest else frappe.sessions.get_csrf_token(),
		status=int(getattr(error, "http_status_code", 417)) if error else 200,
	)


def _kinds() -> dict[str, str]:
	return {
		"services": _("Professional services"),
		"buy": _("Buy credits"),
		"emergency": _("Emergency support"),
	}


def _customers(user: str) -> dict[str, str]:
	"""To choose from where he is a member of several."""
	own = {} if user == "Guest" or is_agent() else companies_of(user)
	return {name: name for name in own} if len(own) > 1 else {}


def _choices(labels: dict[str, str], chosen: str | None) -> list[Choice]:
	return [
		Choice(value=value, label=label, is_chosen=value == (chosen or "")) for value, label in labels.items()
	]
