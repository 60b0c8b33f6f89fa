"""Separate processes that call the server at the same instant, each with a login session of its own.

Run as a script it is one of them: it needs neither Frappe nor a site, only ``requests``. It logs in, says so, waits for
the starting shot on its standard input, calls once, and prints the answer as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import requests

WAIT_SECONDS = 120


@dataclass(frozen=True)
class Shot:
	"""One call: who makes it, where to, and with what."""

	user: str
	password: str
	path: str
	body: dict[str, object]
	headers: dict[str, str]


@dataclass(frozen=True)
class Hit:
	"""What a racer was answered."""

	status: int
	error: str
	message: str
	value: object


class Racers:
	"""Processes that have logged in and wait. ``fire`` lets them go together and collects what they were told."""

	def __init__(self, url: str, site: str, shots: list[Shot]) -> None:
		self.processes = [self._start(url, site, shot) for shot in shots]
		for process in self.processes:
			if process.stdout.readline().strip() != "ready":
				self.stop()
				raise RuntimeError("a racer could not log in")

	def _start(self, url: str, site: str, shot: Shot) -> subprocess.Popen[str]:
		process = subprocess.Popen(
			[sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
		)
		process.stdin.write(json.dumps({"url": url, "site": site, **shot.__dict__}) + "\n")
		process.stdin.flush()
		return process

	def fire(self) -> list[Hit]:
		"""One round; may be called again, the sessions stay."""
		for process in self.processes:
			process.stdin.write("go\n")
			process.stdin.flush()
		return [Hit(**json.loads(process.stdout.readline())) for process in self.processes]

	def stop(self) -> None:
		for process in self.processes:
			process.stdin.close()
		for process in self.processes:
			try:
				process.wait(10)
			except subprocess.TimeoutExpired:
				process.kill()
			process.stdout.close()


def race() -> None:
	"""The racer's own life, until its standard input ends."""
	shot = json.loads(sys.stdin.readline())
	session = requests.Session()
	session.headers.update(
		{"X-Frappe-Site-Name": shot["site"], "Accept": "application/json", **shot["headers"]}
	)
	login = {"usr": shot["user"], "pwd": shot["password"]}
	session.post(f"{shot['url']}/api/method/login", json=login, timeout=WAIT_SECONDS).raise_for_status()
	say("ready")
	for _shot in sys.stdin:
		answer = session.post(shot["url"] + shot["path"], json=shot["body"], timeout=WAIT_SECONDS)
		say(json.dumps(hit(answer)))


def hit(answer: requests.Response) -> dict[str, object]:
	try:
		body = answer.json()
	except ValueError:
		body = {}
	messages = [json.loads(line)["message"] for line in json.loads(body.get("_server_messages", "[]"))]
	value = body.get("message", body.get("data"))
	error = body.get("exc_type", "") if body else answer.text[:200]
	return {"status": answer.status_code, "error": error, "message": " ".join(messages), "value": value}


def say(line: str) -> None:
	sys.stdout.write(line + "\n")
	sys.stdout.flush()


if __name__ == "__main__":
	race()
