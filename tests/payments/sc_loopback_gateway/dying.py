"""What a process does that is killed between the payment and its commit."""

from __future__ import annotations

import os
import signal
import sys

from support_credits.integrations import payments
from support_credits.ledger import order_payment

pay = order_payment.pay


def callback(order: str) -> None:
	"""The callback comes, the order is paid and its lot granted; then the process is no more."""
	import frappe

	order_payment.pay = _pay_and_die
	payments.authorised(frappe.get_doc("Credit Order", order), "Completed")


def _pay_and_die(*args: object) -> None:
	if pay(*args).replayed:
		raise AssertionError("it was paid before")
	sys.stdout.write("done")
	sys.stdout.flush()
	os.kill(os.getpid(), signal.SIGKILL)
