"""Support Tiers by the month: chosen, charged once a period, fallen when one cannot be paid, and back when credits come (rule 15).

Everything happens under the account's lock, and by the clock: a month that is due is paid before anything else is decided on
the account, whether or not a job has run. The order of locks is account, subscription, lots.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from support_credits.engine import subscription as rules
from support_credits.engine.allocation import allocate, available
from support_credits.engine.calendar_days import local_day
from support_credits.engine.model import Line, Message
from support_credits.engine.sentences import TIER_REFUSED, TIER_SHORT, ways_of
from support_credits.engine.subscription import PAID, Event, Plan, State, Step
from support_credits.exceptions import CreditsRefused, SupportCreditsError, WrongState
from support_credits.ledger import clock, incidents
from support_credits.ledger import settings as site
from support_credits.ledger.posting import OpenAccount, account_lock
from support_credits.ledger.subscription_rows import (
	CANCELLED,
	EVENT,
	JOINED,
	LAPSED,
	Held,
	Note,
	clear_index,
	lock_live,
	move,
	write,
)
from support_credits.ledger.wording import render, ways_on


@dataclass(frozen=True)
class Weighed:
	"""What a choice would do to the account as it is now: ``step`` None when it is so already; ``able`` is what it can pay."""

	held: Held | None
	step: Step | None
	able: int

	@property
	def cost(self) -> int:
		return self.step.cost if self.step else 0


# By the clock


def settle(account: OpenAccount) -> Event | None:
	"""Have a month that is due paid, or the tier fall; what happened. Costs no statement while nothing is due."""
	until = account.row.subscribed_until
	if not until or local_day(account.at, account.zone) < getdate(until):
		return None
	return _step(account)


def is_due(account_name: str) -> bool:
	"""Whether a month of the account is due, by a plain read."""
	until = frappe.db.get_value("Credit Account", account_name, "subscribed_until", order_by=None)
	return bool(until) and local_day(clock.now(), site.provider_zone()) >= getdate(until)


def come_back(account: OpenAccount) -> Event | None:
	"""After credits came in: a fallen tier counts again where its month can be paid; what happened."""
	if not account.row.subscription or account.row.subscribed_tier:
		return None
	return _step(account)


def _step(account: OpenAccount) -> Event | None:
	held = lock_live(account)
	if held is None:
		return None
	now = held.subscription
	able = _able(account, now.next_plan.credits)
	found = rules.step(now, _today(account), able, site.tier_return_days())
	if found is None:
		return None
	why = LAPSED if now.state is State.FALLEN else CANCELLED
	_enter(account, held, found, Note(why=why if found.event is Event.END else ""))
	return found.event


def settle_account(name: str) -> int:
	"""The same for the scheduled job: whatever ``name`` is due, or can pay again; 1 when something happened."""
	with account_lock(name, clock.now()) as account:
		return int(bool(settle(account) or come_back(account)))


def _today(account: OpenAccount) -> date:
	return local_day(account.at, account.zone)


def _able(account: OpenAccount, credits: int) -> int:
	return available(account.read_enough(credits), account.at)


def _enter(account: OpenAccount, held: Held, step: Step, note: Note) -> None:
	"""Charge what ``step`` costs, as one event of the ledger, and write what it makes of the subscription."""
	if step.cost:
		key = _key_of(held, step)
		parts = allocate(step.cost, account.lots.values(), account.at)
		account.post([Line.charge(part, "", _reason(step)) for part in parts], key)
		note = Note(key, note.request_key, note.why)
	write(account, held, step, note)


def _key_of(held: Held, step: Step) -> str:
	"""The period's for its month; what a choice costs within a period has a number of its own."""
	key = f"tier:{held.name}:{step.after.paid.first.isoformat()}"
	return f"{key}:{held.events + 1}" if step.event is Event.UPGRADE else key


def _reason(step: Step) -> str:
	plan, period = step.after.plan, step.after.paid
	name = _(frappe.get_cached_value("Support Tier", plan.tier, "tier_name") or plan.tier)
	return _("Tier {0} from {1} to {2}").format(name, formatdate(period.first), formatdate(period.last))


# By a person


def plan_of(tier: str, base: str | None) -> Plan | None:
	"""What ``tier`` costs a month today; None for ``base``, which is what the account has without choosing.

	Raises SupportCreditsError for one that is not sold by the month.
	"""
	if tier and tier == base:
		return None
	cost = frappe.get_cached_value("Support Tier", tier, "credits_per_month") if tier else None
	if not cost:
		frappe.throw(
			_("Support Tier {0} is not sold by the month. Choose another one.").format(
				frappe.utils.escape_html(tier)
			),
			SupportCreditsError,
		)
	return Plan(tier, int(cost))


def weigh(account: OpenAccount, plan: Plan | None) -> Weighed:
	"""What choosing ``plan`` (None: the base tier) does now. A due month is settled first."""
	settle(account)
	held = lock_live(account)
	now = held.subscription if held else None
	step = rules.choose(now, plan, _today(account)) if plan else now and rules.cancel(now)
	return Weighed(held, step, _able(account, step.cost if step else 0))


def choose(
	account_name: str, tier: str, request_key: str = "", shown: tuple[int, int] | None = None
) -> Event | None:
	"""Choose ``tier`` for the account; what happened, None where it was so already. The base tier ends what is paid by the
	month.

	The same ``request_key`` again does nothing again. ``shown`` are the credits now and by the month that who chooses has seen.
	Raises CreditsRefused, with nothing written, where what it costs now cannot be paid, and SupportCreditsError for a tier
	that is not sold by the month or costs something else than was shown.
	"""
	with account_lock(account_name, clock.now()) as account:
		return _choose(account, plan_of(tier, site.base_tier_of(account.row)), request_key, shown)


def _choose(
	account: OpenAccount, plan: Plan | None, request_key: str, shown: tuple[int, int] | None = None
) -> Event | None:
	if request_key and _is_served(request_key):
		return None
	found = weigh(account, plan)
	if found.step is None:
		return None
	if shown is not None:
		_check_same_cost(account, found, plan, shown)
	if found.cost > found.able:
		refuse(found)
	held = found.held or Held(incidents.new_name(), found.step.after)
	why = CANCELLED if found.step.event is Event.END else ""
	_enter(account, held, found.step, Note(request_key=request_key, why=why))
	return found.step.event


def cancel(account_name: str, request_key: str = "") -> Event | None:
	"""End the account's tier with what is paid for; None where it is ending already. Raises WrongState where there is none."""
	with account_lock(account_name, clock.now()) as account:
		if not account.row.subscription and not (request_key and _is_served(request_key)):
			frappe.throw(_("There is no tier by the month that could be cancelled."), WrongState)
		return _choose(account, None, request_key)


def _check_same_cost(account: OpenAccount, found: Weighed, plan: Plan | None, shown: tuple[int, int]) -> None:
	now = found.held.subscription if found.held else None
	month = rules.outlook(now, plan, _today(account)).month
	if shown != (found.cost, month):
		frappe.throw(
			_(
				"What this tier costs has changed: it takes {0} credits now and {1} a month. Look at it again, then choose."
			).format(found.cost, month),
			SupportCreditsError,
		)


def refuse(found: Weighed) -> None:
	"""Say what is missing for a choice, and the ways on."""
	values = {"cost": found.cost, "able": found.able, "ways": ways_of(ways_on())}
	refused = CreditsRefused(why=render(Message(TIER_SHORT, values)))
	frappe.throw(
		render(Message(TIER_REFUSED, values), links=True), refused, title=_("Not enough support credits")
	)


def _is_served(request_key: str) -> bool:
	return bool(frappe.db.get_value(EVENT, {"request_key": request_key}, "name", order_by=None))


# Two customers become one


def join(source: OpenAccount, target: OpenAccount) -> None:
	"""The customer of ``source`` was merged into that of ``target``: of two tiers the paid one stays, of two such the dearer;
	what was paid for the other is not given back. Both accounts must hold their own lots still.
	"""
	settle(source)
	settle(target)
	left, right = lock_live(source), lock_live(target)
	if left is None:
		return
	if right and _rank(right) >= _rank(left):
		_end(source, left)
		return
	if right:
		_end(target, right)
	clear_index(source)
	move(left, target)


def _rank(held: Held) -> tuple[bool, int]:
	return held.subscription.state in PAID, held.subscription.plan.credits


def _end(account: OpenAccount, held: Held) -> None:
	_enter(account, held, rules.ended(held.subscription), Note(why=JOINED))
