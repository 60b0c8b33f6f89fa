"""A year in the life of one account under a provider's terms: the plot of the terminal play.

Decides nothing: every figure comes from the functions a real site runs. Which pack, how many tickets and
when are derived from the catalogue, so a third provider plays without a line of code.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from support_credits.engine.book import Book
from support_credits.engine.catalogue_model import Catalogue, Pack
from support_credits.engine.decision import Door, Policy
from support_credits.engine.model import DAY, UTC, Entry, stamp_text
from support_credits.engine.tariff import price_list

WIDTH = 110  # columns of the printed play
ACCOUNT = "CA-00001"
OPENING = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)  # 31 January: a month later is the hard case of rule 2


@dataclass(slots=True)
class Act:
	"""What one provider's play printed, and whether the ledger was proved at its end."""

	catalogue: Catalogue
	book: Book
	at: datetime = OPENING
	verified: bool = False
	steps: list[tuple[datetime, str, str]] = field(default_factory=list)
	proofs: list[str] = field(default_factory=list)

	@property
	def zone(self) -> ZoneInfo:
		return self.book.zone

	def say(self, what: str, outcome: str) -> None:
		self.steps.append((self.at, what, outcome))

	def text(self) -> list[str]:
		"""The act as lines of aligned text."""
		provider = self.catalogue.provider
		title = f"{provider.name} — all times {provider.time_zone}"
		return [
			title,
			"=" * len(title),
			*_section("Price list", price_rows(self.catalogue)),
			*_section(
				"What happened", [(self._local(at), what, outcome) for at, what, outcome in self.steps]
			),
			*_section("Statement", self.statement_rows(), right=(2, 3)),
			*_section("Verification", [(proof,) for proof in self.proofs]),
		]

	def statement_rows(self) -> list[tuple[str, ...]]:
		rows: list[tuple[str, ...]] = [("when", "what", "credits", "balance", "lot", "for")]
		for line in self.book.statement(self.at):
			note = line.incident or line.reason
			balance = str(line.balance) if line.counted else "–"
			row = (self._local(line.at), line.kind.value, f"{line.credits:+d}", balance, line.lot, note)
			rows.append(row)
		return rows

	def as_json(self) -> dict[str, object]:
		"""The act for machines; instants in UTC."""
		report = self.book.statement(self.at)
		return {
			"provider": self.catalogue.provider.code,
			"steps": [{"at": stamp_text(at), "what": what, "outcome": out} for at, what, out in self.steps],
			"statement": [
				{
					"at": stamp_text(line.at),
					"kind": line.kind.value,
					"credits": line.credits,
					"balance": line.balance,
					"lot": line.lot,
					"incident": line.incident,
				}
				for line in report
			],
			"closing": report.closing,
			"digest": report.digest,
			"proofs": self.proofs,
			"verified": self.verified,
		}

	def _local(self, at: datetime) -> str:
		return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def play(catalogue: Catalogue) -> Act:
	"""Buy, open tickets, be refused, get one back, wait for credits, see a lot expire and another voided."""
	zone = ZoneInfo(catalogue.provider.time_zone)
	act = Act(catalogue, Book(ACCOUNT, zone, catalogue.defaults.grace_days))
	pack = min((pack for pack in catalogue.packs if pack.on_sale), key=lambda pack: (pack.credits, pack.code))
	_buy(act, pack, "order:1")
	last = _spend_all(act, pack)
	_exempt(act, last)
	_wait(act, pack)
	_let_expire(act, pack)
	_void(act, pack)
	_prove(act)
	return act


def price_rows(catalogue: Catalogue) -> list[tuple[str, ...]]:
	"""Packs on sale with what is computed from them: price per credit and saving."""
	packs = {pack.code: pack for pack in catalogue.packs if pack.on_sale}
	rows: list[tuple[str, ...]] = []
	for quote in price_list([pack.offer for pack in packs.values()]):
		pack = packs[quote.offer.code]
		price = f"{pack.currency} {pack.price} {pack.tax_note}".strip()
		saving = f"saves {quote.saving} ({quote.saving_percent} %)" if quote.saving else ""
		valid = f"valid {pack.validity_months} months"
		rows.append((pack.name, price, f"{quote.per_credit} each", valid, saving))
	return rows


def _buy(act: Act, pack: Pack, event: str) -> None:
	terms = {"pack": pack.code, "price": pack.price, "currency": pack.currency}
	posting = act.book.grant(event, pack.credits, act.at, months=pack.validity_months, terms=terms)
	expires_at = posting.lots[0].expires_at
	until = f", valid until the end of {act.book.last_day(expires_at)}" if expires_at else ""
	act.say(f"buys {pack.name}", f"{pack.credits} credits{until}")


def _ticket(act: Act, name: str, door: Door = Door.PORTAL) -> None:
	policy = act.catalogue.defaults.policies.get(door, Policy.PARK)
	credits = act.catalogue.base_tier.credits_per_incident
	decision = act.book.open_ticket(name, act.book.facts(act.at, door=door, policy=policy, credits=credits))
	act.say(f"opens {name} ({door.value})", str(decision.message))


def _spend_all(act: Act, pack: Pack) -> str:
	"""Every credit of the pack but none more: the next ticket is refused."""
	cost = max(1, act.catalogue.base_tier.credits_per_incident)
	last = ""
	for number in range(1, pack.credits // cost + 1):
		act.at += DAY
		last = f"ticket {number}"
		_ticket(act, last)
	act.at += DAY
	_ticket(act, "one more ticket")
	return last


def _exempt(act: Act, ticket: str) -> None:
	act.at += timedelta(hours=2)
	reason = act.catalogue.exemptions[0].name if act.catalogue.exemptions else "Goodwill"
	posting = act.book.exempt(ticket, reason, act.at)
	back = sum(entry.credits for entry in posting.entries) if posting else 0
	act.say(f"{ticket} is exempt", f"{reason}: {back} back, balance {act.book.balance(act.at)}")


def _wait(act: Act, pack: Pack) -> None:
	"""Mails are never refused: the second one waits, and the next purchase releases it."""
	for name in ("mail 1", "mail 2"):
		act.at += timedelta(hours=1)
		_ticket(act, name, Door.MAIL)
	act.at += DAY
	before = set(act.book.parked())
	_buy(act, pack, "order:2")
	for name in sorted(before - set(act.book.parked())):
		act.say(f"{name} is released", f"charged now, balance {act.book.balance(act.at)}")


def _let_expire(act: Act, pack: Pack) -> None:
	"""A second purchase of the same pack is let run out; then a charge on a lot that is gone is given
	back."""
	_buy(act, pack, "order:3")
	ends = [lot.expires_at for lot in act.book.lots.values() if lot.expires_at and lot.remaining]
	act.at = max(ends) - timedelta(seconds=1)
	act.say("one second before the end", f"balance {act.book.balance(act.at)}")
	act.at = max(ends)
	act.say("at the end of the last day", f"balance {act.book.balance(act.at)}, no job has run")
	act.book.expire(act.at)
	act.at += DAY
	_ticket(act, "a late ticket")
	act.at += DAY
	reason = "Refunded after its credits expired"
	act.book.exempt("mail 2", reason, act.at)
	days = act.book.grace_days
	act.say(
		"mail 2 is exempt", f"its lot has expired: into a new lot for {days} days, balance {_balance(act)}"
	)


def _void(act: Act, pack: Pack) -> None:
	_buy(act, pack, "order:4")
	act.at += DAY
	lot = max(act.book.lots)
	act.book.void(lot, "Payment was charged back", act.at)
	act.say(f"{lot} is void", f"payment was charged back, balance {_balance(act)}")


def _balance(act: Act) -> int:
	return act.book.balance(act.at)


def _prove(act: Act) -> None:
	problem = act.book.verify()
	count = len(act.book.entries)
	act.proofs.append(str(problem) if problem else f"{count} entries, chain and lots agree")
	found = all([_finds(act, *tampering) for tampering in _TAMPERINGS])  # a list: every one is told
	agrees = act.book.statement(act.at).closing == act.book.balance(act.at)
	act.proofs.append(f"statement and lots {'agree' if agrees else 'DO NOT AGREE'}: balance {_balance(act)}")
	act.verified = problem is None and found and agrees


def _finds(act: Act, what: str, tamper: Callable[[Book], list[Entry]]) -> bool:
	problem = act.book.verify(tamper(act.book))
	act.proofs.append(f"{what}: {problem or 'NOT FOUND'}")
	return problem is not None


def _edit(book: Book) -> list[Entry]:
	return [book.entries[0], replace(book.entries[1], credits=0), *book.entries[2:]]


def _delete(book: Book) -> list[Entry]:
	return [book.entries[0], *book.entries[2:]]


def _cut(book: Book) -> list[Entry]:
	return list(book.entries[:-1])


_TAMPERINGS = (
	("a copy with an entry edited", _edit),
	("with one deleted", _delete),
	("with the last cut off", _cut),
)


def _section(title: str, rows: list[tuple[str, ...]], right: tuple[int, ...] = ()) -> list[str]:
	widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
	indent = sum(width + 2 for width in widths[:-1])
	lines = ["", title, "-" * len(title)]
	for row in rows:
		cells = [
			cell.rjust(width) if number in right else cell.ljust(width)
			for number, (cell, width) in enumerate(zip(row[:-1], widths, strict=False))
		]
		lines += _wrapped("".join(cell + "  " for cell in cells), row[-1], indent)
	return lines


def _wrapped(start: str, text: str, indent: int) -> list[str]:
	"""``text`` after ``start``, its further lines under its first; no sentence is cut off."""
	pieces = textwrap.wrap(text, max(40, WIDTH - indent)) or [""]
	return [(start + pieces[0]).rstrip(), *(" " * indent + piece for piece in pieces[1:])]
