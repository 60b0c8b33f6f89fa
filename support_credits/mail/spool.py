"""Mails kept on disk from the moment they are fetched until the database has them.

The host marks a mail as seen, or deletes it (POP3), while it fetches, and processes it afterwards: what fails in
between is lost to it (helpdesk facts 1.5). A file outlives a crash of the worker and of the database. One per mail, in
the site's private folder: a line of JSON, then the mail as it came.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import frappe

FOLDER = ("private", "support_credits", "mail")
SUFFIX = ".mail"
FIRST_PAUSE = 600  # seconds until a kept mail is tried again; doubled with every failure
LONGEST_PAUSE = 86_400


@dataclass(frozen=True)
class Origin:
	"""Where a mail was fetched from, and how often it could not be taken in."""

	account: str
	uid: str
	seen_status: str
	append_to: str | None
	failures: int = 0


class Taken(Exception):
	"""Another process holds this mail, or has finished with it."""


def folder() -> Path:
	path = Path(frappe.get_site_path(*FOLDER))
	path.mkdir(parents=True, exist_ok=True)
	return path


def keep(raw: bytes | str, origin: Origin) -> Path:
	"""Write a mail down. The same mail of the same mailbox is one file, however often it is fetched."""
	content = raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else raw
	digest = sha256(origin.account.encode() + b"\0" + content).hexdigest()[:32]
	path = next(iter(folder().glob(f"*-{digest}{SUFFIX}")), None)
	if path is None:
		path = folder() / f"{time.time_ns():020d}-{digest}{SUFFIX}"
		_write(path, origin, content)
	return path


def _write(path: Path, origin: Origin, content: bytes) -> None:
	draft = path.with_suffix(f".{os.getpid()}.tmp")
	with draft.open("wb") as file:
		file.write(json.dumps(asdict(origin)).encode() + b"\n" + content)
		file.flush()
		os.fsync(file.fileno())
	draft.replace(path)


def read(path: Path) -> tuple[Origin, bytes]:
	head, _newline, content = path.read_bytes().partition(b"\n")
	return Origin(**json.loads(head)), content


@contextmanager
def claimed(path: Path) -> Iterator[None]:
	"""The mail for this process alone. Raises Taken when another one holds it or has finished with it."""
	try:
		file = path.open("rb")
	except FileNotFoundError:
		raise Taken from None
	with file:
		try:
			fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			raise Taken from None
		if not path.exists():
			raise Taken
		# Nobody tries it again before this attempt is committed, though the claim ends before that.
		os.utime(path)
		yield


def done(path: Path) -> None:
	path.unlink(missing_ok=True)


def failed(path: Path) -> int:
	"""Note that the mail could not be taken in; returns how often by now. It stays, and waits longer each time."""
	origin, content = read(path)
	count = origin.failures + 1
	_write(path, Origin(**{**asdict(origin), "failures": count}), content)
	return count


def waiting() -> list[tuple[Path, Origin]]:
	"""All mails kept, oldest first."""
	found = []
	for path in sorted(folder().glob(f"*{SUFFIX}")):
		with suppress(FileNotFoundError):
			found.append((path, read(path)[0]))
	return found


def due(now: float) -> list[tuple[Path, Origin]]:
	"""Mails whose last attempt is long enough ago: a pull that is going on has touched its own."""
	return [
		(path, origin)
		for path, origin in waiting()
		if path.stat().st_mtime + min(FIRST_PAUSE * 2**origin.failures, LONGEST_PAUSE) <= now
	]
