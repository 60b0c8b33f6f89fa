"""What tests of the simulation play: the shop of a provider, a quarter, and the figures that come out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from engine_factories import CHECKOUT, UTC

from support_credits.engine.catalogue import parse
from support_credits.engine.decision import Door
from support_credits.engine.model import Lot
from support_credits.engine.simulation import Replay
from support_credits.engine.simulation_model import (
	Client,
	PastTicket,
	Period,
	Purchases,
	total,
)
from support_credits.engine.simulation_terms import Severities, Terms

SHOP = json.loads((CHECKOUT / "fixtures" / "extremeshok.json").read_text())
SINCE = datetime(2026, 7, 1, tzinfo=UTC)
UNTIL = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 30, tzinfo=UTC)
PERIOD = Period(SINCE, UNTIL, NOW)
SEVERITIES = Severities({"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}, "Medium")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def shop(**changes):
	"""The fixture with whole parts replaced, and with tiers, packs or defaults changed by ``part__field``."""
	data = json.loads(json.dumps(SHOP))
	for name, value in changes.items():
		part, _, field = name.partition("__")
		if not field:
			data[part] = value
		elif part == "defaults":
			data[part][field] = value
		else:
			for row in data[part]:
				row[field] = value
	return parse(data)


def terms(catalogue=None, purchases=Purchases.HAPPENED, pack=""):
	return Terms(catalogue or shop(), SEVERITIES, {}, SINCE, purchases, pack)


def lot(name="L1", credits=2, ends=None, at=SINCE - DAY):
	return Lot(name, credits, credits, at, ends)


def client(*lots, **more):
	return Client("Harbour", **{"account_since": SINCE - DAY, "lots": lots, **more})


def ticket(days=1.0, door=Door.PORTAL, **more):
	return PastTicket(SINCE + days * DAY, door, **more)


def rows_of(events, who=None, under=None, period=PERIOD):
	player = Replay(under or terms(), who or client(), period)
	for event in events:
		player.feed(event)
	return player.finish()


def figures(*events, who=None, under=None):
	return total(rows_of(events, who, under))
