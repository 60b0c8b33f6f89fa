"""What a Deployment brings (setting): credits when it is recorded, once per product and serial.

A serial that has an activation card gets its credits by the card and none by itself: they never come twice. A deployment
without a serial brings none: nothing would keep the same server from being recorded twice. What has brought credits keeps
its customer, product and serial.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate, getdate

from support_credits.engine.calendar_days import add_months, local_day
from support_credits.engine.errors import EngineError
from support_credits.engine.serials import checked_serial, serial_key
from support_credits.exceptions import AlreadyPosted, HasHistory, SupportCreditsError
from support_credits.ledger import accounts, clock, grants
from support_credits.ledger import settings as site
from support_credits.ledger.wording import of_error

if TYPE_CHECKING:
	from support_credits.support_credits.doctype.deployment.deployment import Deployment

DOCTYPE = "Deployment"
FIXED = ("customer", "product", "serial")
SAVEPOINT = "sc_deployment"


def brought(keys: Iterable[str]) -> str | None:
	"""The first of these keys of serials whose credits came with a deployment, if any did."""
	events = {f"deployment:{key}/1": key for key in keys}
	entries = {"event_key": ["in", list(events)]}
	found = frappe.get_all("Credit Ledger Entry", entries, pluck="event_key", order_by="name asc", limit=1)
	return events[found[0]] if found else None


def hold(doc: Deployment) -> None:
	"""Before a deployment is saved: what the ledger writes is not taken from a form, and history is not rewritten."""
	before = None if doc.is_new() else doc.get_doc_before_save()
	doc.lot = before.lot if before else None
	changed = before and any((doc.get(field) or "") != (before.get(field) or "") for field in FIXED)
	if doc.lot and changed:
		frappe.throw(
			_(
				"This deployment has brought the credits of lot {0}: customer, product and serial stay. A manager can void the"
				" lot; then delete the deployment and record another."
			).format(doc.lot),
			HasHistory,
		)
	if not before or changed:
		_set_key(doc)


def _set_key(doc: Deployment) -> None:
	doc.serial_key = None
	if not (doc.serial or "").strip():
		return
	try:
		doc.serial = checked_serial(doc.serial)
	except EngineError as error:
		frappe.throw(of_error(error), SupportCreditsError)
	doc.serial_key = serial_key(doc.product, doc.serial)


def bring_credits(doc: Deployment) -> str:
	"""Grant what the settings say to a new deployment's customer, or to one's whose serial has just become known; returns what
	its recorder is told, if anything.

	The caller's transaction carries it: a deployment that is not kept brings nothing.
	"""
	credits = int(site.settings().deployment_credits or 0)
	before = doc.get_doc_before_save()
	is_news = not before or bool(doc.serial_key and not before.serial_key)
	if not credits or doc.lot or not is_news:
		return ""
	why_not = _why_not(doc)
	if why_not:
		return why_not
	granted = _grant(doc, credits)
	if not granted:
		return _told_before(doc)
	frappe.db.set_value(DOCTYPE, doc.name, "lot", granted.lot, update_modified=False)
	doc.lot = granted.lot
	return _("{0} credit(s) were added for {1}.").format(granted.credits, escape_html(doc.customer))


def _why_not(doc: Deployment) -> str:
	months = int(site.settings().deployment_months or 0)
	today = local_day(clock.now(), site.provider_zone())
	if months and add_months(getdate(doc.deployed_on), months) < today:
		return _("No credits were added: those of a deployment on {0} would be over.").format(
			formatdate(doc.deployed_on)
		)
	if not doc.serial_key:
		return _("No credits were added: they come with the serial number. Add it to the deployment.")
	if brought([doc.serial_key]):
		return _told_before(doc)
	if _has_card(doc.serial_key, today):
		return _("No credits were added: those of serial {0} come with its activation card.").format(
			escape_html(doc.serial)
		)
	return ""


def _told_before(doc: Deployment) -> str:
	return _("No credits were added: those of serial {0} came before.").format(escape_html(doc.serial))


def _has_card(key: str, today: object) -> bool:
	"""Whether a code of this serial was redeemed or still can be. A revoked one has no key any more."""
	found = frappe.db.get_value(
		"Activation Code", {"serial_key": key}, ["state", "redeem_until"], as_dict=True
	)
	if not found:
		return False
	return found.state == "Redeemed" or not found.redeem_until or getdate(found.redeem_until) >= today


def _grant(doc: Deployment, credits: int) -> grants.Granted | None:
	"""The lot, or None where the same serial was recorded by another request at this moment."""
	account = accounts.ensure_account(doc.customer)
	order = grants.GrantOrder(
		credits,
		f"deployment:{doc.serial_key}",
		_("Deployment of {0}, serial {1}").format(doc.product, doc.serial),
		source="Deployment",
		months=int(site.settings().deployment_months or 0) or None,
	)
	frappe.db.savepoint(SAVEPOINT)
	try:
		return grants.grant(account, order)
	except AlreadyPosted:
		# The deployment itself stands: the same server may be set up twice.
		frappe.db.rollback(save_point=SAVEPOINT)
		return None


def registered(customer: str, product: str, serial: str) -> str:
	"""The customer's Deployment of this serial; recorded as of today when there is none. It brings no credits itself."""
	key = serial_key(product, serial)
	known = frappe.get_all(
		DOCTYPE, {"customer": customer, "serial_key": key}, pluck="name", order_by="creation desc", limit=1
	)
	if known:
		return known[0]
	today = local_day(clock.now(), site.provider_zone())
	values = {"customer": customer, "product": product, "serial": serial, "deployed_on": today}
	doc = frappe.get_doc({"doctype": DOCTYPE, **values})
	doc.flags.sc_by_card = True
	return doc.insert(ignore_permissions=True).name


def keep_history(doc: Deployment) -> None:
	"""A deployment whose credits are in the ledger stays, until a manager has voided them."""
	if doc.lot and not frappe.db.get_value("Credit Lot", doc.lot, "voided"):
		frappe.throw(
			_(
				"This deployment has brought the credits of lot {0} and is part of their history. A manager can void the lot;"
				" then the deployment can be deleted."
			).format(doc.lot),
			HasHistory,
		)
