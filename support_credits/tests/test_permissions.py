"""Who may do what: docs/permissions.md, cell by cell, on the real server. Each cell is a test of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import frappe

from support_credits import openapi
from support_credits.ledger import codes, proposals
from support_credits.tests import factories as make
from support_credits.tests import permission_ways as ways
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, agent
from support_credits.tests.session_case import catalogue, offer

TABLE = Path(frappe.get_app_path("support_credits")).parent / "docs" / "permissions.md"
PREFIX = "support_credits.api."
Arguments = dict[str, object]


def table() -> dict[str, dict[str, str]]:
	"""The table of the document: what is expected, by path and person."""
	lines = [line for line in TABLE.read_text().splitlines() if line.startswith("|")]
	rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
	people = rows[0][1:]
	return {row[0].strip("`"): dict(zip(people, row[1:], strict=True)) for row in rows[2:]}


class Scene:
	"""One customer with a charged ticket, another one, and the people of the table; made once."""

	def __init__(self) -> None:
		self.company, self.other = make.company(500), make.company(1)
		both = make.portal_user("both")
		for company in (self.company, self.other):
			make.add_member(company.name, both, is_manager=True)
		self.people = {
			"guest": None,
			"customer": self.company.person,
			"other": self.other.person,
			"both": both,
			"agent": make.agent(),
			"agent manager": make.agent_manager(),
			"system manager": make.person("system", ("System Manager",)),
		}
		publish()
		self.portals = {name: Portal(person) for name, person in self.people.items()}
		self.reason, self.calendar, self.pack = make.exemption_reason(), make.support_calendar(), make.pack()
		self.ticket = self.new_ticket()

	def new_ticket(self) -> str:
		name = str(make.ticket(self.company.person).name)
		publish()
		return name

	def new_proposal(self, **_nothing: object) -> Arguments:
		name = proposals.propose(self.new_ticket(), 1, "More")
		publish()
		return {"proposal": name}

	def new_order(self, paid: bool = False) -> Arguments:
		return ways.new_order(self.company.name, self.pack, paid)

	def new_code(self) -> str:
		[code] = codes.issue(codes.Offer(credits=1), 1, "Cards").codes
		publish()
		return code

	def batch(self) -> str:
		name = codes.issue(codes.Offer(credits=1), 1, make.unique("Cards")).batch
		publish()
		return name

	def exempted(self) -> Arguments:
		return {"ticket": self.after("exempt", reason=self.reason)}

	def after(self, act: str, **arguments: object) -> str:
		ticket = self.new_ticket()
		answer = agent().incident(act, ticket=ticket, **arguments)
		assert answer.status == 200, answer
		return ticket

	def lot(self) -> str:
		name = make.grant(self.company.account, 1)
		publish()
		return name

	def communication(self, ticket: str) -> str:
		about = {"reference_doctype": "HD Ticket", "reference_name": ticket}
		return frappe.get_all("Communication", filters=about, pluck="name", limit=1)[0]

	def arguments(self, person: str = "") -> dict[str, Callable[[], Arguments]]:
		"""What makes each call one that is done where it is allowed."""
		customer = {"customer": self.company.name}
		ticket = {"ticket": self.ticket}
		draft = frappe.get_doc("Support Calendar", self.calendar).as_json()
		return {
			"account.grant": lambda: {**customer, "credits": 1, "reason": "Because"},
			"account.void": lambda: {"lot": self.lot(), "reason": "Because"},
			"account.adjust": lambda: {"lot": self.lot(), "credits": 1, "reason": "Because"},
			"account.statement": lambda: {"account": self.company.account},
			"account.verify": lambda: {"account": self.other.account},
			"agent.ticket": lambda: ticket,
			"approvals.approve": lambda: ways.new_approval(self.company.account),
			"approvals.decline": lambda: ways.new_approval(self.company.account),
			"approvals.waiting": dict,
			"approvals.withdraw": lambda: ways.new_approval(
				self.company.account, self.people[person or "guest"]
			),
			"catalogue.load_catalogue": ways.new_catalogue,
			"catalogue.preview_catalogue": lambda: {"name": "rockstor"},
			"catalogue.shipped": dict,
			"codes.issue": lambda: {"batch": "Cards", "credits": 1},
			"codes.print_codes": lambda: {"codes": self.new_code()},
			"codes.redeem": lambda: {**customer, "code": self.new_code()},
			"codes.revoke": lambda: {"code": self.code_record()},
			"codes.revoke_batch": lambda: {"batch": self.batch()},
			"customer.balance": dict,
			"customer.lots": lambda: customer,
			"customer.overview": lambda: customer,
			"customer.quote": lambda: customer,
			"customer.ticket": lambda: ticket,
			"external_orders.approve_redemption": lambda: ways.found_order(self.ticket),
			"external_orders.confirm_order": lambda: {"token": "x" * 43},
			"external_orders.decline_redemption": lambda: {
				**ways.found_order(self.ticket),
				"reason": "Not ours",
			},
			"external_orders.hint": dict,
			"external_orders.redeem_found": lambda: ways.found_order(self.ticket),
			"external_orders.redeem_order": lambda: {**customer, "number": "or_abcdefgh"},
			"exports.customer_export": lambda: customer,
			"figures.answers_by_month": dict,
			"figures.credits_by_month": dict,
			"figures.number": lambda: {"filters": {"figure": "outstanding"}},
			"figures.tickets_by_state": dict,
			"host.merge_ticket": lambda: {"source": self.new_ticket(), "target": self.ticket},
			"host.show_outside_hours_banner": lambda: {"ticket_name": self.ticket},
			"host.split_ticket": lambda: {
				"subject": "Two",
				"communication_id": self.communication(self.new_ticket()),
			},
			"hours.countries": dict,
			"hours.deadline": lambda: ticket,
			"hours.preview_calendar": lambda: {"doc": draft},
			"hours.subdivisions": lambda: {"country": "PT"},
			"imports.dry_run": lambda: ways.new_import(self.company.name, "Draft"),
			"imports.run": lambda: ways.new_import(self.company.name, "Checked"),
			"incident.charge": lambda: {"ticket": self.uncounted()},
			"incident.confirm_severity": lambda: {**ticket, "severity": "High"},
			"incident.exempt": lambda: {"ticket": self.new_ticket(), "reason": self.reason},
			"incident.park": lambda: {"ticket": self.best_effort()},
			"incident.release": self.releasable,
			"incident.set_customer": lambda: {"ticket": self.new_ticket(), "customer": self.company.name},
			"incident.unexempt": self.exempted,
			"offer.packs": dict,
			"offer.tiers": dict,
			"orders.cancel": self.new_order,
			"orders.mark_paid": lambda: {**self.new_order(), "reference": "Bank"},
			"orders.order": lambda: {**customer, "pack": self.pack, "accept_terms": True},
			"orders.orders": lambda: customer,
			"orders.pay": lambda: {**self.new_order(), "accept_terms": True},
			"orders.raise_order": lambda: {**customer, "pack": self.pack},
			"orders.reverse": lambda: self.new_order(paid=True) | {"reason": "Charged back"},
			"preview.costs": lambda: ticket,
			"proposals.accept": self.new_proposal,
			"proposals.decline": self.new_proposal,
			"proposals.listed": lambda: customer,
			"proposals.propose": lambda: {"ticket": self.new_ticket(), "credits": 1, "reason": "More"},
			"proposals.withdraw": self.new_proposal,
			"services.request": lambda: self.wish(person),
			"sessions.cancel": lambda: {**ways.new_session(self.new_ticket()), "reason": "Mistake"},
			"sessions.export_csv": lambda: ways.new_export(self.new_ticket()),
			"sessions.of_ticket": lambda: ticket,
			"sessions.pause": lambda: ways.new_session(self.new_ticket()),
			"sessions.resume": lambda: ways.new_session(self.new_ticket()),
			"sessions.start": lambda: ways.free_ticket(self.new_ticket()),
			"sessions.stop": lambda: ways.new_session(self.new_ticket()),
			"simulations.loaded_catalogue": dict,
			"simulations.run": ways.new_simulation,
			"statement.download": lambda: {**customer, "format": "csv"},
			"statement.page": lambda: customer,
			"subscriptions.cancel": lambda: ways.with_tier(self.company.name, self.company.account),
			"subscriptions.choose": lambda: {**customer, "tier": ways.monthly_tier()},
			"subscriptions.current": lambda: customer,
			"subscriptions.preview": lambda: {**customer, "tier": ways.monthly_tier()},
			"work.discard_timer": lambda: ways.new_timer(self.ticket, self.people[person or "agent"]),
			"work.log": lambda: {**ticket, "minutes": 5},
			"work.start_timer": lambda: ticket,
			"work.stop_timer": lambda: ways.new_timer(self.ticket, self.people[person or "agent"]),
		}

	def wish(self, person: str) -> Arguments:
		email = f"{make.unique_code('asks')}@example.com"
		which = {"customer": self.other.name} if person == "both" else {}
		return {
			"subject": "A project",
			"details": "Please install it.",
			"name": "Somebody",
			"email": email,
			**which,
		}

	def code_record(self) -> str:
		self.new_code()
		return frappe.get_all("Activation Code", filters={"state": "Issued"}, pluck="name", limit=1)[0]

	def uncounted(self) -> str:
		"""A ticket that began as an automatic mail."""
		from support_credits.engine.mail import MailKind
		from support_credits.mail.context import MailContext, taking_in

		sender = self.company.person.email
		with taking_in(MailContext(make.unique_code("mail"), sender, MailKind.AUTO_REPLY)):
			doc = {"doctype": "HD Ticket", "subject": "Out of office", "raised_by": sender}
			name = str(frappe.get_doc(doc).insert(ignore_permissions=True).name)
		publish()
		return name

	def best_effort(self) -> str:
		company = make.company(0, portal_policy="Best effort")
		name = str(make.ticket(company.person).name)
		publish()
		return name

	def releasable(self) -> Arguments:
		"""A ticket that waits, although there are credits for it since its customer's tier became a cheaper one."""
		company = make.company(0, portal_policy="Park", tier=make.tier(credits_per_incident=2))
		ticket = str(make.ticket(company.person).name)
		make.grant(company.account, 1)
		make.account(company.name, tier=make.tier())
		publish()
		return {"ticket": ticket}


@cache
def scene() -> Scene:
	return Scene()


DOWNLOADS = ("exports.customer_export", "statement.download")


class TestTable(HttpTestCase):
	def test_it_names_every_endpoint_and_no_other(self) -> None:
		named = {path for path in table() if not path.startswith("/")}
		self.assertEqual(sorted(path.removeprefix(PREFIX) for path in openapi.endpoints()), sorted(named))

	def test_every_endpoint_is_tried_with_arguments_of_its_own(self) -> None:
		self.assertEqual({path for path in table() if not path.startswith("/")}, set(scene().arguments()))


class TestEachCell(HttpTestCase):
	"""Filled below: ``test_<path>_<person>_<expected>``."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		before = frappe.db.get_single_value("Support Credits Settings", "catalogue") or ""
		cls.addClassCleanup(offer, before)
		offer(catalogue())  # help by the hour has its rate from there

	def assert_cell(self, path: str, person: str, expected: str) -> None:
		if path.startswith("/"):
			self.assert_page(path, person, expected)
			return
		who = scene().portals[person]
		arguments = scene().arguments(person)[path]()
		if expected == "off":
			with self.nothing_written():
				self.assert_refused(
					self.send(who, path, arguments), "not redeemed here", "SupportCreditsError"
				)
			return
		if expected == "yes":
			with self.host_settings(
				skip_email_workflow=1
			):  # the host mails a merge and a split; this site cannot
				answer = self.send(who, path, arguments)
			self.assertEqual(200, answer.status, answer)
			return
		with self.nothing_written():
			answer = self.send(who, path, arguments)
		self.assertEqual(403, answer.status, answer)
		self.assertNotIn("message", answer.body)

	def send(self, who: Portal, path: str, arguments: Arguments) -> Answer:
		if path in DOWNLOADS:
			query = "&".join(f"{name}={value}" for name, value in arguments.items())
			return who.request("GET", f"/api/method/{PREFIX}{path}?{query}")
		return who.call(f"{PREFIX}{path}", **arguments)

	def assert_page(self, path: str, person: str, expected: str) -> None:
		# In a session of its own: one that has seen a page needs its token for every call from then on.
		page = Portal(scene().people[person]).open_page(path)
		self.assertEqual(200, page.status_code)
		asked_to_log_in = "/login" in page.url
		self.assertEqual(expected == "login", asked_to_log_in, page.url)


def _cell(path: str, person: str, expected: str) -> Callable[[TestEachCell], None]:
	def test(self: TestEachCell) -> None:
		self.assert_cell(path, person, expected)

	return test


def _name_of(path: str, person: str, expected: str) -> str:
	words = "".join(sign if sign.isalnum() else "_" for sign in f"{path.strip('/')}_as_{person}_{expected}")
	return f"test_{words}"


for _path, _cells in table().items():
	for _person, _expected in _cells.items():
		setattr(TestEachCell, _name_of(_path, _person, _expected), _cell(_path, _person, _expected))
