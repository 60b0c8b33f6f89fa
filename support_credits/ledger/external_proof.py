"""Proves that redeemed orders of an outside shop and the entries they brought say the same, in both directions, by their key."""

from __future__ import annotations

from collections.abc import Iterator

import frappe
from frappe import _

from support_credits.ledger.act_proof import granted_otherwise
from support_credits.ledger.findings import WINDOW, Finding, found

LONE = f"""SELECT e.name FROM `tabCredit Ledger Entry` e
	LEFT JOIN `tabOrder Redemption` r ON r.grant_key = SUBSTRING_INDEX(e.event_key, '/', 1)
	WHERE e.event_key LIKE 'oc:%' AND r.name IS NULL ORDER BY e.name LIMIT {WINDOW}"""


def external_findings() -> Iterator[Finding]:
	"""Redemptions that say something else than the ledger, and grants that none of them accounts for."""
	message = _(
		"Redemption {0} of {1} credits is {2} and names lot {3}; the ledger has {4} on lot {5} for it."
	)
	yield from granted_otherwise(
		"redemption", message, "Order Redemption", "r.grant_key", "('Granted', 'Frozen')"
	)
	for (name,) in frappe.db.sql(LONE):
		yield found(
			"no_act", _("{0} was posted for an order of Open Collective that nobody has redeemed."), name
		)
