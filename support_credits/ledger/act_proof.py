"""Proves what brings or takes credits outside a ticket's opening: accepted proposals, redeemed codes, paid orders, and
their entries.

Each is posted under an event key that names it, so that both directions can be looked up by key.
"""

from __future__ import annotations

from collections.abc import Iterator

import frappe
from frappe import _

from support_credits.ledger.findings import WINDOW, Finding, found

# A posting's entries have its key and a number: a range of the key's index, which a pattern made of a column is not.
CHARGED = """(SELECT COALESCE(SUM(-e.credits), 0) FROM `tabCredit Ledger Entry` e
	WHERE e.event_key BETWEEN CONCAT('proposal:', p.name, '/') AND CONCAT('proposal:', p.name, '/9999')
		AND e.incident = p.incident)"""
PROPOSALS = f"""SELECT p.name, p.state, p.credits, {CHARGED} AS charged FROM `tabCredit Proposal` p
	HAVING charged != IF(p.state = 'Accepted', p.credits, 0) ORDER BY p.name LIMIT {WINDOW}"""
# What stands between ':' and '/' names the record.
_LONE = """SELECT e.name FROM `tabCredit Ledger Entry` e LEFT JOIN `tab{doctype}` r
	ON r.{column} = SUBSTRING_INDEX(SUBSTRING(e.event_key, {start}), '/', 1)
	WHERE e.event_key LIKE '{prefix}:%' AND r.name IS NULL ORDER BY e.name LIMIT {most}"""
LONE_CHARGES = _LONE.format(
	doctype="Credit Proposal", column="name", prefix="proposal", start=len("proposal:") + 1, most=WINDOW
)
LONE_GRANTS = _LONE.format(
	doctype="Activation Code", column="code_hash", prefix="code", start=len("code:") + 1, most=WINDOW
)
# Records that name the lot they have brought, in the ``states`` in which they have; their entry's key is ``key``.
_GRANTED = """SELECT r.name, r.state, r.credits, r.lot, e.credits, e.lot FROM `tab{doctype}` r
	LEFT JOIN `tabCredit Ledger Entry` e ON e.event_key = CONCAT({key}, '/1')
	WHERE (r.state IN {states}) != (e.name IS NOT NULL) OR COALESCE(r.lot, '') != COALESCE(e.lot, '')
		OR r.credits != COALESCE(e.credits, r.credits)
	ORDER BY r.name LIMIT {most}"""


def granted_otherwise(kind: str, message: str, doctype: str, key: str, states: str) -> Iterator[Finding]:
	"""Records of ``doctype`` that say something else than the entry they brought. ``key`` and ``states`` are SQL of ours."""
	text = _GRANTED.format(doctype=doctype, key=key, states=states, most=WINDOW)
	for name, state, credits, lot, entered, entered_lot in frappe.db.sql(text):
		yield found(kind, message, name, credits, _(state), lot or "-", entered or 0, entered_lot or "-")


LONE_ORDERS = _LONE.format(
	doctype="Credit Order", column="name", prefix="order", start=len("order:") + 1, most=WINDOW
)

# What was paid is what its lot says it cost: accountants owe by the lot. What a reversal took and left is all there was.
PRICES = f"""SELECT r.name, r.currency, r.total, l.name, l.currency, l.price FROM `tabCredit Order` r
	JOIN `tabCredit Lot` l ON l.name = r.lot
	WHERE r.total != l.price OR r.currency != l.currency OR l.price IS NULL ORDER BY r.name LIMIT {WINDOW}"""
REVERSED = f"""SELECT name, credits, voided, spent FROM `tabCredit Order`
	WHERE state = 'Reversed' AND voided + spent != credits ORDER BY name LIMIT {WINDOW}"""

# Deployments name the lot they have brought. One whose lot was voided may have been deleted since.
DEPLOYMENTS = f"""SELECT d.name, d.lot, e.lot FROM `tabDeployment` d LEFT JOIN `tabCredit Ledger Entry` e
		ON e.event_key = CONCAT('deployment:', d.serial_key, '/1')
	WHERE COALESCE(d.lot, '') != '' AND COALESCE(e.lot, '') != d.lot ORDER BY d.name LIMIT {WINDOW}"""
LONE_DEPLOYMENTS = f"""SELECT e.name FROM `tabCredit Ledger Entry` e JOIN `tabCredit Lot` l ON l.name = e.lot
		LEFT JOIN `tabDeployment` d ON d.lot = e.lot
	WHERE e.event_key LIKE 'deployment:%' AND d.name IS NULL AND l.voided = 0 ORDER BY e.name LIMIT {WINDOW}"""
TWICE = f"""SELECT c.name, c.lot, e.lot FROM `tabActivation Code` c JOIN `tabCredit Ledger Entry` e
		ON e.event_key = CONCAT('deployment:', c.serial_key, '/1')
	WHERE c.state = 'Redeemed' ORDER BY c.name LIMIT {WINDOW}"""


def deployment_findings() -> Iterator[Finding]:
	"""Deployments that say something else than the ledger, and serials whose credits came twice."""
	for name, lot, entered_lot in frappe.db.sql(DEPLOYMENTS):
		message = _("Deployment {0} names lot {1}; the ledger has lot {2} for it.")
		yield found("deployment", message, name, lot, entered_lot or "-")
	for (name,) in frappe.db.sql(LONE_DEPLOYMENTS):
		yield found("no_act", _("{0} was posted for a deployment that does not exist."), name)
	for name, lot, other_lot in frappe.db.sql(TWICE):
		message = _("Activation code {0} brought lot {1}, and the deployment of its serial lot {2}.")
		yield found("code", message, name, lot or "-", other_lot)


def order_findings() -> Iterator[Finding]:
	"""Orders that cost something else than their lot says, or whose reversal does not add up."""
	for name, currency, total, lot, its_currency, price in frappe.db.sql(PRICES):
		message = _("Order {0} cost {1} {2}; its lot {3} says {4} {5}.")
		yield found("order", message, name, currency, total, lot, its_currency or "-", price or 0)
	for name, credits, voided, spent in frappe.db.sql(REVERSED):
		message = _("Order {0} of {1} credits was reversed: {2} voided and {3} spent are not all of them.")
		yield found("order", message, name, credits, voided, spent)


def act_findings() -> Iterator[Finding]:
	"""Proposals, codes and orders that say something else than the ledger, and entries that none of them accounts for."""
	for name, state, credits, charged in frappe.db.sql(PROPOSALS):
		message = _("Proposal {0} of {1} credits is {2}; its entries charge {3}.")
		yield found("proposal", message, name, credits, _(state), int(charged))
	message = _(
		"Activation code {0} of {1} credits is {2} and names lot {3}; the ledger has {4} on lot {5} for it."
	)
	yield from granted_otherwise(
		"code", message, "Activation Code", "CONCAT('code:', r.code_hash)", "('Redeemed')"
	)
	message = _("Order {0} of {1} credits is {2} and names lot {3}; the ledger has {4} on lot {5} for it.")
	yield from granted_otherwise(
		"order", message, "Credit Order", "CONCAT('order:', r.name)", "('Paid', 'Reversed')"
	)
	yield from order_findings()
	lone = (LONE_CHARGES, LONE_GRANTS, LONE_ORDERS)
	for name in (name for text in lone for (name,) in frappe.db.sql(text)):
		message = _("{0} was posted for a proposal, a code or an order that does not exist.")
		yield found("no_act", message, name)
	yield from deployment_findings()
