"""Proves tiers by the month against the ledger: each charge of a month belongs to a subscription's history and the other way
round, each subscription says what its history does, and each account's index of it fits.
"""

from __future__ import annotations

from collections.abc import Iterator

import frappe
from frappe import _

from support_credits.ledger.findings import WINDOW, Finding, found

# A posting's entries have its key and a number: a range of the key's index.
CHARGED = """(SELECT COALESCE(SUM(-e.credits), 0) FROM `tabCredit Ledger Entry` e
	WHERE e.event_key BETWEEN CONCAT(v.event_key, '/') AND CONCAT(v.event_key, '/9999')
		AND e.kind = 'Charge' AND COALESCE(e.incident, '') = '')"""
# What a step costs is charged under the key that its row names; one that costs nothing names none.
EVENTS = f"""SELECT v.name, v.credits, IF(v.event_key IS NULL, 0, {CHARGED}) AS charged, v.event_key, v.subscription
	FROM `tabSupport Subscription` s JOIN `tabSupport Subscription Event` v ON v.subscription = s.name
	WHERE s.account = %s HAVING charged != v.credits OR (v.event_key IS NOT NULL
		AND LOCATE(CONCAT('tier:', v.subscription, ':'), v.event_key) != 1)
	ORDER BY v.name LIMIT {WINDOW}"""
# The last step that has put a tier in force says which, and for which days.
LAST_PAID = """(SELECT MAX(v.name) FROM `tabSupport Subscription Event` v WHERE v.subscription = s.name
	AND v.event IN ('Started', 'Renewed', 'Came back', 'Upgraded', 'Switched'))"""
# Where the last step has led to.
LED_TO = """(SELECT CASE v.event WHEN 'Cancelled' THEN 'Ending' WHEN 'Fell' THEN 'Fallen' WHEN 'Ended' THEN 'Ended' ELSE 'Active' END
	FROM `tabSupport Subscription Event` v WHERE v.subscription = s.name ORDER BY v.name DESC LIMIT 1)"""
# A month costs what was taken for the period that runs: the first tier of it, and the difference to each dearer one.
TAKEN = """(SELECT COALESCE(SUM(v.credits), 0) FROM `tabSupport Subscription Event` v
	WHERE v.subscription = s.name AND v.period_on = s.period_on)"""
SAID = f"""SELECT s.name, s.state, s.tier, s.period_on, s.paid_until FROM `tabSupport Subscription` s
	LEFT JOIN `tabSupport Subscription Event` p ON p.name = {LAST_PAID}
	WHERE s.account = %s AND (NOT (s.state <=> {LED_TO})
		OR (s.state IN ('Active', 'Ending') AND (NOT (p.tier <=> s.tier) OR s.monthly_credits != {TAKEN}))
		OR NOT (p.period_on <=> s.period_on) OR NOT (p.period_until <=> s.paid_until)
		OR s.event_count != (SELECT COUNT(*) FROM `tabSupport Subscription Event` v WHERE v.subscription = s.name)
		OR NOT (s.live_account <=> IF(s.state = 'Ended', NULL, s.account)))
	ORDER BY s.name LIMIT {WINDOW}"""
INDEX = """SELECT a.name FROM `tabCredit Account` a LEFT JOIN `tabSupport Subscription` s ON s.live_account = a.name
	WHERE a.name = %s AND (NOT (a.subscription <=> s.name)
		OR NOT (a.subscribed_tier <=> IF(s.state IN ('Active', 'Ending'), s.tier, NULL))
		OR NOT (a.subscribed_until <=> IF(s.state IN ('Active', 'Ending'), s.paid_until + INTERVAL 1 DAY, NULL)))"""
LONE_MONTHS = f"""SELECT e.name FROM `tabCredit Ledger Entry` e
	LEFT JOIN `tabSupport Subscription Event` v ON v.event_key = SUBSTRING_INDEX(e.event_key, '/', 1)
	WHERE e.event_key LIKE 'tier:%' AND v.name IS NULL ORDER BY e.name LIMIT {WINDOW}"""
LONE_STEPS = f"""SELECT v.name, v.subscription FROM `tabSupport Subscription Event` v
	LEFT JOIN `tabSupport Subscription` s ON s.name = v.subscription
	WHERE s.name IS NULL ORDER BY v.name LIMIT {WINDOW}"""
LONE_SUBSCRIPTIONS = f"""SELECT s.name, s.account FROM `tabSupport Subscription` s
	LEFT JOIN `tabCredit Account` a ON a.name = s.account WHERE a.name IS NULL ORDER BY s.name LIMIT {WINDOW}"""


def subscription_findings(account: str) -> Iterator[Finding]:
	"""What is wrong with the subscriptions of ``account``, and with its own word on them."""
	for name, credits, charged, key, _subscription in frappe.db.sql(EVENTS, account):
		message = _(
			"Subscription step {0} says that {1} credits were charged as {2}; its entries charge {3}."
		)
		yield found("tier", message, name, credits, key or "-", int(charged))
	for name, state, tier, first, last in frappe.db.sql(SAID, account):
		message = _("Subscription {0} is {1} with tier {2} from {3} to {4}; its history says otherwise.")
		yield found("subscription", message, name, _(state), tier or "-", first or "-", last or "-")
	for (name,) in frappe.db.sql(INDEX, account):
		yield found("subscribed", _("{0} says something else of its tier than its subscription."), name)


def lone_month_findings() -> Iterator[Finding]:
	"""Months, steps and subscriptions that belong to nobody."""
	for (name,) in frappe.db.sql(LONE_MONTHS):
		yield found("no_act", _("{0} was posted for a month of a tier that no subscription has."), name)
	for name, subscription in frappe.db.sql(LONE_STEPS):
		message = _("Subscription step {0} belongs to subscription {1}, which does not exist.")
		yield found("tier", message, name, subscription or "-")
	for name, account in frappe.db.sql(LONE_SUBSCRIPTIONS):
		yield found(
			"subscription",
			_("Subscription {0} belongs to account {1}, which does not exist."),
			name,
			account or "-",
		)
