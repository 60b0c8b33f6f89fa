"""Actors: separate processes, each with its own connection, people and dice, that note what they did and were told."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import acts
import frappe
from rig import Rig
from scene import Cast, Here, Reply, Wire

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock

PROCESSES = multiprocessing.get_context("fork")
RECENT = 12  # tickets that actors fight for
HALF = 0.5


@dataclass(frozen=True)
class Stage:
	"""One scene of a race: who fights for what, with which acts, how often in all."""

	name: str
	weights: Mapping[Callable, int]
	customers: list[str]
	budget: int
	spares: list[str] = field(default_factory=list)  # customers to be merged away
	merger: bool = False  # the first actor merges the first spare customer, and does nothing else


@dataclass
class Note:
	"""What one act was told, and what it asked for."""

	actor: int
	act: str
	began: str
	ended: str
	seconds: float
	users: list[str]
	status: int
	error: str
	message: str
	value: Any
	asked: dict[str, Any]
	attempts: int = 1  # requests it took; after the first the answer may have been lost though it was done

	@property
	def outcome(self) -> str:
		if self.status == 200:
			return "ok"
		return "refused" if Reply(self.status, self.error).clean else "error"


class Actor:
	"""One process. Whoever is even goes over HTTP, whoever is odd calls in his own process."""

	def __init__(self, number: int, rig: Rig, cast: Cast, stage: Stage, seed: int) -> None:
		self.number, self.rig, self.cast, self.stage = number, rig, cast, stage.name
		self.person, self.manager = cast.persons[number], cast.managers[number]
		self.customers, self.spares = stage.customers, stage.spares
		self.dice = random.Random(f"{seed}-{stage.name}-{number}")
		self.here = Here(rig.site)
		self.door = Wire(rig.site, rig.url, cast.cookies) if number % 2 == 0 else self.here
		self.table = rig.sql()
		self.count = 0

	# What acts ask for

	def call(self, who: object, method: str, /, **arguments: object) -> Reply:
		return self.door.call(who, method, **arguments)

	def job(self, work: Callable[[], object]) -> Reply:
		return self.here.run(self.manager.email, work)

	def subject(self) -> str:
		"""A name that no other act has: of a ticket, or of an event."""
		self.count += 1
		return f"{self.stage}-{self.number}-{self.count}"

	def home(self) -> str:
		"""The customer everybody fights over."""
		return self.customers[0]

	def customer(self) -> str:
		"""Mostly that one, sometimes his neighbours."""
		return self.home() if self.dice.random() < HALF else self.dice.choice(self.customers)

	def one(self, query: str, *values: object) -> Any:
		with self.table.cursor() as cursor:
			cursor.execute(query, values)
			return self.dice.choice(cursor.fetchall() or ((None,),))[0]

	def ticket(self, preferred: str = "") -> str:
		"""One of the youngest tickets; mostly one on which the act can succeed."""
		query = "SELECT ticket FROM `tabSupport Incident` WHERE ticket IS NOT NULL AND customer IN %s"
		tail = f" ORDER BY opened_at_utc DESC LIMIT {RECENT}"
		found = None
		if preferred and self.dice.random() > HALF / 2:
			found = self.one(f"{query} AND {preferred}{tail}", self.customers)
		return found or self.one(query + tail, self.customers) or "none"

	def lot(self) -> str:
		query = """SELECT l.name FROM `tabCredit Lot` l JOIN `tabCredit Account` a ON a.name = l.account
			WHERE a.customer IN %s AND l.remaining > 0 ORDER BY l.lot_no DESC LIMIT 6"""
		return self.one(query, self.customers) or "none"

	def spare(self) -> str | None:
		return self.spares and self.one("SELECT name FROM `tabHD Customer` WHERE name IN %s", self.spares)

	def act(self, what: Callable) -> Note:
		began, start = stamp_text(clock.now()), time.perf_counter()
		reply, asked = what(self)
		users = [self.person.email, self.manager.email]
		told = (reply.status, reply.error, reply.message, _short(reply.value))
		ended = stamp_text(clock.now())
		return Note(
			self.number, what.__name__, began, ended, time.perf_counter() - start, users, *told, asked
		)


def _short(value: object) -> object:
	"""Of a whole ticket what is looked at later."""
	if isinstance(value, dict) and value.get("doctype") == "HD Ticket":
		return {field: value.get(field) for field in ("name", "key", "customer", "sc_state", "sc_credits")}
	return value


def play(rig: Rig, cast: Cast, stage: Stage, seed: int) -> list[Note]:
	"""Let every actor of the cast act until the stage's budget is spent; returns all notes in order of their end."""
	frappe.destroy()
	left = PROCESSES.Value("l", stage.budget)
	gate = PROCESSES.Barrier(len(cast.persons))
	folder = rig.folder / "notes" / stage.name
	folder.mkdir(parents=True)
	crowd = [
		PROCESSES.Process(target=_life, args=(number, rig, cast, stage, seed, left, gate, folder))
		for number in range(len(cast.persons))
	]
	for process in crowd:
		process.start()
	for process in crowd:
		process.join()
	if any(process.exitcode for process in crowd):
		raise RuntimeError(f"actors of {stage.name} died: {[process.exitcode for process in crowd]}")
	notes = [Note(**json.loads(line)) for path in folder.glob("*.jsonl") for line in path.open()]
	return sorted(notes, key=lambda note: note.ended)


def _life(
	number: int, rig: Rig, cast: Cast, stage: Stage, seed: int, left: Any, gate: Any, folder: Path
) -> None:
	actor = Actor(number, rig, cast, stage, seed)
	weights = list(stage.weights.values())
	with (folder / f"{number}.jsonl").open("w") as notes:

		def write(note: Note) -> None:
			notes.write(json.dumps(asdict(note), default=str) + "\n")

		gate.wait()
		if stage.merger and number == 0:
			time.sleep(actor.dice.random())
			write(actor.act(acts.merge_customers))
			return
		while _take(left):
			write(actor.act(actor.dice.choices(list(stage.weights), weights)[0]))


def _take(left: Any) -> bool:
	with left.get_lock():
		left.value -= 1
		return left.value >= 0
