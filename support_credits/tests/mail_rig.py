"""A real mail world on loopback: SMTP in front, Maildirs behind it, read by IMAP and POP3.

The SMTP server (OpenSMTPD, ``scripts/sclib/mail.py``) needs root and runs before the suite does; it delivers every
address of every domain, so that a customer's mailbox is as real as ours. Dovecot is started here, by an ordinary user,
when it is first asked for: IMAP and POP3, and the submission service through which an account of ours sends with its
password. There is no password but one, and no user that does not exist.
"""

from __future__ import annotations

import atexit
import email
import email.policy
import getpass
import grp
import imaplib
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from uuid import uuid4

PASSWORD = "Every-b0x-opens"
WAIT_SECONDS = 120
STARTS = 3
CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
protocols = imap pop3 submission
ssl = no
disable_plaintext_auth = no
auth_username_chars =
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{boxes}/%Lu
mail_max_userip_connections = 100
submission_relay_host = {smtp_host}
submission_relay_port = {smtp_port}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={boxes}/%Lu
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {submission}
  }}
}}
"""


class EndedAtOnce(RuntimeError):
	"""Dovecot did, as it does when one of its ports is taken."""


class Rig:
	"""Both servers. A box is a mail address; it exists as soon as it is named."""

	def __init__(self, smtp: str, boxes: str) -> None:
		self.smtp_host, _colon, port = smtp.rpartition(":")
		self.smtp_port = int(port)
		self.folder = Path(tempfile.mkdtemp(prefix="sc-dovecot-"))
		self.process = self._start(boxes)

	def _start(self, boxes: str) -> subprocess.Popen[bytes]:
		"""Dovecot cannot choose its ports itself: one may be taken between their choice and its start."""
		self._configure(boxes)
		for _again in range(STARTS - 1):
			try:
				return self._launch()
			except EndedAtOnce:
				self._configure(boxes)
		return self._launch()

	def _configure(self, boxes: str) -> None:
		self.imap_port, self.pop3_port, self.submission_port = _free_ports(3)
		me, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
		config = CONFIG.format(
			folder=self.folder,
			boxes=boxes,
			user=me,
			group=group,
			password=PASSWORD,
			smtp_host=self.smtp_host,
			smtp_port=self.smtp_port,
			imap=self.imap_port,
			pop3=self.pop3_port,
			submission=self.submission_port,
		)
		(self.folder / "dovecot.conf").write_text(config)

	def _launch(self) -> subprocess.Popen[bytes]:
		program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
		if not program:
			raise RuntimeError(
				"the mail tests need Dovecot: apt-get install dovecot-imapd dovecot-pop3d dovecot-submissiond"
			)
		with (self.folder / "out").open("wb") as out:
			args = [program, "-F", "-c", str(self.folder / "dovecot.conf")]
			process = subprocess.Popen(args, stdout=out, stderr=out)
		end = time.monotonic() + WAIT_SECONDS
		while time.monotonic() < end and process.poll() is None:
			if all(_answers(port) for port in (self.imap_port, self.pop3_port, self.submission_port)):
				return process
			time.sleep(0.05)
		error = RuntimeError if process.poll() is None else EndedAtOnce
		process.kill()
		process.wait()
		said = (self.folder / "out").read_text().strip() or f"see {self.folder}/log"
		raise error(f"Dovecot 2.3 (dovecot-imapd, -pop3d, -submissiond) did not start: {said}")

	def stop(self) -> None:
		self.process.terminate()
		try:
			self.process.wait(10)
		except subprocess.TimeoutExpired:
			self.process.kill()
		shutil.rmtree(self.folder, ignore_errors=True)

	# Ways a mail gets into a box

	def send(self, mails: list[tuple[bytes, str]], box: str) -> None:
		"""Send these mails, each with its envelope sender, by SMTP and wait until all are in the box."""
		wanted = self.count(box) + len(mails)
		with smtplib.SMTP(self.smtp_host, self.smtp_port, timeout=WAIT_SECONDS) as smtp:
			for raw, sender in mails:
				smtp.sendmail(sender, [box], _lines(raw))
		_until(lambda: self.count(box) >= wanted, f"{wanted} mails are not in {box}")

	def store(self, raw: bytes, box: str, flags: str | None = None) -> None:
		"""Put a mail there as it is: the SMTP server would give it a Message-ID, or a date, of its own."""
		with self.opened(box) as imap:
			_checked(imap.append("INBOX", flags, None, _lines(raw)))

	# What is in a box

	@contextmanager
	def opened(self, box: str) -> Iterator[imaplib.IMAP4]:
		imap = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=WAIT_SECONDS)
		try:
			imap.login(box, PASSWORD)
			_checked(imap.select("INBOX"))
			yield imap
		finally:
			imap.logout()

	def count(self, box: str, which: str = "ALL") -> int:
		with self.opened(box) as imap:
			return len(_checked(imap.uid("SEARCH", which))[0].split())

	def mails(self, box: str) -> list[EmailMessage]:
		"""All mails of the box in order, once everything that is on its way has arrived."""
		self._settle(box)
		with self.opened(box) as imap:
			found = _checked(imap.uid("SEARCH", "ALL"))[0].split()
			return [_message(_checked(imap.uid("FETCH", uid, "(BODY.PEEK[])"))) for uid in found]

	def _settle(self, box: str) -> None:
		"""What was handed to the SMTP server earlier is delivered no later than a mail that is handed to it now."""
		mark = f"<{uuid4()}@settle.test>"
		self.send([(f"From: nobody@settle.test\nMessage-ID: {mark}\n\n.\n".encode(), "")], box)
		# Another mail that has come meanwhile is no sign that this one has.
		_until(lambda: self._taken_out(mark, box), f"{mark} did not come to {box}")

	def _taken_out(self, mark: str, box: str) -> bool:
		with self.opened(box) as imap:
			found = _checked(imap.uid("SEARCH", "HEADER", "Message-ID", mark))[0].split()
			for uid in found:
				_checked(imap.uid("STORE", uid, "+FLAGS", r"(\Deleted)"))
			_checked(imap.expunge())
		return bool(found)


def _until(true: Callable[[], bool], otherwise: str) -> None:
	end = time.monotonic() + WAIT_SECONDS
	while not true():
		if time.monotonic() > end:
			raise RuntimeError(otherwise)
		time.sleep(0.02)


def _lines(raw: bytes) -> bytes:
	"""With the line ends of the protocols, whatever the file has."""
	return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _message(fetched: list) -> EmailMessage:
	raw = next(part[1] for part in fetched if isinstance(part, tuple))
	return email.message_from_bytes(raw, policy=email.policy.default)


def _checked(answer: tuple[str, list]) -> list:
	if answer[0] != "OK":
		raise RuntimeError(f"IMAP: {answer}")
	return answer[1]


def _free_ports(count: int) -> list[int]:
	"""So many ports that nobody listens on; held together, or the first would be given twice."""
	probes = [socket.socket() for _number in range(count)]
	try:
		for probe in probes:
			probe.bind(("127.0.0.1", 0))
		return [probe.getsockname()[1] for probe in probes]
	finally:
		for probe in probes:
			probe.close()


def closed_port() -> int:
	"""A port nothing answers on: a mail server that is down."""
	return _free_ports(1)[0]


def _answers(port: int) -> bool:
	with socket.socket() as probe:
		probe.settimeout(1)
		return probe.connect_ex(("127.0.0.1", port)) == 0


@cache
def running() -> Rig:
	"""The one rig of this run; Dovecot ends with the process."""
	smtp, boxes = os.environ.get("SC_MAIL_SMTP"), os.environ.get("SC_MAIL_BOXES")
	if not (smtp and boxes):
		raise RuntimeError(
			"the mail tests need the SMTP server that `make test` starts; by hand, in another shell: "
			"sudo PYTHONPATH=scripts python3 -m sclib.mail"
		)
	rig = Rig(smtp, boxes)
	atexit.register(rig.stop)
	return rig
