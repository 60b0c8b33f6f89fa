"""Proves incidents against their entries: what each says it is charged, and on which lots, must add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import frappe
from frappe import _

from support_credits.engine.funding import successor_name
from support_credits.engine.model import Lot
from support_credits.ledger import rows
from support_credits.ledger.lot_proof import Finding

ByLot = dict[str, int]
CHARGED_STATES = ("Charged", "Overdrawn")


@dataclass(frozen=True)
class Said:
	"""What an incident's row says of itself."""

	state: str
	credits: int
	funding: ByLot


def incident_findings(account: str) -> Iterator[Finding]:
	"""What is wrong with the incidents of ``account``, judged by the entries of all accounts joined into it."""
	family = _family(account)
	lots = {name: lot for member in family for name, lot in rows.read_lots(member).items()}
	said = dict(_said(account, lots))
	for incident, charged in _entered(family, lots):
		problem = _compare(incident, said.pop(incident, None), charged)
		if problem:
			yield problem
	for incident, rest in said.items():
		problem = _compare(incident, rest, {})
		if problem:
			yield problem


def _compare(incident: str, said: Said | None, charged: ByLot) -> Finding | None:
	net = sum(charged.values())
	if said is None:
		# It moved on to another customer; then what this one paid was given back.
		if not charged and frappe.db.exists("Support Incident", incident):
			return None
		message = _("Entries name incident {0}, which is not this account's.")
		return Finding("incident_missing", incident, message.format(incident))
	if said.credits != net:
		message = _("Incident {0} says it is charged {1}; its entries add up to {2}.")
		return Finding("incident_sum", incident, message.format(incident, said.credits, net))
	if net and said.state not in CHARGED_STATES:
		message = _("Incident {0} is {1}, but holds a charge of {2}.")
		return Finding("incident_state", incident, message.format(incident, _(said.state), net))
	if said.funding != charged:
		message = _("Incident {0} names other lots than its entries.")
		return Finding("incident_funding", incident, message.format(incident))
	return None


def _family(account: str) -> list[str]:
	"""The account and all that were joined into it, however many joins ago."""
	family, found = [account], [account]
	while found:
		found = frappe.get_all("Credit Account", filters={"merged_into": ["in", found]}, pluck="name")
		family += found
	return family


def _said(account: str, lots: Mapping[str, Lot]) -> Iterator[tuple[str, Said]]:
	found = frappe.get_all(
		"Support Incident",
		filters={"account": account},
		fields=["name", "state", "credits", "funding"],
		order_by="name asc",
	)
	for row in found:
		parts = ((part.lot, part.credits) for part in rows.parse_funding(row.funding))
		yield row.name, Said(row.state, row.credits or 0, _by_lot(parts, lots))


def _entered(family: list[str], lots: Mapping[str, Lot]) -> Iterator[tuple[str, ByLot]]:
	sums = frappe.db.sql(
		"""SELECT incident, lot, SUM(credits) FROM `tabCredit Ledger Entry`
		WHERE account IN %(family)s AND incident != '' GROUP BY incident, lot ORDER BY incident""",
		{"family": family},
	)
	for incident, group in groupby(sums, key=lambda row: row[0]):
		yield incident, _by_lot(((lot, -int(credits)) for _incident, lot, credits in group), lots)


def _by_lot(parts: Iterable[tuple[str, int]], lots: Mapping[str, Lot]) -> ByLot:
	"""Credits by the lot that holds them today; lots that come to nothing are left out."""
	sums: ByLot = {}
	for lot, credits in parts:
		name = successor_name(lot, lots)
		sums[name] = sums.get(name, 0) + credits
	return {name: credits for name, credits in sums.items() if credits}
