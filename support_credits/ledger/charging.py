"""A ticket meets its customer's account: facts are read, the engine decides, the outcome is entered.

Everything that happens to an incident's credits passes through :func:`enter_charge` and :func:`enter_refund`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import frappe
from frappe import _

from support_credits.engine.allocation import available
from support_credits.engine.decision import (
	DEFAULT_POLICY,
	AutoExemption,
	Code,
	Decision,
	Door,
	Policy,
	TicketFacts,
	decide,
	within_deployment_window,
)
from support_credits.engine.funding import Funding
from support_credits.engine.grants import days_after, expiry_date, grant_line
from support_credits.engine.incident import State
from support_credits.engine.model import Allocation, Entry, Line, Lot, parse_stamp, stamp_text
from support_credits.engine.refund import refund
from support_credits.ledger import extras, responses, subscriptions
from support_credits.ledger import settings as site
from support_credits.ledger.posting import OpenAccount
from support_credits.ledger.rows import Incident, LotTerms, chained_terms
from support_credits.ledger.wording import label_of, render, ways_on


@dataclass(frozen=True)
class CustomerFacts:
	"""What one statement tells of a customer who may have an account; ``account`` None when he has none."""

	account: str | None = None
	deployed_on: date | None = None
	is_member: bool = False
	served_as: str | None = None  # ticket that a request with the same idempotency key opened


def customer_facts(customer: str, user: str, request_key: str | None, at: datetime) -> CustomerFacts:
	"""All that intake needs to know about ``customer``, in the one statement the budget of design §6 allows.

	Membership is read from the tables of the host's own ``get_customers`` (Contact.user, HD Customer Member), which
	would take two statements more. Plain reads: the account is locked by primary key afterwards.
	"""
	found = frappe.db.sql(
		"""SELECT a.name AS account,
			(SELECT MAX(d.deployed_on) FROM `tabDeployment` d
				WHERE d.customer = a.customer AND d.deployed_on <= %(today)s) AS deployed_on,
			EXISTS(SELECT 1 FROM `tabHD Customer Member` m JOIN `tabContact` c ON c.name = m.contact_name
				WHERE m.parenttype = 'HD Customer' AND m.parent = a.customer AND c.user = %(user)s) AS is_member,
			(SELECT i.ticket_no FROM `tabSupport Incident` i WHERE i.request_key = %(request_key)s) AS served_as
		FROM `tabCredit Account` a WHERE a.customer = %(customer)s""",
		{
			"customer": customer,
			"user": user,
			"request_key": request_key,
			"today": at.astimezone(site.provider_zone()).date(),
		},
		as_dict=True,
	)
	if not found:
		return CustomerFacts()
	return CustomerFacts(**{**found[0], "is_member": bool(found[0].is_member)})


def automatic_exemption(deployed_on: date | None, at: datetime) -> AutoExemption | None:
	"""The exemption that applies by itself after a deployment (design rule 10), when such a reason is enabled."""
	if deployed_on is None:
		return None
	days = site.settings().deployment_days
	if not within_deployment_window(deployed_on, at, days, site.provider_zone()):
		return None
	reason = frappe.db.get_value(
		"Exemption Reason", {"automatic": "Deployment", "enabled": 1}, ["name", "label"], as_dict=True
	)
	return AutoExemption(reason.name, reason.label) if reason else None


def decide_for(
	account: OpenAccount,
	door: Door,
	customer: str,
	exemption: AutoExemption | None = None,
	policy: Policy | None = None,
	automatic_mail: bool = False,
	extra: int = 0,
) -> Decision:
	"""Ask the engine what happens to a ticket of ``customer`` at ``door``, with the lots read under the lock. ``extra`` are
	credits he has accepted for it on top.
	"""
	subscriptions.settle(account)
	needed = site.credits_per_incident(site.tier_of(account.row)) + extra
	policy = policy or site.policy_for(door, account.row)
	lots = account.read_enough(needed)
	enough = available(lots, account.at) >= needed
	if policy is Policy.OVERDRAW and not enough:
		policy = _prepare_overdraft(account, door)
		lots = _usable(account)
	expired, expired_on = (0, None) if enough else recently_expired(account)
	return decide(
		TicketFacts(
			door=door,
			customer=customer,
			has_account=True,
			everyone_must_have_credits=bool(site.settings().everyone_must_have_credits),
			policy=policy,
			credits_needed=needed,
			lots=tuple(lots),
			at=account.at,
			exemption=exemption,
			automatic_mail=automatic_mail,
			recently_expired=expired,
			recently_expired_on=expired_on,
			waiting=len(account.parked),
			ways_on=ways_on(),
		)
	)


def recently_expired(account: OpenAccount) -> tuple[int, date | None]:
	"""Credits that expired unused within the days a refusal mentions, and the last such day."""
	since = account.at - timedelta(days=site.settings().expired_notice_days or 0)
	booked = frappe.db.sql(
		"""SELECT -SUM(credits), MAX(effective_at_utc) FROM `tabCredit Ledger Entry`
		WHERE account = %s AND kind = 'Expiry' AND effective_at_utc >= %s""",
		(account.name, stamp_text(since)),
	)[0]
	unbooked = [
		lot for lot in account.lots.values()
		if lot.remaining > 0 and lot.expires_at and since <= lot.expires_at <= account.at
	]  # fmt: skip
	credits = int(booked[0] or 0) + sum(lot.remaining for lot in unbooked)
	last = max([booked[1] or "", *(stamp_text(lot.expires_at) for lot in unbooked if lot.expires_at)])
	return credits, _last_day(last, account) if credits else None


def _last_day(stamp: str, account: OpenAccount) -> date:
	return expiry_date(parse_stamp(stamp), account.zone)


def _prepare_overdraft(account: OpenAccount, door: Door) -> Policy:
	"""Open the account's overdraft on first use and let its limit follow the settings; the policy to go on with.

	Where nothing may be owed (any more), there is no overdraft: the door does what it does by default.
	"""
	limit = account.row.overdraft_limit or site.settings().overdraft_limit or 0
	account.read_open_lots()
	lots = account.overdraft_lots()
	# Two accounts with overdrafts were joined: what is owed on the other one counts against the limit.
	limit -= sum(-lot.remaining for lot in lots[1:])
	if limit <= 0:
		return DEFAULT_POLICY[door]
	if not lots:
		_open_overdraft(account, limit)
	elif lots[0].overdraft_limit != (allowed := max(limit, -lots[0].remaining)):
		_change_limit(account, lots[0], allowed)
	return Policy.OVERDRAW


def _usable(account: OpenAccount) -> tuple[Lot, ...]:
	"""The lots a ticket may be charged to: of overdrafts the first only, whose limit was just brought up to date."""
	unused = {lot.name for lot in account.overdraft_lots()[1:]}
	return tuple(lot for name, lot in account.lots.items() if name not in unused)


def _open_overdraft(account: OpenAccount, limit: int) -> None:
	lot = account.draft_lot(0, account.at, overdraft_limit=limit)
	terms = LotTerms("Overdraft", _("Overdraft"))
	line = grant_line(lot, chained_terms(terms, account.zone, limit), terms.reason)
	account.post([line], f"overdraft:{lot.name}", opening=[(lot, terms)])


def _change_limit(account: OpenAccount, lot: Lot, limit: int) -> None:
	changed = replace(lot, overdraft_limit=limit)
	# An overdraft that came from a joined account keeps saying so.
	source = frappe.db.get_value("Credit Lot", lot.name, "source", for_update=True, order_by=None)
	terms = LotTerms(source)
	said = chained_terms(terms, account.zone, limit)
	line = grant_line(replace(changed, remaining=0), said, _("Limit changed"))
	account.replace_lot(changed)
	account.post([line], f"overdraft:{lot.name}:{account.head.seq + 1}")


def enter_decision(account: OpenAccount, incident: Incident, decision: Decision, event_key: str) -> None:
	"""Put the outcome on ``incident`` (not yet written) and its charge, if any, into the ledger."""
	incident.account = account.name
	if not incident.due_at_utc:  # a clock that runs keeps the tier that promised it (design rule 21)
		incident.tier = site.tier_of(account.row)
	incident.decision = decision.code.value
	incident.message = receipt(account, decision)
	incident.state = label_of(State(decision.code.value))
	if decision.code is Code.PARKED:
		incident.parked_at_utc = stamp_text(account.at)
		account.parked.append(incident.name)
	elif decision.code is Code.BEST_EFFORT and not incident.due_at_utc:
		incident.tier = site.settings().best_effort_tier or incident.tier
	elif decision.code in (Code.CHARGED, Code.OVERDRAWN):
		enter_charge(account, incident, decision.allocations, event_key)
		if decision.code is Code.OVERDRAWN:
			account.overdrawn.append(incident.name)
	responses.follow(incident, account.at)


def receipt(account: OpenAccount, decision: Decision) -> str:
	"""The decision in words. What is left is said only when every open lot was read under the lock."""
	if decision.code is Code.CHARGED and decision.credits and not account.has_read_all():
		return _("Credits charged for this ticket: {0}.").format(decision.credits)
	return render(decision.message)


def enter_charge(
	account: OpenAccount, incident: Incident, parts: tuple[Allocation, ...], event_key: str
) -> None:
	"""Enter the charge of ``parts`` and note on the incident what funds it."""
	lines = [Line.charge(part, incident.name) for part in parts]
	posting = account.post(lines, event_key)
	incident.cycle += 1
	incident.charged_at_utc = stamp_text(account.at)
	incident.funding = funding_after(incident, posting.entries if posting else ())
	incident.credits = sum(part.credits for part in incident.funding)


def enter_refund(account: OpenAccount, incident: Incident, reason: str) -> int:
	"""Give back what the incident is charged now, to the same lots in reverse order; returns the credits."""
	extras.withdraw_open(incident.name)
	if not incident.funding:
		return 0
	_read_with_successors(account, [part.lot for part in incident.funding])
	grace = days_after(account.at, site.settings().refund_grace_days, account.zone)
	blank = account.draft_lot(0, account.at, grace)
	plan = refund(Funding(incident.name, incident.funding), account.lots, account.at, blank, reason)
	terms = LotTerms("Refund", reason)
	opening = [(replace(plan.new_lot, remaining=0), terms)] if plan.new_lot else []
	event = f"ticket:{incident.ticket_key}:refund:{incident.cycle}"
	account.post(plan.lines, event, opening=opening)
	given_back, incident.credits, incident.funding = incident.credits, 0, ()
	if incident.name in account.overdrawn:
		account.overdrawn.remove(incident.name)
	return given_back


def _read_with_successors(account: OpenAccount, names: list[str]) -> None:
	account.read(names)
	moved = [account.lots[name].moved_to for name in names if name in account.lots]
	following = [name for name in moved if name and name not in account.lots]
	if following:
		_read_with_successors(account, following)


def funding_after(incident: Incident, entries: tuple[Entry, ...]) -> tuple[Allocation, ...]:
	"""What funds the incident after ``entries``: charges are added, refunds taken from the charge they name."""
	parts = list(incident.funding)
	for entry in entries:
		if entry.incident != incident.name:
			continue
		if entry.credits < 0:
			parts.append(Allocation(entry.lot, -entry.credits, entry.name))
		else:
			parts = [
				replace(part, credits=part.credits - entry.credits) if part.entry == entry.reverses else part
				for part in parts
			]
	return tuple(part for part in parts if part.credits)
