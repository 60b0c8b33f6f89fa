"""A site whose past is played again: a catalogue that can be edited, and companies with tickets of their own."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from pathlib import Path

import frappe

from support_credits.engine.simulation_model import Month, Purchases, total
from support_credits.simulation import run
from support_credits.simulation.run import Outcome, Wish
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase

FIXTURE = Path(frappe.get_app_path("support_credits")).parent / "fixtures" / "extremeshok.json"


def catalogue(**tier: object) -> dict[str, object]:
	"""The fixture's catalogue; ``tier`` changes every tier of it."""
	data = deepcopy(json.loads(FIXTURE.read_text()))
	for row in data["tiers"]:
		row.update(tier)
	return data


class SimulationCase(HttpTestCase):
	def wish(self, data: dict[str, object] | None = None, **more: object) -> Wish:
		"""Yesterday and today under the fixture's catalogue, or under ``data``."""
		today = datetime.now(timezone.utc).date()
		return Wish(data or catalogue(), today - timedelta(days=1), today, **more)

	def played(self, data: dict[str, object] | None = None, **more: object) -> Outcome:
		publish()
		return run.simulate(self.wish(data, **more))

	def figures(self, company: Company, data: dict[str, object] | None = None, **more: object) -> Month:
		"""What one company's days would have been."""
		return total(row for row in self.played(data, **more).rows if row.customer == company.name)

	def tickets(self, company: Company, count: int) -> list[str]:
		found = [str(make.ticket(company.person).name) for _number in range(count)]
		publish()
		return found

	def buys(
		self, company: Company, data: dict[str, object] | None = None, pack: str = "INCIDENT-2"
	) -> Month:
		return self.figures(company, data, purchases=Purchases.BUYS, pack=pack)
