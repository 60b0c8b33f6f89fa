"""A customer's statement: pages for the screen, newest first, and the whole as CSV or PDF with the ledger's digest."""

from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import getdate

from support_credits.api import access, statement_files, wording
from support_credits.api.access import Membership
from support_credits.api.arguments import whole_number
from support_credits.api.limits import limited
from support_credits.api.statement_shapes import StatementPage, StatementRow
from support_credits.engine.calendar_days import end_of_day
from support_credits.engine.errors import EngineError
from support_credits.engine.model import Kind
from support_credits.engine.pages import Place, place_from_text
from support_credits.engine.statement import StatementLine
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import clock, pages
from support_credits.ledger import settings as site

PAGES_A_MINUTE = 300
FILES_A_MINUTE = 10
LIMIT_MAX = 200
FILE_LINES_MAX = 20_000
YEARS_MAX = 100


@frappe.whitelist(methods=["GET", "POST"])
@limited(PAGES_A_MINUTE)
def page(
	customer: str = "",
	after: str = "",
	kind: str = "",
	since: str = "",
	until: str = "",
	limit: int | bool = 25,
) -> StatementPage:
	"""At most ``limit`` (200) changes of one ``kind`` or all, newest first, from the day ``since`` to the day ``until``.

	``after`` is the ``next`` of the page before. A page that looked far back without finding enough says how far.
	"""
	member = access.seen_by_caller(customer)
	limit = min(LIMIT_MAX, max(1, whole_number(limit, _("The limit"))))
	place = _place(member, after, until)
	found = pages.page(member.account, place, limit, _kind(kind), start_of(since))
	return {
		"customer": member.customer,
		"at": place.snapshot.at.isoformat(),
		"balance": place.balance,
		"rows": rows_of(found.lines),
		"next": found.next.as_text() if found.next else "",
		"looked_back_to": wording.instant(found.looked_back_to),
		"digest": pages.digest_of(member.account, place.snapshot.seq),
		"seq": place.snapshot.seq,
	}


def _place(member: Membership, after: str, until: str) -> Place:
	if after:
		try:
			place = place_from_text(after)
		except EngineError:
			frappe.throw(
				_("This is not a page of a statement. Start from its first page."), SupportCreditsError
			)
		seen = pages.snapshot(member.account, clock.now())
		if place.snapshot.seq > seen.seq or place.snapshot.at > seen.at:
			frappe.throw(
				_("This is not a page of a statement. Start from its first page."), SupportCreditsError
			)
		return place
	at = clock.now()
	ends = min(at, end_of_day(_day(until), site.provider_zone()) - timedelta(microseconds=1)) if until else at
	return (
		pages.newest(member.account, at)
		if ends == at
		else pages.place_at(member.account, ends, pages.snapshot(member.account, at))
	)


def start_of(day: str) -> datetime | None:
	"""The instant at which ``day`` begins in the provider's zone."""
	return end_of_day(_day(day) - timedelta(days=1), site.provider_zone()) if day else None


def _day(text: str) -> object:
	try:
		found = getdate(text)
	except Exception:
		found = None
	if found is None or abs(found.year - clock.now().year) > YEARS_MAX:
		frappe.throw(_("{0} is not a day. Write it as 2026-11-22.").format(frappe.utils.escape_html(text)))
	return found


def _kind(text: str) -> Kind | None:
	if not text:
		return None
	try:
		return Kind(text)
	except ValueError:
		known = ", ".join(kind.value for kind in Kind)
		frappe.throw(
			_("{0} is not a kind of change. Known are: {1}.").format(frappe.utils.escape_html(text), known)
		)


def rows_of(lines: tuple[StatementLine, ...]) -> list[StatementRow]:
	"""Lines for a person: tickets by number, and their subjects where he may read them."""
	names = {line.incident for line in lines if line.incident}
	found = (
		frappe.get_all(
			"Support Incident", filters={"name": ["in", list(names)]}, fields=["name", "ticket", "ticket_no"]
		)
		if names
		else []
	)
	tickets = {row.name: row for row in found}
	subjects = access.readable_subjects([row.ticket for row in found])
	return [_row(line, tickets.get(line.incident), subjects) for line in lines]


def _row(line: StatementLine, ticket: frappe._dict | None, subjects: dict[str, str]) -> StatementRow:
	return {
		"at": line.at.isoformat(),
		"kind": line.kind.value,
		"kind_text": _(line.kind.value),
		"credits": line.credits,
		"balance": line.balance,
		"counted": line.counted,
		"lot": line.lot,
		"ticket": ticket.ticket_no if ticket else "",
		"subject": subjects.get(ticket.ticket, "") if ticket else "",
		"reason": line.reason,
		"entry": line.entry,
	}


@frappe.whitelist(methods=["GET"])
@limited(FILES_A_MINUTE)
def download(customer: str = "", format: str = "csv", since: str = "", until: str = "") -> None:
	"""The statement from the day ``since`` to the day ``until`` as a file, oldest first, with the digest that proves it."""
	member = access.seen_by_caller(customer)
	if format not in statement_files.WRITERS:
		frappe.throw(_("A statement is downloaded as csv or pdf."), SupportCreditsError)
	place = _place(member, "", until)
	found = pages.page(member.account, place, FILE_LINES_MAX, since=start_of(since))
	if found.next:
		frappe.throw(
			_("There are more than {0} changes in this time. Choose a shorter one.").format(FILE_LINES_MAX),
			SupportCreditsError,
		)
	digest = pages.digest_of(member.account, place.snapshot.seq)
	said = statement_files.Statement(member, place, digest, rows_of(found.lines[::-1]), since, until)
	statement_files.answer(said, format)
