"""What processes of their own do about sessions, to be killed or counted."""

from __future__ import annotations

from support_credits.engine.session import Kind
from support_credits.ledger import sessions


def start(ticket: str) -> None:
	sessions.start(ticket, Kind.EMERGENCY)
