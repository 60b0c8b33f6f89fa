"""An order is paid by what its provider says it took, each charge once, and trouble is told.

Called by callbacks of the payments app, as whoever the browser is, and by jobs. Nothing here may raise into a controller:
some of them would then write that the payment failed.
"""

from __future__ import annotations

import frappe

from support_credits.exceptions import AlreadyPaid, PaymentMismatch
from support_credits.integrations.payments import checkout, gateways, records, trouble
from support_credits.integrations.payments import gateway as chosen
from support_credits.integrations.payments.shapes import Charge, Request
from support_credits.ledger import order_payment
from support_credits.ledger.order_payment import Payment
from support_credits.ledger.retry import retry_whole

# What controllers call back with when they believe that money came. Verified is a subscription's check of a card.
STATUSES = ("Authorized", "Completed")
IN_A_CALLBACK = 10  # requests asked about while a browser waits


def called_back(order: str, status: str | None) -> str:
	"""A controller says that ``order`` was paid; returns where the payer goes next."""
	frappe.db.commit()  # what the controller has written stays, whatever becomes of this
	said = len(frappe.local.message_log)
	if status in STATUSES:
		attempt(order, IN_A_CALLBACK)
	del frappe.local.message_log[said:]  # written for managers
	return checkout.page_of(order)


def attempt(order: str, most: int) -> bool:
	"""``settle``, with what failed kept in the error log: a job tries again. Returns whether a charge paid the order now."""
	try:
		return settle(order, most)
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: the payment of order {order} could not be settled")
		frappe.db.commit()
		return False


def settle(order: str, most: int) -> bool:
	"""Ask about the newest ``most`` requests of ``order`` and pay it by what was taken. Commits each charge by itself."""
	_tell_of_others(order)
	if not chosen():
		return False
	gateway = gateways.usable(chosen())
	paid = False
	for request in records.of_order(order, gateway.service, most):
		frappe.db.commit()  # no transaction stays open while somebody else's server thinks
		for charge in _asked(gateway, order, request):
			paid = _pay(order, charge) or paid
	return paid


def _asked(gateway: gateways.Gateway, order: str, request: Request) -> list[Charge]:
	"""One request that cannot be asked about, as guests can make them, must not stand before the others."""
	try:
		return gateway.read(gateway.controller, order, request)
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: {gateway.service} did not say what it took for {order}")
		frappe.db.commit()
		return []


def _pay(order: str, charge: Charge) -> bool:
	payment = Payment("Gateway", charge.reference, charge.key, charge.amount, charge.currency)
	try:
		paid = retry_whole(lambda: order_payment.pay(order, payment))
		frappe.db.commit()
		return not paid.replayed
	except (AlreadyPaid, PaymentMismatch) as error:
		frappe.db.rollback()
		trouble.tell(order, f"{charge.service} {charge.reference}", str(error))
		return False


def _tell_of_others(order: str) -> None:
	"""Another gateway of the site, which may be there for tests alone, does not pay orders."""
	wanted = chosen()
	service = gateways.service_of(wanted) if wanted else ""
	for other in records.other_services(order, service):
		trouble.tell(order, other, trouble.other_gateway(other, wanted))
