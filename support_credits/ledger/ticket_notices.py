"""Notices about one ticket, kept by whoever did what they tell of: a release, a proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support_credits.engine.notice import Kind
from support_credits.ledger import notices
from support_credits.ledger.notices import Notice

if TYPE_CHECKING:
	from support_credits.ledger.rows import Incident


def released(incident: Incident) -> None:
	"""The ticket of a released incident was opened: whoever waited for it is told, once per release."""
	notices.note(
		Notice(
			kind=Kind.RELEASED,
			key=f"released:{incident.name}:{incident.released_at_utc}",
			customer=incident.customer or "",
			account=incident.account or "",
			about=("Support Incident", incident.name),
			ticket=incident.ticket or "",
			values={"credits": incident.credits, "ticket": incident.ticket_no},
		)
	)


def proposed(proposal: str, incident: Incident, credits: int) -> None:
	"""Extra credits were proposed: whoever may accept them is asked by mail."""
	notices.note(
		Notice(
			kind=Kind.PROPOSAL,
			key=f"proposal:{proposal}",
			customer=incident.customer or "",
			account=incident.account or "",
			about=("Credit Proposal", proposal),
			ticket=incident.ticket or "",
			values={"credits": credits, "ticket": incident.ticket_no, "proposal": proposal},
		)
	)
