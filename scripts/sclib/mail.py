"""The SMTP server of the mail tests: OpenSMTPD on loopback, which puts every mail into a Maildir.

It is the one part of the tests that needs root, so it is started beside the run and not by the suite; Dovecot, which
serves the same Maildirs by IMAP and POP3, is started by the suite itself. By hand, for a single test:
`sudo PYTHONPATH=scripts python3 -m sclib.mail`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .place import Place, find_place
from .ports import answers
from .say import Stop, last_line, say, step

PACKAGES: dict[str, tuple[str, ...] | None] = {
	"dovecot-imapd": None,
	"dovecot-pop3d": None,
	"dovecot-submissiond": None,
	"opensmtpd": ("smtpd",),
}
START_SECONDS = 120
# Whatever the address, nothing leaves the machine: there is no relay.
CONFIG = """\
table people {{ "@" = "{user}" }}
listen on 127.0.0.1 port {port} hostname mx.provider.test
action "box" maildir "{boxes}/%{{rcpt:lowercase}}" virtual <people>
match from any for any action "box"
"""
# Folders of its own over the ones OpenSMTPD has compiled in, seen by nobody else; it ends with whoever started it.
SCRIPT = """\
cd "$1" || exit 1
if [ "$2" = apart ]; then
	mount --bind spool /var/spool && mount --bind run /run || exit 1
elif [ -e /var/spool/smtpd ]; then
	echo "this machine has an OpenSMTPD of its own (/var/spool/smtpd), which the tests must not share" >log
	exit 1
fi
smtpd -d -f smtpd.conf >log 2>&1 </dev/null &
pid=$!
cat >/dev/null
kill $pid
wait $pid
rm -rf spool run
[ "$2" = apart ] || rm -rf /var/spool/smtpd /run/smtpd.sock
"""


@contextmanager
def smtp_server(place: Place) -> Iterator[None]:
	"""OpenSMTPD for the block; where it is and where mails end is in SC_MAIL_SMTP and SC_MAIL_BOXES."""
	if "SC_MAIL_SMTP" in os.environ:
		yield  # somebody has started one by hand
		return
	root = _root()
	port = _free_port()
	folder = _prepare(place, port)
	apart = subprocess.run([*root, "unshare", "--mount", "true"], capture_output=True).returncode == 0
	args = [*root, *(["unshare", "--mount"] if apart else []), "sh", "-c", SCRIPT, "smtpd"]
	args += [str(folder), "apart" if apart else "shared"]
	process = subprocess.Popen(args, stdin=subprocess.PIPE, start_new_session=True)
	try:
		with step("starting OpenSMTPD"):
			_await(process, port, folder / "log")
		os.environ |= {"SC_MAIL_SMTP": f"127.0.0.1:{port}", "SC_MAIL_BOXES": str(folder / "boxes")}
		yield
	finally:
		for name in ("SC_MAIL_SMTP", "SC_MAIL_BOXES"):
			os.environ.pop(name, None)
		process.communicate()  # the end of its input is its end
		shutil.rmtree(folder, ignore_errors=True)


def _root() -> list[str]:
	"""What makes a command run as root; nothing where we are."""
	if os.geteuid() == 0:
		return []
	if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
		return ["sudo", "-n"]
	raise Stop(
		"the mail tests start OpenSMTPD, which needs root: run as root, or with sudo that asks for no password"
	)


def _free_port() -> int:
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		port: int = probe.getsockname()[1]
		return port


def _prepare(place: Place, port: int) -> Path:
	"""A folder that anybody may pass through; the boxes in it are the bench user's."""
	folder = Path(tempfile.mkdtemp(prefix="sc-mail-"))
	folder.chmod(0o755)
	for name in ("spool", "run", "boxes"):
		(folder / name).mkdir()
	if os.geteuid() == 0:
		owner = pwd.getpwnam(place.user)
		os.chown(folder / "boxes", owner.pw_uid, owner.pw_gid)
	config = CONFIG.format(user=place.user, port=port, boxes=folder / "boxes")
	(folder / "smtpd.conf").write_text(config)
	return folder


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
	limit = time.monotonic() + START_SECONDS
	while time.monotonic() < limit and process.poll() is None:
		if answers(port):
			return
		time.sleep(0.1)
	said = last_line(log) if log.exists() else "no output"
	raise Stop(f"OpenSMTPD (package opensmtpd) does not answer on port {port}: {said}")


if __name__ == "__main__":
	for sign in (
		signal.SIGINT,
		signal.SIGTERM,
	):  # a shell may have started it in the background, deaf to Ctrl-C
		signal.signal(sign, signal.default_int_handler)
	with smtp_server(find_place()):
		for name in ("SC_MAIL_SMTP", "SC_MAIL_BOXES"):
			say(f"export {name}={os.environ[name]}")
		say("running until Ctrl-C")
		try:
			time.sleep(10**9)
		except KeyboardInterrupt:
			say()
