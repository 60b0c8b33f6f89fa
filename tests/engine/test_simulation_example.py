"""The worked example of docs/simulation.md, which was worked out by hand: the rules give each of its rows."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from engine_factories import CHECKOUT, UTC

from support_credits.engine.catalogue import parse
from support_credits.engine.decision import Door
from support_credits.engine.grants import expiry_instant
from support_credits.engine.model import Lot
from support_credits.engine.simulation import Replay
from support_credits.engine.simulation_model import Client, PastTicket, Period, Purchases
from support_credits.engine.simulation_terms import Severities, Terms

PAGE = (CHECKOUT / "docs" / "simulation.md").read_text()
SHOP = (CHECKOUT / "fixtures" / "extremeshok.json").read_text()
PERIOD = Period(
	datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
)
SEVERITIES = Severities({"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}, "Medium")
TIERS = {
	"two credits an incident, buys INCIDENT-4": {"credits_per_incident": 2},
	"40 covered hours": {"promise": {"value": 40, "unit": "covered_hours"}},
}


def table(first):
	"""The rows of the page's table whose first heading is ``first``."""
	lines = PAGE.splitlines()
	start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
	rows = []
	for line in lines[start:]:
		if not line.startswith("|"):
			return rows
		rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
	return rows


def instant(text):
	weekday, _, iso = text.partition(" ")
	at = datetime.fromisoformat(iso).replace(tzinfo=UTC)
	assert f"{at:%a}" == weekday, text
	return at


def played(simulated):
	data = json.loads(SHOP)
	for tier in data["tiers"]:
		tier.update(TIERS.get(simulated, {}))
	pack = simulated.partition("buys ")[2]
	purchases = Purchases.BUYS if pack else Purchases.HAPPENED
	terms = Terms(parse(data), SEVERITIES, {}, PERIOD.since, purchases, pack)
	granted = datetime(2026, 5, 31, 10, tzinfo=UTC)
	lot = Lot("L1", 2, 2, granted, expiry_instant(granted, 3, UTC))
	player = Replay(terms, Client("Harbour Logistics", granted, lots=(lot,)), PERIOD)
	for opened, responded in table("opened"):
		answered = None if responded == "none" else instant(responded)
		player.feed(PastTicket(instant(opened), Door.PORTAL, "Medium", responded_at=answered))
	return player.finish()


def shown(row):
	found = row.figures
	money = "; ".join(f"{amount} {currency}" for currency, amount in found.revenue.items())
	numbers = (found.tickets, found.needed, found.charged, found.refusals, found.packs)
	return [row.month, *map(str, numbers), money, str(found.due), str(found.missed)]


@pytest.mark.parametrize("simulated", dict.fromkeys(row[0] for row in table("simulated")))
def test_the_example_is_what_the_rules_say(simulated):
	expected = [row[1:] for row in table("simulated") if row[0] == simulated]
	assert [shown(row) for row in played(simulated)] == expected


def test_there_are_examples():
	assert len(table("simulated")) == 12
