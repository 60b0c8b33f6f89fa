"""Scheduled work around mails: what could not be taken in, and answers that could not be sent."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import frappe

from support_credits.ledger import incidents
from support_credits.ledger.retry import retry_whole
from support_credits.mail import answers, spool
from support_credits.mail.inbound import CreditsInboundMail
from support_credits.run_record import recorded

AT_A_TIME = 100  # mails that one run of the job tries: the next one is a few minutes away


@recorded
def take_in_kept(at_once: bool = False) -> int:
	"""Try again the mails an earlier pull could not take in; returns how many were tried. ``at_once`` tries all and does
	not wait.
	"""
	now = time.time()
	spool.remove_drafts(now)
	found = spool.waiting() if at_once else spool.due(now)[:AT_A_TIME]
	by_account: dict[tuple[str, str], list[tuple[Path, spool.Origin]]] = defaultdict(list)
	for path, origin in found:
		by_account[origin.account, origin.address].append((path, origin))
	user = frappe.session.user
	frappe.set_user("Administrator")  # as the host's own pull runs
	try:
		for (name, address), kept in by_account.items():
			_take_in(_account(name, address), name, kept)
	finally:
		frappe.set_user(user)
	return len(found)


def _account(name: str, address: str) -> str | None:
	"""The Email Account a mail was fetched for, which may have been renamed since; None when it is gone."""
	if frappe.db.exists("Email Account", name):
		return name
	return frappe.db.get_value("Email Account", {"email_id": address}) if address else None


def _take_in(account: str | None, name: str, kept: list[tuple[Path, spool.Origin]]) -> None:
	if account is None:
		frappe.log_error(title=f"Support Credits: mails of the deleted account {name} are kept")
		for path, _origin in kept:
			_try_later(path)
		return
	doc = frappe.get_doc("Email Account", account)
	# Each is read when its turn comes: many big ones do not fit into a worker's memory.
	doc.flags.sc_kept = (mail for path, origin in kept if (mail := _mail(doc, path, origin)))
	doc.receive()


def _mail(doc: object, path: Path, origin: spool.Origin) -> CreditsInboundMail | None:
	"""The mail of a kept file; None, and left for later, where it cannot be read or another process has taken it in."""
	try:
		content = spool.content_of(path)
		mail = CreditsInboundMail(content, doc, origin.uid, origin.seen_status, origin.append_to)
	except FileNotFoundError:
		return None
	except Exception:
		_try_later(path)
		spool.complain(path)
		return None
	mail.kept = path
	return mail


def _try_later(path: Path) -> None:
	with suppress(Exception):  # it may be gone, and its disk may be full
		spool.failed(path)


@recorded
def send_due_answers() -> int:
	"""Answer the senders of parked mails that could not be answered when they came; returns how many were."""
	due = incidents.answers_due()
	return sum(_send(name) for name in due)


def _send(incident: str) -> int:
	try:
		sent = retry_whole(lambda: answers.answer(incident))
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: the answer of incident {incident} could not be written")
		sent = False
	if not sent:
		incidents.postpone(incident)  # one that cannot be sent must not hide the others
	frappe.db.commit()  # each answer stands alone
	return int(sent)
