"""The one-time link to the address the shop has: whoever reads there agrees, and the credits are granted.

It goes to no address that somebody typed. It is kept as a digest, works once and for three days, and only for who asked.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.utils import get_url, validate_email_address

from support_credits.engine.external_order import Order
from support_credits.ledger import external_orders as records
from support_credits.mail.answers import MARK

PAGE = "/support-credits/confirm-order"
VALID = timedelta(days=3)
BYTES = 24
MOST_LIVE = 3  # of one order: nobody's mailbox is filled by asking for his order
MOST_RECIPIENTS = 10
TOKEN_LENGTH = 100


def send(row: frappe._dict, order: Order) -> bool:
	"""Queue the mail, in the transaction that notes it; False where nobody can be written to, or has been written to enough."""
	recipients = [one for one in order.emails if validate_email_address(one)][:MOST_RECIPIENTS]
	sender = _sender()
	if not (recipients and sender and row.claimant and not row.ticket):
		return False
	if records.live_links(order.public_id) >= MOST_LIVE:
		return False
	token = secrets.token_urlsafe(BYTES)
	records.send_link(row, digest_of(token), VALID)
	_write(row, order, recipients, sender, token)
	return True


def digest_of(token: str) -> str:
	"""What is kept of a link. With 192 random bits nobody finds the link that has it."""
	return sha256(f"support credits order link:{token}".encode("utf-8", "surrogatepass")).hexdigest()


def _sender() -> str | None:
	found = EmailAccount.find_outgoing(match_by_doctype="HD Ticket", _raise_error=False)
	return found.email_id if found and found.email_id else None


def _write(row: frappe._dict, order: Order, recipients: list[str], sender: str, token: str) -> None:
	frappe.sendmail(
		recipients=recipients,
		sender=sender,
		subject=_("Somebody wants to use order {0} for support").format(order.public_id),
		template="support_credits_confirm",
		args={
			"order": order.public_id,
			"claimant": row.claimant,
			"customer": row.customer,
			"days": VALID.days,
			# Behind the '#': it reaches no server, no log and no program that only follows links.
			"url": f"{get_url(PAGE)}#{token}",
		},
		add_unsubscribe_link=0,
		email_headers={"X-Auto-Generated": MARK},
	)
