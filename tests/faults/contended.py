"""Ten thousand contended acts on one account: the ledger itself, without the host's documents around it.

    env/bin/python tests/faults/contended.py --site SITE [--operations 10000] [--processes 16]

Each process has a connection of its own and does what the handlers do, one transaction per act, tried again after a
deadlock as they are. Tickets are bare rows, so that nearly all of the time is spent fighting for the account. The site
keeps what this leaves behind: not for a site anybody uses. Afterwards plain SQL and ``verify`` judge the account.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from datetime import timedelta

import frappe

CHANCES = {"open": 62, "exempt": 14, "unexempt": 4, "grant": 9, "void": 3, "adjust": 4, "expire": 4}
REFUSALS = (
	"CreditsRefused",
	"WrongState",
	"NotAllowed",
	"NotEnoughCredits",
	"InvalidAmount",
	"AlreadyPosted",
)


def main() -> int:
	parser = ArgumentParser()
	parser.add_argument("--bench", default=".")
	parser.add_argument("--site", required=True)
	parser.add_argument("--operations", type=int, default=10_000)
	parser.add_argument("--processes", type=int, default=16)
	parser.add_argument("--seed", type=int, default=1)
	options = parser.parse_args()
	options.bench = os.path.abspath(options.bench)
	connect(options)
	account, customer, reason = scene()
	began = time.monotonic()
	with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
		shares = [(options, account, customer, reason, number) for number in range(options.processes)]
		told = sum(pool.starmap(act, shares, chunksize=1), Counter())
	seconds = time.monotonic() - began
	faults = judge(account, told)
	for (kind, outcome), count in sorted(told.items()):
		sys.stdout.write(f"  {kind:<10} {outcome:<20} {count:>6}\n")
	done = sum(told.values())
	sys.stdout.write(f"{done} contended acts, {options.processes} connections, {seconds:.0f} s\n")
	for fault in faults:
		sys.stdout.write(f"FAULT {fault}\n")
	sys.stdout.write(f"contended: {'FAILED' if faults else 'passed'}: {len(faults)} faults\n")
	return 1 if faults else 0


def connect(options: Namespace) -> None:
	os.chdir(os.path.join(options.bench, "sites"))
	frappe.init(site=options.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")


def scene() -> tuple[str, str, str]:
	from support_credits.tests import factories as make

	company = make.company(5)
	reason = make.exemption_reason()
	frappe.db.commit()
	return company.account, company.name, reason


def act(options: Namespace, account: str, customer: str, reason: str, number: int) -> Counter:
	connect(options)
	actor = Actor(account, customer, reason, random.Random(f"{options.seed}:{number}"))
	share = options.operations // options.processes + (number < options.operations % options.processes)
	for _again in range(share):
		actor.once()
	frappe.destroy()
	return actor.told


class Actor:
	"""One process: its own tickets, and everybody's account."""

	def __init__(self, account: str, customer: str, reason: str, chance: random.Random) -> None:
		self.account, self.customer, self.reason, self.chance = account, customer, reason, chance
		self.tickets: list[str] = []
		self.told: Counter = Counter()

	def once(self) -> None:
		from support_credits.ledger.retry import retry_whole

		kind = self.chance.choices(list(CHANCES), CHANCES.values())[0]
		work = getattr(self, kind)
		chosen = self.chance.random()  # drawn before, so that another attempt does the same
		try:
			outcome = retry_whole(lambda: work(chosen)) or "ok"
			frappe.db.commit()
		except Exception as error:
			frappe.db.rollback()
			outcome = type(error).__name__
		self.told[kind, outcome] += 1
		frappe.clear_messages()

	def open(self, _chosen: float) -> None:
		from support_credits.engine.decision import Door
		from support_credits.ledger import intake

		number = frappe.generate_hash(length=12)
		arrival = intake.Arrival(Door.API, is_agent=True)
		intake.open_incident(intake.TicketRef(number, number, self.customer, lambda: arrival))
		frappe.db.sql(
			"INSERT INTO `tabHD Ticket` (name, `key`, customer, subject, sc_state, creation, modified)"
			" VALUES (%s, %s, %s, 'contended', 'Charged', NOW(6), NOW(6))",
			(number, number, self.customer),
		)
		self.tickets.append(number)

	def exempt(self, chosen: float) -> str | None:
		from support_credits.ledger import corrections

		return self.with_ticket(chosen, lambda ticket: corrections.exempt(ticket, self.reason))

	def unexempt(self, chosen: float) -> str | None:
		from support_credits.ledger import corrections

		return self.with_ticket(chosen, corrections.unexempt)

	def with_ticket(self, chosen: float, work: object) -> str | None:
		if not self.tickets:
			return "nothing to do"
		work(self.tickets[int(chosen * len(self.tickets))])
		return None

	def grant(self, chosen: float) -> None:
		from support_credits.ledger import clock, grants

		expired = chosen < 0.2
		at = clock.now() - timedelta(days=40) if expired else None
		event = f"contended:{frappe.generate_hash(length=16)}"
		order = grants.GrantOrder(
			1 + int(chosen * 6), event, "Contended", months=1 if expired else None, granted_at=at
		)
		grants.grant(self.account, order)

	def void(self, chosen: float) -> str | None:
		from support_credits.ledger import grants

		return self.with_lot(chosen, lambda lot: grants.void_lot(lot, "Contended"))

	def adjust(self, chosen: float) -> str | None:
		from support_credits.ledger import grants

		event = f"contended:{frappe.generate_hash(length=16)}"
		return self.with_lot(
			chosen, lambda lot: grants.adjust_lot(lot, 1 if chosen < 0.5 else -1, "Contended", event)
		)

	def with_lot(self, chosen: float, work: object) -> str | None:
		lots = frappe.get_all(
			"Credit Lot", {"account": self.account, "remaining": [">", 0]}, pluck="name", order_by="name"
		)
		if not lots:
			return "nothing to do"
		work(lots[int(chosen * len(lots))])
		return None

	def expire(self, _chosen: float) -> None:
		from support_credits.ledger import grants

		grants.expire_account(self.account)


def judge(account: str, told: Counter) -> list[str]:
	"""What is wrong, by sums that share no code with the ledger, and by its own proof."""
	from support_credits.ledger import verification

	frappe.db.rollback()
	faults = [
		f"{kind}: {outcome} x {count}"
		for (kind, outcome), count in told.items()
		if outcome not in ("ok", "nothing to do", *REFUSALS)
	]
	for sentence, query in QUESTIONS.items():
		faults += [f"{sentence}: {row}" for row in frappe.db.sql(query, {"account": account})]
	opened = frappe.db.count("Support Incident", {"account": account})
	if opened != told["open", "ok"]:
		faults.append(f"{told['open', 'ok']} tickets were opened, {opened} incidents are there")
	faults += [finding.message for finding in verification.verify(account, tickets=False).findings]
	return faults


ENTRIES = "`tabCredit Ledger Entry` WHERE account = %(account)s"
QUESTIONS = {
	"a lot is below zero or not the sum of its entries": """
		SELECT l.name, l.remaining, SUM(e.credits) FROM `tabCredit Lot` l
		JOIN `tabCredit Ledger Entry` e ON e.lot = l.name WHERE l.account = %(account)s
		GROUP BY l.name HAVING l.remaining < 0 OR l.remaining != SUM(e.credits)""",
	"a ticket is charged other than once or not at all": f"""
		SELECT incident, SUM(credits) FROM {ENTRIES} AND incident != ''
		GROUP BY incident HAVING SUM(credits) NOT IN (0, -1)""",
	"a ticket that says charged is not": """
		SELECT i.name, i.state, i.credits, COALESCE(SUM(e.credits), 0) FROM `tabSupport Incident` i
		LEFT JOIN `tabCredit Ledger Entry` e ON e.incident = i.name WHERE i.account = %(account)s
		GROUP BY i.name HAVING i.credits != -COALESCE(SUM(e.credits), 0)""",
	"the chain has a gap or a number twice": f"""
		SELECT COUNT(*), COUNT(DISTINCT seq), MAX(seq) FROM {ENTRIES}
		HAVING COUNT(*) != COUNT(DISTINCT seq) OR COUNT(*) != MAX(seq)""",
}


if __name__ == "__main__":
	sys.exit(main())
