"""A request that is no incident: professional services, a pack to buy, help by the hour. It opens an uncharged ticket."""

import frappe
from frappe import _
from frappe.utils import escape_html, validate_email_address
from helpdesk.utils import is_agent

from support_credits.api.account import guarded
from support_credits.api.arguments import plain_text
from support_credits.api.limits import HOUR, limited
from support_credits.api.shapes import Requested
from support_credits.exceptions import NotMember, SupportCreditsError
from support_credits.overrides.doors import request_for_services
from support_credits.overrides.identity import companies_of

KINDS = ("services", "buy", "emergency")
SUBJECT_LENGTH = 100
DETAILS_LENGTH = 10_000
NAME_LENGTH = 100
GUESTS_AN_HOUR, PEOPLE_AN_HOUR = 5, 30
TICKET = "HD Ticket"


# Safe: every text is refused or escaped here; the host would cut pieces out of what a guest has written.
@frappe.whitelist(methods=["POST"], allow_guest=True, xss_safe=True)
def request(
	subject: str = "",
	details: str = "",
	kind: str = "services",
	pack: str = "",
	name: str = "",
	email: str = "",
	customer: str = "",
	website: str = "",
) -> Requested:
	"""Open a ticket that asks for services, for a ``pack`` or for help by the hour (``kind``). It never costs credits.

	Whoever is not logged in gives his name and e-mail address; a member of several customers names one. ``website`` stays
	empty: only machines fill it in. At most 5 an hour from one address, 30 by one person.
	"""
	guest = frappe.session.user == "Guest"
	asked = {
		"subject": _subject(subject),
		"details": _details(details),
		"kind": _kind(kind),
		"pack": _pack(pack),
		"customer": "" if guest else _customer(customer),
		"name": _name(name) if guest else "",
		"email": _email(email) if guest else "",
	}
	if website:
		frappe.throw(
			_("This looks as if a machine had filled it in. Leave the field for a website empty."),
			SupportCreditsError,
		)
	# What is refused above counts for nothing.
	return (_as_guest if guest else _as_person)(asked)


@limited(GUESTS_AN_HOUR, HOUR)
def _as_guest(asked: dict[str, str]) -> Requested:
	return guarded(lambda: _answer(_ticket_of_guest(asked), url=""))


@limited(PEOPLE_AN_HOUR, HOUR)
def _as_person(asked: dict[str, str]) -> Requested:
	pages = "/helpdesk/tickets" if is_agent() else "/helpdesk/my-tickets"

	def work() -> Requested:
		ticket = _ticket_of_person(asked)
		return _answer(ticket, f"{pages}/{ticket}")

	return guarded(work)


def _answer(ticket: str, url: str) -> Requested:
	return Requested(ticket=ticket, message=thanks(ticket), url=url)


def thanks(ticket: str) -> str:
	return _("Thank you. Your request has number {0}; it costs no credits. We will write to you.").format(
		ticket
	)


def _ticket_of_person(asked: dict[str, str]) -> str:
	doc = _new_ticket(asked, via_customer_portal=1, raised_by=frappe.session.user)
	doc.description = _description(asked)
	with request_for_services(doc):
		doc.insert()
	return str(doc.name)


def _ticket_of_guest(asked: dict[str, str]) -> str:
	"""The ticket first and its message after it, as the host takes in mails: a guest may not save what he has made."""
	doc = _new_ticket(asked, raised_by=asked["email"])
	before = frappe.flags.initial_sync
	frappe.flags.initial_sync = True  # the host's acknowledgement would go to an address nobody has proved
	try:
		with request_for_services(doc):
			doc.insert(ignore_permissions=True)
	finally:
		frappe.flags.initial_sync = before
	_add_message(doc, asked)
	return str(doc.name)


def _new_ticket(asked: dict[str, str], **fields: object) -> object:
	said = {"subject": titled(asked["kind"], asked["subject"]), "customer": asked["customer"] or None}
	return frappe.get_doc({"doctype": TICKET, **said, **fields})


def _add_message(doc: object, asked: dict[str, str]) -> None:
	message = {
		"doctype": "Communication",
		"communication_type": "Communication",
		"communication_medium": "Email",
		"sent_or_received": "Received",
		"email_status": "Open",
		"status": "Linked",
		"subject": doc.subject,
		"sender": asked["email"],
		"sender_full_name": asked["name"],
		"content": _description(asked),
		"reference_doctype": TICKET,
		"reference_name": doc.name,
	}
	frappe.set_user("Administrator")
	try:
		frappe.get_doc(message).insert(ignore_permissions=True)
	finally:
		frappe.set_user("Guest")


def titled(kind: str, subject: str) -> str:
	"""The subject as agents see it, in the site's language."""
	lang = site_language()
	labels = {
		"services": _("Professional services: {0}", lang),
		"buy": _("Buy credits: {0}", lang),
		"emergency": _("Emergency support: {0}", lang),
	}
	return labels[kind].format(subject)


def _description(asked: dict[str, str]) -> str:
	"""What agents read: what is asked for and who asks, then his own words."""
	lang, lines = site_language(), []
	if asked["pack"]:
		pack_name = frappe.db.get_value("Credit Pack", asked["pack"], "pack_name")
		lines.append(_("Pack: {0} ({1})", lang).format(_(pack_name, lang), asked["pack"]))
	if asked["email"]:
		lines.append(
			_("From {0}, {1}. Sent without a login: nobody has checked the address.", lang).format(
				asked["name"], asked["email"]
			)
		)
	head = "".join(f"<p><i>{escape_html(line)}</i></p>" for line in lines)
	return head + "".join(
		f"<p>{'<br>'.join(map(escape_html, part.splitlines()))}</p>"
		for part in asked["details"].split("\n\n")
	)


def site_language() -> str:
	return frappe.db.get_single_value("System Settings", "language") or "en"


def _subject(text: str) -> str:
	text = plain_text(" ".join(text.split()), _("The subject"), most=SUBJECT_LENGTH)
	if not text:
		frappe.throw(_("Say in a few words what you need: the subject is missing."), SupportCreditsError)
	return text


def _details(text: str) -> str:
	"""His own words, whatever they are: they are shown as text, so tags are no danger in them."""
	text = text.replace("\r\n", "\n").strip()
	if not text:
		frappe.throw(_("Describe what you need: the details are missing."), SupportCreditsError)
	if len(text) > DETAILS_LENGTH:
		frappe.throw(
			_("The text is too long: at most {0} characters.").format(DETAILS_LENGTH), SupportCreditsError
		)
	if "\0" in text or text.encode(errors="replace").decode() != text:
		frappe.throw(_("The text holds characters that cannot be stored."), SupportCreditsError)
	return text


def _kind(kind: str) -> str:
	if kind not in KINDS:
		frappe.throw(
			_("{0} cannot be asked for. Choose one of: {1}.").format(escape_html(kind), ", ".join(KINDS)),
			SupportCreditsError,
		)
	return kind


def _pack(pack: str) -> str:
	"""Only what is on sale can be asked for."""
	if pack and not frappe.db.exists("Credit Pack", {"name": pack, "on_sale": 1}):
		frappe.throw(_("Pack {0} is not on sale.").format(escape_html(pack)), SupportCreditsError)
	return pack


def _name(text: str) -> str:
	text = plain_text(" ".join(text.split()), _("The name"), most=NAME_LENGTH)
	if not text:
		frappe.throw(_("Say who you are: the name is missing."), SupportCreditsError)
	return text


def _email(text: str) -> str:
	text = text.strip()
	if len(text) > 140 or not validate_email_address(text) or "," in text:
		frappe.throw(
			_("{0} is not an e-mail address we could write to.").format(escape_html(text[:140]) or '""'),
			SupportCreditsError,
		)
	return text.lower()


def _customer(customer: str) -> str:
	"""The customer a person asks for: his only one needs no name. Agents may name any."""
	if is_agent():
		if customer and not frappe.db.exists("HD Customer", customer):
			frappe.throw(_("There is no customer {0}.").format(escape_html(customer)), SupportCreditsError)
		return customer
	own = companies_of(frappe.session.user)
	if customer and customer not in own:
		frappe.throw(_("You are not a member of {0}.").format(escape_html(customer)), NotMember)
	if not customer and len(own) > 1:
		frappe.throw(
			_("You are a member of {0}. Say for which customer you ask.").format(", ".join(own)), NotMember
		)
	return customer
