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
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import frappe

FOLDER = ("private", "support_credits", "mail")
SUFFIX = ".mail"
FIRST_PAUSE = 600  # seconds until a kept mail is tried again; doubled with every failure
LONGEST_PAUSE = 86_400
DRAFT_AGE = 86_400  # seconds after which a draft is one that a crash has left
ROOM = 8  # free bytes of the first line: the count grows in place, without the mail being written again


@dataclass(frozen=True)
class Origin:
	"""Where a mail was fetched from, and how often it could not be taken in."""

	account: str
	uid: str
	seen_status: str
	append_to: str | None
	failures: int = 0
	address: str = ""  # of the account, which may be renamed


class Taken(Exception):
	"""Another process holds this mail, or has finished with it."""


def folder() -> Path:
	path = Path(frappe.get_site_path(*FOLDER))
	path.mkdir(mode=0o700, parents=True, exist_ok=True)
	if path.stat().st_mode & 0o077:
		path.chmod(0o700)
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
	try:
		with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
			file.write(_head(origin) + b" " * ROOM + b"\n" + content)
			file.flush()
			os.fsync(file.fileno())
		draft.replace(path)
	except BaseException:
		with suppress(OSError):
			draft.unlink(missing_ok=True)
		raise
	_sync(path.parent)


def _sync(directory: Path) -> None:
	"""Make the names in it last: a file without its name is lost when the machine goes down."""
	handle = os.open(directory, os.O_RDONLY)
	try:
		os.fsync(handle)
	finally:
		os.close(handle)


def _head(origin: Origin) -> bytes:
	return json.dumps(asdict(origin)).encode()


def content_of(path: Path) -> bytes:
	"""The mail as it came."""
	return path.read_bytes().partition(b"\n")[2]


def origin_of(path: Path) -> Origin:
	with path.open("rb") as file:
		return Origin(**json.loads(file.readline()))


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
	with path.open("r+b") as file:
		line = file.readline()
		origin = Origin(**json.loads(line))
		origin = replace(origin, failures=origin.failures + 1)
		head = _head(origin).ljust(len(line) - 1)
		if len(head) < len(line):
			file.seek(0)
			file.write(head)
			return origin.failures
		content = file.read()
	_write(path, origin, content)
	return origin.failures


def files() -> list[Path]:
	"""All mails kept, oldest first."""
	return sorted(folder().glob(f"*{SUFFIX}"))


def waiting() -> list[tuple[Path, Origin]]:
	"""All mails kept that can be read, oldest first. One that cannot be keeps none of the others waiting."""
	found = []
	for path in files():
		try:
			found.append((path, origin_of(path)))
		except FileNotFoundError:
			continue
		except Exception:
			complain(path)
	return found


def complain(path: Path) -> None:
	"""Say once that this file cannot be read. It stays: what is in it may be somebody's only word."""
	title = f"Support Credits: a kept mail cannot be read: {path.name}"
	with suppress(Exception):
		if not frappe.db.exists("Error Log", {"method": title}):
			frappe.log_error(title=title)


def due(now: float) -> list[tuple[Path, Origin]]:
	"""Mails whose last attempt is long enough ago: a pull that is going on has touched its own."""
	return [(path, origin) for path, origin in waiting() if _is_due(path, origin, now)]


def _is_due(path: Path, origin: Origin, now: float) -> bool:
	pause: float = min(FIRST_PAUSE * 2 ** min(origin.failures, 16), LONGEST_PAUSE)
	with suppress(FileNotFoundError):  # another process has taken it in meanwhile
		return path.stat().st_mtime + pause <= now
	return False


def remove_drafts(now: float) -> None:
	"""Remove what a crash has left half written: such a mail is on its server still, or in its file."""
	for path in folder().glob("*.tmp"):
		with suppress(OSError):
			if path.stat().st_mtime + DRAFT_AGE <= now:
				path.unlink()
