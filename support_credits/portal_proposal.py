"""The page on which a proposal of extra credits is answered by the link of a mail (``mail/consent``), as what it shows."""

from __future__ import annotations

from html import unescape
from typing import TypedDict
from urllib.parse import urlencode

import frappe
from frappe import _
from frappe.utils import cstr, strip_html
from frappe.utils.jinja_globals import is_rtl

from support_credits import portal
from support_credits.api.account import guarded
from support_credits.api.arguments import plain_text
from support_credits.api.limits import limited
from support_credits.api.proposals import accepted, tell_proposer, with_note
from support_credits.api.proposals import shown as shown_on_ticket
from support_credits.engine.model import parse_stamp
from support_credits.engine.proposal import State
from support_credits.exceptions import CreditsRefused
from support_credits.hours.wording import moment
from support_credits.ledger import proposals, queries
from support_credits.ledger import settings as site
from support_credits.ledger.accounts import account_of
from support_credits.ledger.proposals import Answer
from support_credits.ledger.wording import extra_credits, links_on
from support_credits.mail import consent
from support_credits.mail.readers import Reader
from support_credits.offer import page

FIELDS = ("proposal", "token", "answer", "note")
NAME_LENGTH = 140
ANSWERS_A_MINUTE = 30
ACCEPT, DECLINE = "accept", "decline"
STANDS = {ACCEPT: State.ACCEPTED, DECLINE: State.DECLINED}


class Asked(TypedDict):
	"""A proposal as its reader sees it."""

	proposal: str
	token: str
	ticket: str
	ticket_url: str
	customer: str
	credits: int
	credits_text: str
	minutes: int
	reason: str
	answer_by: str
	balance: int
	person: str


class Page(TypedDict):
	"""``asked`` is there while it can be answered; ``said`` tells how it stands; ``error`` why an answer was not taken."""

	lang: str
	dir: str
	status: int
	asked: Asked | None
	said: str
	error: str
	ways: list[dict[str, str]]
	csrf: str
	css: str
	credits_page: str


def shown() -> Page:
	"""What this request asks for. After an answer the browser is led back to the same page, which says how it stands."""
	given = {name: cstr(frappe.form_dict.get(name)) for name in FIELDS}
	row, state = _found(given["proposal"])
	person = consent.person_of(row, given["token"]) if row else None
	if not (row and state and person):
		text = _("This link cannot be used: it is not complete, or is no longer yours to answer.")
		return _page(text, status=417 if frappe.request.method == "POST" else 200)
	_speak_to(person)
	if frappe.request.method == "POST":
		return _taken(row, person, given)
	if state is not State.OPEN:
		return _page(_standing(row, state))
	return _page("", asked=_asked(row, person, given["token"]))


def _speak_to(person: Reader) -> None:
	"""In his own language where nobody else is logged in, as the mail was."""
	own = person.user and frappe.db.get_value("User", person.user, "language")
	if own and frappe.session.user == "Guest":
		frappe.local.lang = own


def _found(proposal: str) -> tuple[frappe._dict | None, State | None]:
	listed = proposals.found(name=proposal) if 0 < len(proposal) <= NAME_LENGTH else []
	return listed[0] if listed else (None, None)


def _taken(row: frappe._dict, person: Reader, given: dict[str, str]) -> Page:
	try:
		with consent.answering_as(person):
			_answer(row.name, given["answer"], given["note"], person)
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.db.rollback()
		frappe.clear_messages()
		return _refused(row.name, person, given, error)
	query = urlencode({"proposal": row.name, "token": given["token"]})
	frappe.flags.redirect_location = f"{consent.PAGE}?{query}"
	raise frappe.Redirect(303)


@limited(ANSWERS_A_MINUTE)
def _answer(proposal: str, answer: str, note: str, person: Reader) -> None:
	note = plain_text(note, _("The note"))

	def whole() -> Answer:
		if answer == ACCEPT:
			done = shown_on_ticket(accepted(proposal), _("accepted {0} by the link in the mail"))
		elif answer == DECLINE:
			text = with_note(_("declined {0} by the link in the mail"), note)
			done = shown_on_ticket(proposals.decline(proposal, note), text)
		else:
			frappe.throw(_("Accept or decline."))
		return tell_proposer(done)

	guarded(whole)


def _refused(proposal: str, person: Reader, given: dict[str, str], error: Exception) -> Page:
	"""Why it was not taken; it can be answered again where it is still open."""
	row, state = _found(proposal)
	if row and state is STANDS.get(given["answer"]):  # a second click, or somebody else of the same mind
		return _page(_standing(row, state))
	text = unescape(strip_html(str(error)))
	if row is None or state is not State.OPEN:
		return _page(_standing(row, state) if row and state else text, error=text, status=417)
	ways = links_on() if isinstance(error, CreditsRefused) else []
	return _page("", asked=_asked(row, person, given["token"]), error=text, ways=ways, status=417)


def _standing(row: frappe._dict, state: State) -> str:
	"""How a proposal stands that can be answered no more."""
	if state is State.EXPIRED:
		return _(
			"This was not answered in time. Nothing was charged; answer the ticket if you still want it."
		)
	if state is State.WITHDRAWN:
		return _("This was withdrawn. Nothing was charged.")
	by = frappe.db.get_value(proposals.DOCTYPE, row.name, "answered_by")
	when = moment(parse_stamp(row.answered_at_utc), site.provider_zone())
	if state is State.ACCEPTED:
		charged = extra_credits(row.credits)
		return _("Accepted by {0} on {1}. Charged: {2}.").format(by, when, charged)
	return _("Declined by {0} on {1}. Nothing was charged.").format(by, when)


def _asked(row: frappe._dict, person: Reader, token: str) -> Asked:
	account = account_of(row.customer)
	return {
		"proposal": row.name,
		"token": token,
		"ticket": row.ticket_no,
		"ticket_url": f"/helpdesk/my-tickets/{row.ticket}",
		"customer": row.customer,
		"credits": row.credits,
		"credits_text": extra_credits(row.credits),
		"minutes": row.minutes,
		"reason": row.reason,
		"answer_by": moment(parse_stamp(row.expires_at_utc), site.provider_zone()),
		"balance": queries.balance(account) if account else 0,
		"person": person.email,
	}


def _page(
	said: str,
	asked: Asked | None = None,
	error: str = "",
	ways: list[dict[str, str]] | None = None,
	status: int = 200,
) -> Page:
	guest = frappe.session.user == "Guest"
	return {
		"lang": frappe.local.lang or "en",
		"dir": "rtl" if is_rtl() else "ltr",
		"status": status,
		"asked": asked,
		"said": said,
		"error": error,
		"ways": ways or [],
		"csrf": "" if guest else frappe.sessions.get_csrf_token(),
		"css": page.css_address(page.BASE),
		"credits_page": portal.CREDITS_PAGE,
	}
