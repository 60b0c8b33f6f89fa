"""Clients that work on while servers die: each intention is sent again, with the same key, until there is an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import acts
import frappe
import pymysql
from actor import PROCESSES, Actor, Note, Stage
from rig import BrokenRig, Rig
from scene import Cast, Reply, Wire

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock

PATIENCE = 240.0  # seconds a client goes on asking; more than any outage here
PAUSE = 0.25
NO_ANSWER = 0


@dataclass
class Attempt:
	"""One request and what came back; status 0: the connection broke."""

	at: str
	seconds: float
	method: str
	status: int
	error: str
	message: str


class Client(Actor):
	"""A process at the other end of HTTP, with a person and a manager of its own."""

	def __init__(self, number: int, rig: Rig, cast: Cast, stage: Stage, seed: int) -> None:
		super().__init__(number, rig, cast, stage, seed)
		self.door = Wire(rig.site, rig.url, cast.cookies)
		self.attempts: list[Attempt] = []

	def call(self, who: object, method: str, /, **arguments: object) -> Reply:
		"""Ask until it is answered. The key makes the second request for a ticket the same request."""
		headers = {"Idempotency-Key": self.subject()}
		end = time.monotonic() + PATIENCE
		self.attempts = []
		while True:
			at, start = stamp_text(clock.now()), time.perf_counter()
			reply = self.door.call(who, method, headers=headers, **arguments)
			seconds = time.perf_counter() - start
			self.attempts.append(Attempt(at, seconds, method, reply.status, reply.error, reply.message))
			if not self._unanswered(reply) or time.monotonic() > end:
				return self._final(reply)
			time.sleep(PAUSE)

	def _unanswered(self, reply: Reply) -> bool:
		return (
			reply.status == NO_ANSWER
			or reply.status >= 500
			or reply.error in ("QueryDeadlockError", "QueryTimeoutError")
		)

	def _final(self, reply: Reply) -> Reply:
		"""Being told that an earlier attempt of one's own was served is success."""
		if len(self.attempts) > 1 and reply.error == "AlreadyServed":
			return Reply(200, value=None)
		return reply

	def one(self, query: str, *values: object) -> Any:
		end = time.monotonic() + PATIENCE
		while True:
			try:
				return super().one(query, *values)
			except pymysql.Error:
				if time.monotonic() > end:
					raise
				time.sleep(PAUSE)
				self._look_again()

	def _look_again(self) -> None:
		with suppress(pymysql.Error):  # still away; the next turn of the loop asks again
			self.table = self.rig.sql()


def reply_as_customer(actor: Actor) -> acts.Noted:
	query = "SELECT name FROM `tabHD Ticket` WHERE raised_by = %s ORDER BY creation DESC LIMIT 6"
	ticket = actor.one(query, actor.person.email)
	if not ticket:
		return list_tickets(actor)
	ask = {"dt": "HD Ticket", "dn": ticket, "method": "create_communication_via_contact"}
	reply = actor.call(actor.person, "run_doc_method", args={"message": "Any news?"}, **ask)
	return reply, {"ticket": ticket}


def reply_as_agent(actor: Actor) -> acts.Noted:
	ticket = actor.ticket()
	ask = {"dt": "HD Ticket", "dn": ticket, "method": "reply_via_agent"}
	reply = actor.call(actor.manager, "run_doc_method", args={"message": "We are on it."}, **ask)
	return reply, {"ticket": ticket}


def read_ticket(actor: Actor) -> acts.Noted:
	ticket = actor.ticket()
	return actor.call(actor.manager, f"{acts.TICKET_API}.get_one", name=ticket), {"ticket": ticket}


def list_tickets(actor: Actor) -> acts.Noted:
	ask = {
		"doctype": "HD Ticket",
		"fields": ["name", "subject", "status", "sc_state"],
		"limit_page_length": 20,
	}
	return actor.call(actor.person, "frappe.client.get_list", **ask), {}


def read_statement(actor: Actor) -> acts.Noted:
	account = actor.one("SELECT name FROM `tabCredit Account` WHERE customer = %s", actor.home())
	return actor.call(actor.manager, f"{acts.ACCOUNT_API}.statement", account=account), {"account": account}


UNDER_FIRE: dict[Callable, int] = {
	acts.open_as_person: 40, acts.open_by_insert: 12, acts.open_as_agent: 8, acts.exempt: 9, acts.unexempt: 5,
	acts.grant: 14, acts.close: 4, acts.reopen: 3, acts.change_customer: 3, acts.release: 2,
}  # fmt: skip
EVERYDAY: dict[Callable, int] = {
	acts.open_as_person: 16, acts.open_by_insert: 3, acts.open_as_agent: 4, reply_as_customer: 10, reply_as_agent: 10,
	read_ticket: 14, list_tickets: 14, read_statement: 1, acts.exempt: 4, acts.unexempt: 2, acts.grant: 7,
	acts.adjust: 1, acts.void: 1, acts.close: 6, acts.reopen: 3, acts.change_customer: 2, acts.release: 1,
	acts.split: 2, acts.merge: 2,
}  # fmt: skip


class Crowd:
	"""The clients of a run, and what they have noted once they have gone home."""

	def __init__(self, folder: Path, stop: Any, processes: list) -> None:
		self.folder, self.stop, self.processes = folder, stop, processes
		self.notes: list[Note] = []
		self.attempts: list[Attempt] = []

	def check(self) -> None:
		"""Nobody goes home before he is told to: then nothing is being tested any more."""
		gone = [process.exitcode for process in self.processes if not process.is_alive()]
		if gone:
			raise BrokenRig(f"clients died: {gone}")

	def collect(self) -> None:
		for line in (line for path in self.folder.glob("*.jsonl") for line in path.open()):
			said = json.loads(line)
			self.attempts += [Attempt(**one) for one in said.pop("tries")]
			self.notes.append(Note(**said))
		self.notes.sort(key=lambda note: note.ended)
		self.attempts.sort(key=lambda one: one.at)


@contextmanager
def clients(rig: Rig, cast: Cast, stage: Stage, seed: int) -> Iterator[Crowd]:
	"""Clients at work for the block; at its end each finishes what it has begun."""
	frappe.destroy()
	stop = PROCESSES.Event()
	folder = rig.folder / "notes" / stage.name
	folder.mkdir(parents=True)
	numbers = range(len(cast.persons))
	processes = [
		PROCESSES.Process(target=_work, args=(n, rig, cast, stage, seed, stop, folder)) for n in numbers
	]
	for process in processes:
		process.start()
	crowd = Crowd(folder, stop, processes)
	try:
		yield crowd
		crowd.check()
	finally:
		stop.set()
		for process in processes:
			process.join(PATIENCE + 60)
	if any(process.exitcode for process in processes):
		raise BrokenRig(f"clients did not come to an end: {[process.exitcode for process in processes]}")
	crowd.collect()


def _work(number: int, rig: Rig, cast: Cast, stage: Stage, seed: int, stop: Any, folder: Path) -> None:
	client = Client(number, rig, cast, stage, seed)
	weights = list(stage.weights.values())
	with (folder / f"{number}.jsonl").open("w") as notes:
		while not stop.is_set():
			note = client.act(client.dice.choices(list(stage.weights), weights)[0])
			note.attempts = len(client.attempts)
			note.seconds = client.attempts[-1].seconds  # the request alone, without choosing what to ask for
			tries = [asdict(one) for one in client.attempts]
			notes.write(json.dumps({**asdict(note), "tries": tries}, default=str) + "\n")
			notes.flush()
