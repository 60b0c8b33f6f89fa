"""Orders of Open Collective: customers redeem them, managers decide what nobody has shown, agents take up what a mail names."""

from typing import NoReturn

import frappe
from frappe import _
from frappe.utils import formatdate

from support_credits.api import access
from support_credits.api.account import MANAGERS, READERS, guarded
from support_credits.api.arguments import plain_text
from support_credits.api.external_order_shapes import OrderAnswer
from support_credits.api.limits import HOUR, limited
from support_credits.engine.order_numbers import Asked, asked_for
from support_credits.engine.redemption import State
from support_credits.exceptions import SupportCreditsError, WrongState
from support_credits.integrations import open_collective
from support_credits.integrations.open_collective import claimants, links, redemption, throttle, webhook
from support_credits.integrations.open_collective.redemption import Done, Outcome
from support_credits.ledger import external_orders as records
from support_credits.ledger import queries

TRIES_AN_HOUR = 10
DECISIONS_AN_HOUR = 300
HINTS_A_MINUTE = 60
NUMBER_LENGTH = 100
REASON_LENGTH = 140


class OrderRefused(SupportCreditsError):
	"""An order that brings nothing: of the caller's own it says why; of any other it says nothing."""


@frappe.whitelist(methods=["POST"])
@limited(TRIES_AN_HOUR, HOUR)
def redeem_order(number: str, customer: str = "") -> OrderAnswer:
	"""Redeem an order of Open Collective for ``customer`` (the caller's only one when he names none).

	Granted at once where the caller's address is its contributor's. Everything else has one answer, ``Received``: unknown, somebody
	else's, or waiting for its contributor. ``Later``: asked again by itself. Raises OrderRefused where his own brings nothing.
	"""
	_check_enabled()
	member = access.redeemer_for(customer)
	asked = _asked(number)
	throttle.count_lookup()
	wish = records.Claim(asked, member.customer, frappe.session.user)
	name = guarded(lambda: records.claim(wish))
	frappe.db.commit()  # whatever happens while the shop is asked, the wish is kept
	return _answer(_looked_up(name))


def _check_enabled() -> None:
	if not open_collective.is_enabled():
		frappe.throw(_("Order numbers are not redeemed here. Ask us about your order."), SupportCreditsError)


def _asked(number: str) -> Asked:
	if len(number) > NUMBER_LENGTH:
		frappe.throw(_("The order number is too long: at most {0} characters.").format(NUMBER_LENGTH))
	return guarded(lambda: asked_for(number))


def _looked_up(name: str) -> Done:
	done = guarded(lambda: redemption.look_up(name))
	frappe.db.commit()  # a refusal is kept too, and told after
	return done


def _answer(done: Done) -> OrderAnswer:
	if done.outcome is Outcome.REFUSED:
		_refuse(done.reason)
	account = done.granted and frappe.db.get_value("Credit Lot", done.granted[-1].lot, "account")
	balance = queries.balance(account) if account else None
	ends = [one.expires_on for one in done.granted if one.expires_on]
	return {
		"state": done.outcome.value,
		"customer": done.customer,
		"credits": done.credits,
		"lots": [one.lot for one in done.granted],
		"balance": balance,
		"expires_on": max(ends) if ends else None,
		"replayed": done.replayed,
		"message": _message(done, balance, max(ends) if ends else None),
	}


def _refuse(reason: str) -> NoReturn:
	frappe.throw(
		_("This order brings no credits: {0}").format(frappe.utils.escape_html(reason)),
		OrderRefused,
		title=_("Order not accepted"),
	)


def _message(done: Done, balance: int | None, expires_on: str | None) -> str:
	if done.outcome is Outcome.GRANTED and done.replayed:
		return _("This order was redeemed before: {0} credit(s). Your balance is {1}.").format(
			done.credits, balance
		)
	if done.outcome is Outcome.GRANTED and expires_on:
		return _("Redeemed: {0} credit(s), usable until {1}. Your balance is {2}.").format(
			done.credits, formatdate(expires_on), balance
		)
	if done.outcome is Outcome.GRANTED:
		return _("Redeemed: {0} credit(s). Your balance is {1}.").format(done.credits, balance)
	if done.outcome is Outcome.WAITING:
		return _("Your credits come by themselves as soon as the order is paid: {0}.").format(done.reason)
	if done.outcome is Outcome.LATER:
		return _(
			"Open Collective could not be asked just now. Your order is noted and asked for again by itself; nothing is lost."
		)
	if done.outcome is Outcome.REVIEW:
		return _("We look at your order ourselves: {0}.").format(done.reason)
	return _(
		"Your order is noted. Before its credits come its contributor has to agree: we write to the address it was paid from,"
		" or look at it ourselves. If nothing happens within two days, check the number or ask us."
	)


@frappe.whitelist(methods=["POST"])
@limited(TRIES_AN_HOUR, HOUR)
def confirm_order(token: str) -> OrderAnswer:
	"""Agree, with the one-time link that was mailed to the contributor, that the order is redeemed. By who asked for it, logged in.

	Raises OrderRefused with one sentence for a link that is wrong, used, over or somebody else's.
	"""
	_check_enabled()
	name = guarded(lambda: _proven(token))
	frappe.db.commit()  # the link is used up, whatever comes next
	return _answer(_looked_up(name))


def _proven(token: str) -> str:
	row = records.by_link(links.digest_of(token)) if 0 < len(token) <= links.TOKEN_LENGTH else None
	if not row or row.claimant != frappe.session.user:
		frappe.throw(
			_(
				"This link cannot be used: it is over, was used, or is for somebody else who has to be logged in. Redeem the order"
				" again to get another one."
			),
			OrderRefused,
		)
	records.prove(row.name, _("Link"))
	return str(row.name)


@frappe.whitelist(methods=["POST"])
@limited(DECISIONS_AN_HOUR, HOUR)
def approve_redemption(redemption: str) -> OrderAnswer:
	"""Say that an order is the customer's, though nobody has shown it; it is granted if it is paid. Managers only."""
	frappe.only_for(MANAGERS)
	_check_enabled()
	guarded(lambda: records.prove(redemption, _("Manager")))
	frappe.db.commit()
	done = _looked_up(redemption)
	return _answer(done) if done.outcome is not Outcome.REVIEW else _by_hand(done)


def _by_hand(done: Done) -> OrderAnswer:
	"""What the shop shows does not settle it, and a manager's word does not change what it shows."""
	said = _("Not granted: {0}. If you have seen the money, grant the pack by hand and decline this.")
	return {**_answer(done), "message": said.format(done.reason)}


@frappe.whitelist(methods=["POST"])
def decline_redemption(redemption: str, reason: str) -> OrderAnswer:
	"""Say that an order is not redeemed. Managers; agents may decline what a mail names and nobody has asked for."""
	frappe.only_for(READERS)
	reason = plain_text(reason, _("The reason"), required=True, most=REASON_LENGTH)

	def whole() -> None:
		if records.row_of(redemption).state != State.FOUND.value:
			frappe.only_for(MANAGERS)
		records.decline(redemption, reason)

	guarded(whole)
	row = records.row_of(redemption)
	return {
		"state": row.state,
		"customer": row.customer or "",
		"credits": 0,
		"lots": [],
		"balance": None,
		"expires_on": None,
		"replayed": False,
		"message": _("Declined: {0}").format(reason),
	}


@frappe.whitelist(methods=["POST"])
@limited(DECISIONS_AN_HOUR, HOUR)
def redeem_found(redemption: str) -> OrderAnswer:
	"""Redeem an order that a mail names for the customer of its ticket. Agents only.

	Granted at once where the mail's sender is its contributor and a contact of the customer; else it waits for a manager.
	"""
	frappe.only_for(READERS)
	_check_enabled()

	def whole() -> None:
		row = records.row_of(redemption)
		if row.state != State.FOUND.value:
			frappe.throw(_("Redemption {0} is {1}.").format(row.name, _(row.state)), WrongState)
		records.take_up(redemption, claimants.customer_of_ticket(row.ticket), frappe.session.user)

	guarded(whole)
	frappe.db.commit()
	done = _looked_up(redemption)
	return _answer(done) if done.outcome is not Outcome.RECEIVED else _for_agent(done)


def _for_agent(done: Done) -> OrderAnswer:
	"""An agent reads the record anyway: he is told what it says."""
	row = records.row_of(done.redemption)
	said = _("Not granted: {0} is {1}. {2}").format(row.name, _(row.state), row.reason or "")
	return {**_answer(done), "message": said.strip()}


@frappe.whitelist(methods=["POST"], allow_guest=True)
@limited(HINTS_A_MINUTE)
def hint() -> None:
	"""What Open Collective calls when something happens there; its token is the last part of the address.

	The payload is only a hint to look the order up again. The answer is always the same and says nothing.
	"""
	request = frappe.local.request
	token = request.path.rstrip("/").rpartition("/")[2]
	webhook.take(token, request.get_data() if (request.content_length or 0) <= webhook.MOST_BYTES else b"")
