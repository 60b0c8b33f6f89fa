"""Scheduled work around mails: what could not be taken in, and answers that could not be sent."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path

import frappe

from support_credits.ledger import incidents
from support_credits.ledger.retry import retry_whole
from support_credits.mail import answers, spool
from support_credits.mail.inbound import CreditsInboundMail


def take_in_kept(at_once: bool = False) -> int:
	"""Try again the mails an earlier pull could not take in; returns how many were tried. ``at_once`` does not wait."""
	found = spool.waiting() if at_once else spool.due(time.time())
	by_account: dict[str, list[tuple[Path, spool.Origin]]] = defaultdict(list)
	for path, origin in found:
		by_account[origin.account].append((path, origin))
	user = frappe.session.user
	frappe.set_user("Administrator")  # as the host's own pull runs
	try:
		for account, kept in by_account.items():
			_take_in(account, kept)
	finally:
		frappe.set_user(user)
	return len(found)


def _take_in(account: str, kept: list[tuple[Path, spool.Origin]]) -> None:
	if not frappe.db.exists("Email Account", account):
		frappe.log_error(title=f"Support Credits: mails of the deleted account {account} are kept")
		return
	doc = frappe.get_doc("Email Account", account)
	doc.flags.sc_kept = [mail for path, origin in kept if (mail := _mail(doc, path, origin))]
	doc.receive()


def _mail(doc: object, path: Path, origin: spool.Origin) -> CreditsInboundMail | None:
	"""The mail of a kept file; None, and left for later, where it cannot be read or another process has taken it in."""
	try:
		_origin, content = spool.read(path)
		mail = CreditsInboundMail(content, doc, origin.uid, origin.seen_status, origin.append_to)
	except FileNotFoundError:
		return None
	except Exception:
		spool.failed(path)
		frappe.log_error(title=f"Support Credits: a kept mail cannot be read: {path.name}")
		return None
	mail.kept = path
	return mail


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
