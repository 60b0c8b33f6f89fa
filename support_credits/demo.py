"""Demo data for a site whose catalogue is loaded: customers in every situation, agents, tickets. Safe to run again.

Everything goes through the same functions as real use, so a demo site's ledger verifies like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import frappe
from frappe import _

from support_credits.ledger import accounts, clock, corrections, grants, jobs
from support_credits.overrides.hd_ticket import show_correction

PASSWORD = "helpdesk by the incident"  # of every demo login, printed; the demo listens on loopback only
DOMAIN = "demo.example"


@dataclass(frozen=True)
class Person:
	"""A demo login: what he is on the site, and what there is to see as him."""

	first_name: str
	role: str
	story: str

	@property
	def email(self) -> str:
		return f"{self.first_name.lower()}@{DOMAIN}"


ANA = Person(
	"Ana", "HD Customer Manager", "customer with 2 credits: open two tickets, and see the third refused"
)
BEN = Person("Ben", "HD Customer", "customer whose credits expired: his tickets wait for credits")
EVA = Person("Eva", "HD Customer", "customer with tickets that were charged and exempted")
IVO = Person("Ivo", "HD Customer", "customer without an account: plain Helpdesk, nothing is charged")
MIA = Person("Mia", "Agent", "agent: exempt a ticket, set a customer")
TOM = Person("Tom", "Agent Manager", "agent manager: grant, void and adjust credits")


def create() -> dict[str, object]:
	"""Create what is not there yet and return the logins: ``{"logins": […], "notes": […]}``."""
	if not frappe.db.get_single_value("Support Credits Settings", "catalogue_name"):
		frappe.throw(_("Load a catalogue first: bench --site … support-credits load-catalogue FILE"))
	for agent in (MIA, TOM):
		_agent(agent)
	for person, company in (
		(ANA, "Harbour Logistics"),
		(BEN, "Lumen Studio"),
		(EVA, "Orchard Foods"),
		(IVO, "Plain Books"),
	):
		_member(person, company)
	_stories()
	return {
		"logins": [
			{"who": person.story, "user": person.email, "password": PASSWORD}
			for person in (ANA, BEN, EVA, IVO, MIA, TOM)
		],
		"notes": [_("Administrator's password is the one the site was made with.")],
	}


def _stories() -> None:
	_credits("Harbour Logistics", 2)
	_expired_credits("Lumen Studio")
	_credits("Orchard Foods", 3)
	frappe.db.set_value("Credit Account", accounts.account_of("Lumen Studio"), "portal_policy", "Park")
	frappe.db.commit()
	_ticket(
		EVA,
		"Mail queue does not drain after the upgrade",
		"Since yesterday's upgrade, messages stay in the queue.",
	)
	bug = _ticket(
		EVA, "Backup report counts one host twice", "The nightly report lists the same host two times."
	)
	_ticket(BEN, "Disk alert on the file server", "We get an alert about disk sdb every hour.")
	_ticket(IVO, "How do I change my address?", "We have moved to a new office.")
	_exempt(bug)
	jobs.finish_releases()


def _credits(customer: str, wanted: int) -> None:
	"""Packs until ``customer`` has ``wanted`` credits, then the rest taken back, so that the story has its number."""
	account = accounts.ensure_account(customer)
	pack = frappe.get_all(
		"Credit Pack", filters={"on_sale": 1}, fields=["name", "credits"], order_by="credits asc, name asc"
	)[0]
	count = -(-wanted // pack.credits)
	lots = [
		grants.grant(account, grants.pack_order(pack.name, f"demo:{customer}:{number}", _("Demo")))
		for number in range(count)
	]
	surplus = count * pack.credits - wanted
	if surplus and not lots[-1].replayed:
		grants.adjust_lot(lots[-1].lot, -surplus, _("Demo: rounded down"), f"demo:{customer}:surplus")


def _expired_credits(customer: str) -> None:
	account = accounts.ensure_account(customer)
	order = grants.GrantOrder(
		credits=2,
		event_key=f"demo:{customer}:old",
		reason=_("Demo: bought long ago"),
		months=1,
		granted_at=clock.now() - timedelta(days=60),
	)
	grants.grant(account, order)
	grants.expire_account(account)


def _exempt(ticket: str | None) -> None:
	reason = frappe.db.get_value(
		"Exemption Reason", {"enabled": 1, "who": "Agent"}, "name", order_by="name desc"
	)
	if ticket and reason:
		frappe.set_user(MIA.email)
		done = corrections.exempt(ticket, reason, _("Confirmed as our bug."))
		show_correction(done.incident, _("exempted the ticket"))
		frappe.set_user("Administrator")
		frappe.db.commit()


def _ticket(person: Person, subject: str, text: str) -> str | None:
	"""Open a ticket as the person himself, through the endpoint of Helpdesk's own page; None when it is there."""
	from helpdesk.helpdesk.doctype.hd_ticket.api import new

	if frappe.db.exists("HD Ticket", {"subject": subject, "raised_by": person.email}):
		return None
	frappe.set_user(person.email)
	try:
		ticket = new({"subject": subject, "description": f"<p>{text}</p>"}, [])
		frappe.db.commit()
		return ticket.name
	finally:
		frappe.set_user("Administrator")


def _user(person: Person) -> None:
	if frappe.db.exists("User", person.email):
		return
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": person.email,
			"first_name": person.first_name,
			"send_welcome_email": 0,
			"new_password": PASSWORD,
			"roles": [{"role": person.role}],
		}
	)
	user.flags.no_welcome_mail = True
	user.insert(ignore_permissions=True)


def _agent(person: Person) -> None:
	_user(person)
	if not frappe.db.exists("HD Agent", {"user": person.email}):
		agent = {"doctype": "HD Agent", "user": person.email, "agent_name": person.first_name}
		frappe.get_doc(agent).insert(ignore_permissions=True)


def _member(person: Person, company: str) -> None:
	_user(person)
	contact = frappe.db.get_value("Contact", {"user": person.email}, "name")
	if not contact:
		record = frappe.get_doc({"doctype": "Contact", "first_name": person.first_name, "user": person.email})
		record.add_email(person.email, is_primary=True)
		contact = record.insert(ignore_permissions=True).name
	if not frappe.db.exists("HD Customer", company):
		member = {"contact_name": contact, "is_manager": int(person.role == "HD Customer Manager")}
		customer = {"doctype": "HD Customer", "customer_name": company, "contacts": [member]}
		frappe.get_doc(customer).insert(ignore_permissions=True)
