"""What the app refuses, one class per situation, all of them :class:`frappe.ValidationError` (HTTP 417 unless said)."""

import frappe


class SupportCreditsError(frappe.ValidationError):
	"""Base of everything this app refuses."""


class CreditsRefused(SupportCreditsError):
	"""A ticket that would cost a credit was refused, because there is none; nothing was written.

	``why`` is the reason alone, for whoever shows the ways on in a form of his own.
	"""

	def __init__(self, *args: object, why: str = "") -> None:
		super().__init__(*args)
		self.why = why


class LedgerImmutableError(SupportCreditsError):
	"""Somebody tried to write, change or remove what only the ledger writes."""


class AlreadyPosted(SupportCreditsError):
	"""The business event is in the ledger already; the caller looks up what it wrote then."""

	http_status_code = 409


class AlreadyServed(SupportCreditsError):
	"""A request with this idempotency key has already opened a ticket."""

	http_status_code = 409


class NotMember(SupportCreditsError):
	"""A person who is not an agent tried to act for a customer he is not a member of."""

	http_status_code = 403


class HasHistory(SupportCreditsError):
	"""A record that the ledger's history needs cannot be deleted."""


class WrongState(SupportCreditsError):
	"""The incident's state does not allow what was asked."""


class CatalogueRefused(SupportCreditsError):
	"""A provider catalogue that does not follow the schema; nothing was loaded."""


class ReopenTooLate(SupportCreditsError):
	"""A customer opened a ticket again that was resolved too long ago; nothing was changed."""


class TicketNotStored(SupportCreditsError):
	"""The host took another record for the ticket a mail was to become; the mail is kept and tried again."""


class CalendarRefused(SupportCreditsError):
	"""A Support Calendar that cannot be read, or on which a tier's promise could never be kept; nothing was saved."""


class KeptByTier(SupportCreditsError):
	"""An agreement or a holiday list of the host that follows a Support Tier or a Support Calendar was changed by hand."""


class CodeRefused(SupportCreditsError):
	"""An activation code that brings nothing; the sentence does not say why, so that nobody can guess codes by it."""


class PaymentMismatch(SupportCreditsError):
	"""A payment that is not the one its order asks for; nothing was granted for it."""


class AlreadyPaid(SupportCreditsError):
	"""Another payment for an order that was paid; nothing was granted for it, and somebody gets his money back."""

	http_status_code = 409


class ImportRefused(SupportCreditsError):
	"""A file of opening balances with an error in a row; the sentence names its line, and nothing of the file was granted."""
