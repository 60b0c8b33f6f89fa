"""Who is on the site and how they call it: as a request of this process, or over HTTP with a login of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import frappe
import requests

from support_credits.tests import factories as make
from support_credits.tests import server
from support_credits.tests.factories import Person

ADMIN = "Administrator"
CALL_SECONDS = 120
# How the app and its host say no to somebody; anything else is a fault.
CLEAN = frozenset(
	(
		"CreditsRefused", "WrongState", "NotMember", "AlreadyPosted", "AlreadyServed", "HasHistory", "ReopenTooLate",
		"SupportCreditsError", "TimestampMismatchError", "PermissionError",
		# A customer that has just been merged away, a lot that is gone, a customer who has just been given a ticket.
		"LinkValidationError", "DoesNotExistError", "LinkExistsError",
	)
)  # fmt: skip
NETWORK = "network"  # the server went away before it answered: nobody knows whether it was done


def fresh(site: str, user: str = ADMIN) -> None:
	"""A state as at the start of a request or a job: a new connection, empty local caches, ``user`` logged in."""
	frappe.destroy()
	frappe.init(site, sites_path=".", force=True)
	frappe.connect()
	frappe.set_user(user)


@dataclass(frozen=True)
class Reply:
	"""What a caller was told."""

	status: int
	error: str = ""
	message: str = ""
	value: object = None

	@property
	def ok(self) -> bool:
		return self.status == 200

	@property
	def clean(self) -> bool:
		"""Said no as a rule of the app does, or as the host to a form that is out of date."""
		return self.error in CLEAN and self.status < 500


class Here:
	"""Calls a whitelisted function in this process, as the host's request handler would: commit, or undo."""

	def __init__(self, site: str) -> None:
		self.site = site

	def call(self, who: Person, method: str, /, **arguments: object) -> Reply:
		return self.run(
			who.email, lambda: frappe.get_attr(frappe.override_whitelisted_method(method))(**arguments)
		)

	def run(self, user: str, work: object) -> Reply:
		fresh(self.site, user)
		try:
			value = _plain(work())
			frappe.db.commit()
			return Reply(200, value=value)
		except Exception as error:
			frappe.db.rollback()
			return Reply(getattr(error, "http_status_code", 500), type(error).__name__, str(error)[:300])
		finally:
			frappe.destroy()


def _plain(value: object) -> object:
	return json.loads(frappe.as_json(value)) if value is not None else None


class Wire:
	"""Calls the same function over HTTP, in a session of ``who``'s own."""

	def __init__(self, site: str, url: str, cookies: dict[str, dict[str, str]] | None = None) -> None:
		"""``cookies`` of people who have logged in before: forked processes share a login, not a connection."""
		self.site, self.url = site, url
		self.sessions: dict[str, requests.Session] = {}
		for email, jar in (cookies or {}).items():
			self.sessions[email] = self._session()
			self.sessions[email].cookies.update(jar)

	def call(
		self, who: Person, method: str, /, headers: dict[str, str] | None = None, **arguments: object
	) -> Reply:
		return self.send(who, "POST", f"/api/method/{method}", arguments, headers)

	def send(
		self, who: Person, verb: str, path: str, body: object = None, headers: dict[str, str] | None = None
	) -> Reply:
		try:
			session = self.sessions.get(who.email) or self.log_in(who)
			answer = session.request(verb, self.url + path, json=body, headers=headers, timeout=CALL_SECONDS)
		except requests.RequestException as error:
			return Reply(0, NETWORK, type(error).__name__)
		said = server.Answer(answer)
		error = said.error if said.status != 200 else ""
		return Reply(said.status, error, said.messages or _tail(said), said.value)

	def log_in(self, who: Person) -> requests.Session:
		session = self._session()
		login = {"usr": who.email, "pwd": who.password}
		session.post(f"{self.url}/api/method/login", json=login, timeout=CALL_SECONDS).raise_for_status()
		self.sessions[who.email] = session
		return session

	def _session(self) -> requests.Session:
		session = requests.Session()
		session.headers.update({"X-Frappe-Site-Name": self.site, "Accept": "application/json"})
		return session

	def cookies(self) -> dict[str, dict[str, str]]:
		return {email: session.cookies.get_dict() for email, session in self.sessions.items()}


def _tail(said: server.Answer) -> str:
	"""Of an answer without a message: the last line of its traceback, or its beginning."""
	trace = str(said.body.get("exc") or said.body.get("exception") or "")
	return (trace.strip('[]"').split("\\n")[-2:] or [""])[0][:300] or (
		"" if said.status == 200 else said.text[:300]
	)


@dataclass(frozen=True)
class Cast:
	"""Everybody of one run. Each actor has a person and a manager of his own: the entries then name who wrote them."""

	persons: list[Person]
	managers: list[Person]
	opener: Person  # acts in no race: opens what is there before
	reason: str
	cookies: dict[str, dict[str, str]] = field(default_factory=dict)


def cast(site: str, actors: int) -> Cast:
	"""Make the people and the reason for exemptions."""
	fresh(site)
	persons = [make.portal_user("racer") for _ in range(actors)]
	managers = [make.person("manager", ("Agent", "Agent Manager", "System Manager")) for _ in range(actors)]
	for one in managers:
		record = {"doctype": "HD Agent", "user": one.email, "agent_name": one.contact, "is_active": 1}
		frappe.get_doc(record).insert(ignore_permissions=True)
	reason, opener = make.exemption_reason(), make.portal_user("opener")
	# Agents' replies, which splits and merges write too, stay on the site: no mail server is part of this.
	frappe.db.set_single_value("HD Settings", "skip_email_workflow", 1)
	frappe.db.commit()
	return Cast(persons, managers, opener, reason)


def company(scene: Cast, members: list[Person], credits: int, label: str, **fields: object) -> str:
	"""A customer with these members, an account and a ticket; returns its name. The caller commits."""
	name = make.customer(scene.opener, *members, label=label)
	make.account(name, credits, **fields)
	make.ticket(scene.opener, customer=name)
	return name
