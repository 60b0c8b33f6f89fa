"""What a customer is told about a decision: templates, marked for translation, and the ways on.

Owns the wording only; which sentence applies is :mod:`~support_credits.engine.decision`'s.
"""

from __future__ import annotations

from support_credits.engine.marking import _
from support_credits.engine.model import Choices

WAYS_ON = ("buy", "redeem", "emergency")

CHARGED = _("Credits charged for this ticket: {credits}. Credits left: {left}.")
FREE = _("This ticket costs no credits.")
OVERDRAWN = _(
	"Credits charged for this ticket: {credits}. Your balance is now {left}; please buy credits soon."
)
BEST_EFFORT = _(
	"Your balance is {balance}, so this ticket is answered as time allows. Credits needed: {needed}."
)
REFUSED = _(
	"Not enough support credits: this ticket needs {needed} and your balance is {balance}. You can: {ways}."
)
REFUSED_EXPIRED = _(
	"Not enough support credits: this ticket needs {needed} and your balance is {balance}. "
	"Expired lately: {expired}, last usable on {expired_on}. "
	"You can: {ways}."
)
# The same without the ways on.
NEEDED = _("This ticket needs {needed} credit(s) and your balance is {balance}.")
NEEDED_EXPIRED = _(
	"This ticket needs {needed} credit(s) and your balance is {balance}. "
	"Expired lately: {expired}, last usable on {expired_on}."
)
# A tier by the month that cannot be paid.
TIER_SHORT = _("This tier costs {cost} credit(s) now and you have {able}.")
TIER_REFUSED = _(
	"Not enough support credits: this tier costs {cost} now and you have {able}. You can: {ways}."
)
PARKED = _(
	"We have your ticket and it waits for credits: it needs {needed} and your balance is {balance}. "
	"You can: {ways}."
)
PARKED_EXPIRED = _(
	"We have your ticket and it waits for credits: it needs {needed} and your balance is {balance}. "
	"Expired lately: {expired}, last usable on {expired_on}. "
	"You can: {ways}."
)
QUEUED = _(
	"We have your ticket and it waits for credits behind your earlier tickets, {waiting} in all. "
	"Your balance is {balance}. You can: {ways}."
)
OUTSIDE = _(
	"We have your ticket, but {what} is not covered by your credits. Nothing was charged; "
	"we will tell you how to go on."
)
EXEMPT = _("This ticket costs no credits: {reason}.")
UNIDENTIFIED = _("We do not know yet which customer this ticket belongs to. Nothing was charged.")
FORGED = _(
	"The sender of this mail may not be who it says. Nothing was charged; "
	"an agent sets the customer once it is known."
)
NOT_ENFORCED = _("This customer does not use support credits. Nothing was charged.")
NOT_CHARGEABLE = _("Tickets made this way are never charged.")
REQUEST = _("This is a request and no incident. It costs no credits.")
AUTOMATIC = _("This is an automatic mail. Nothing was charged.")


WAYS = {"buy": _("buy a pack"), "redeem": _("redeem a code"), "emergency": _("ask for emergency support")}


def ways_of(names: tuple[str, ...]) -> Choices:
	"""The ways on as part of a sentence (rule 8); unknown names are left out."""
	return Choices(tuple((name, WAYS[name]) for name in names if name in WAYS))
