"""What exempting a ticket would give back, to be shown before it is done: the rule itself, on plain reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import frappe

from support_credits.engine.funding import Funding, successor_name
from support_credits.engine.grants import days_after
from support_credits.engine.model import Lot
from support_credits.engine.refund import refund
from support_credits.ledger import clock
from support_credits.ledger import settings as site
from support_credits.ledger.rows import LOT_COLUMNS, Incident, last_day, lot_from_row


@dataclass(frozen=True)
class GivenBack:
	"""``credits`` in all; ``renewed`` of them belong to lots that are over and would go on in a new one until ``renewed_until``.

	``ends`` is the last day of each lot the rest would go back to, None for one without an end.
	"""

	credits: int
	renewed: int
	renewed_until: date | None
	ends: tuple[date | None, ...]


def expected(incident: Incident) -> GivenBack:
	"""What the incident would give back now."""
	at, zone = clock.now(), site.provider_zone()
	lots = _lots([part.lot for part in incident.funding])
	until = days_after(at, site.settings().refund_grace_days, zone)
	plan = refund(Funding(incident.name, incident.funding), lots, at, Lot("renewed", 0, 0, at, until))
	renewed = plan.new_lot.credits_granted if plan.new_lot else 0
	going_on = [lot for lot in plan.lots if lot.name != "renewed" and lot.is_valid_at(at) and not lot.voided]
	return GivenBack(
		credits=sum(part.credits for part in incident.funding),
		renewed=renewed,
		renewed_until=last_day(until, zone) if renewed else None,
		ends=tuple(last_day(lot.expires_at, zone) for lot in going_on),
	)


def _lots(names: list[str]) -> dict[str, Lot]:
	"""Lots by name, with those they were moved to."""
	found: dict[str, Lot] = {}
	while missing := sorted({successor_name(name, found) for name in names} - found.keys()):
		read = frappe.get_all("Credit Lot", filters={"name": ["in", missing]}, fields=list(LOT_COLUMNS))
		if not read:
			break  # a lot that is gone: the rule says which
		found |= {row["name"]: lot_from_row(row) for row in read}
	return found
