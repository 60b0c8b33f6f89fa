"""Every function the host offers over HTTP, pointed at every DocType of ours: nobody learns or changes anything by it."""

from __future__ import annotations

import ast
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import frappe

from support_credits.tests import factories as make
from support_credits.tests.attack_case import LEDGER, OURS, AttackCase, Victim
from support_credits.tests.compat import publish
from support_credits.tests.server import Answer, Portal, agent

HOSTS = ("frappe", "helpdesk", "telephony")
# Parameters by which a function is told which DocType it is about; those without any read the form themselves.
ABOUT = {
	"doctype", "dt", "_doctype", "doctype_name", "reference_doctype", "ref_doctype", "document_type", "parent_doctype",
	"link_doctype", "goal_doctype", "reminder_doctype", "target_doctype", "doc", "docs", "args", "data", "names",
}  # fmt: skip
READS_THE_FORM = (
	"frappe.desk.reportview.",
	"frappe.desk.treeview.",
	"frappe.desk.query_report.",
	"frappe.desk.form.",
)
NOT_CALLED = ("frappe.desk.page.setup_wizard.",)  # on a site that was never set up it would set it up


@dataclass(frozen=True)
class Endpoint:
	"""A whitelisted function, as its source says it."""

	path: str
	methods: tuple[str, ...]
	guest: bool


@cache
def endpoints() -> tuple[Endpoint, ...]:
	"""All functions of the host that can be told to work on a DocType, read from its source: importing takes longer."""
	found = []
	for app in HOSTS:
		base = Path(frappe.get_app_path(app)).parent
		for file in Path(base, app).rglob("*.py"):
			if "tests" not in file.parts and not file.name.startswith("test_"):
				found += _endpoints_in(file, ".".join(file.relative_to(base).with_suffix("").parts))
	return tuple(found)


def _endpoints_in(file: Path, module: str) -> list[Endpoint]:
	text = file.read_text()
	if "whitelist" not in text:
		return []
	functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
	found = []
	for function in functions:
		marks = [mark for mark in map(ast.unparse, function.decorator_list) if "whitelist" in mark]
		path = f"{module.removesuffix('.__init__')}.{function.name}"
		parameters = {argument.arg for argument in function.args.args + function.args.kwonlyargs}
		reads_the_form = not parameters and path.startswith(READS_THE_FORM)
		if marks and (parameters & ABOUT or reads_the_form) and not path.startswith(NOT_CALLED):
			allowed = tuple(verb for verb in ("POST", "PUT", "DELETE", "GET") if f"'{verb}'" in marks[0])
			found.append(Endpoint(path, allowed or ("POST",), "allow_guest=True" in marks[0]))
	return found


def everything(doctype: str, name: str, user: str) -> dict[str, object]:
	"""One body for every function: each takes the arguments it knows, and the host drops the others."""
	field = {"Credit Account": "portal_policy", "Credit Ledger Entry": "reason"}.get(doctype, "remaining")
	card = {
		"document_type": doctype, "function": "Sum", "aggregate_function_based_on": field, "filters_json": "[]",
		"chart_type": "Count", "based_on": "creation", "timeseries": 1, "timespan": "Last Year", "type": "Bar",
	}  # fmt: skip
	record = {"doctype": doctype, "name": name, field: 99, "reason": "forged", "owner": user, **card}
	about = dict.fromkeys(ABOUT - {"doc", "docs", "args", "data", "names"}, doctype)
	which = (
		"name",
		"docname",
		"dn",
		"reference_name",
		"ref_name",
		"doc_name",
		"reminder_docname",
		"value",
		"label",
	)
	return {
		**about, **dict.fromkeys(which, name), "doc": json.dumps(record), "docs": json.dumps([{**record, "docname": name}]),
		"args": json.dumps({**record, "assign_to": [user], "description": "x"}), "data": json.dumps({field: 99}),
		"names": json.dumps([name]), "docnames": json.dumps([name]), "items": json.dumps([name]), "prev": 0,
		"fieldname": field, "field": field, "fields": json.dumps(["*"]), "filters": json.dumps([]), "user": user,
		"action": "Save", "old_name": name, "new_name": f"{name}-X", "old": name, "new": f"{name}-X", "txt": "",
		"tag": "mine", "add": "Yes", "users": json.dumps([user]), "read": 1, "write": 1, "share": 1, "permission_to": "write",
		"parent": "", "title": "mine", "start": 0, "end": "2030-01-01", "page_length": 20, "page_len": 20, "searchfield": "name",
		"limit": 20, "stats": json.dumps(["reason"]), "current_filters": "[]", "filename": "x.txt", "filedata": "x",
		"goal_field": field, "date_field": "creation", "goal_value_field": field, "goal_total_field": field,
		"goal_history_field": "x", "goal_doctype_link": "account", "content": "x", "comment": "x", "comment_by": "x",
		"comment_email": user, "route": "x", "reference_docname": name, "email": user, "frequency": "Daily",
		"assign_to": user, "columns": [], "rows": ["*"], "default_filters": {}, "select_columns": "{}", "file_type": "CSV",
		"export_fields": json.dumps({doctype: [field]}), "export_records": "all", "text": name, "with_data": 1, "list": "[]",
		"state": "x", "current_state": "x", "docfield": field, "format": "Standard", "cached_timestamp": "", "folder": "Home",
	}  # fmt: skip


def call(who: Portal, endpoint: Endpoint, body: dict[str, object]) -> Answer:
	if endpoint.methods[0] == "GET":
		texts = {
			key: value if isinstance(value, str | int) else json.dumps(value) for key, value in body.items()
		}
		path = f"{who.url}/api/method/{endpoint.path}"
		return Answer(who.http.get(path, params=texts, timeout=60))
	return who.request(endpoint.methods[0], f"/api/method/{endpoint.path}", body)


def pointed(doctypes: tuple[str, ...], each: int) -> Iterator[tuple[str, ...]]:
	"""``each`` of the DocTypes for one function, the next ones for the next: all are met, and it takes seconds."""
	around = itertools.cycle(doctypes)
	while True:
		yield tuple(itertools.islice(around, each))


class DoorsCase(AttackCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.victim = Victim()
		cls.outsider = make.company(1)
		publish()

	def setUp(self) -> None:
		super().setUp()
		self.watch(self.victim)

	def assert_secret_kept(self, answer: Answer, where: str) -> None:
		self.assertNotIn(self.victim.secret, answer.text, where)


class TestEveryFunctionOfTheHost(DoorsCase):
	def point(self, who: Portal, which: list[Endpoint], doctypes: tuple[str, ...], each: int) -> list[Answer]:
		"""Call each function with some of the DocTypes; what is stored stays, whatever is answered."""
		before, answers = self.victim.rows(), []
		for endpoint, chosen in zip(which, pointed(doctypes, each), strict=False):
			for doctype in chosen:
				answer = call(who, endpoint, everything(doctype, self.victim.names[doctype], who.user))
				answers.append((endpoint.path, doctype, answer))
			with self.subTest(endpoint.path, user=who.user):
				self.assertEqual(before, self.victim.rows())
		return answers

	def test_there_are_many(self) -> None:
		self.assertGreater(len(endpoints()), 150)

	def test_a_customer_learns_and_changes_nothing(self) -> None:
		for path, doctype, answer in self.point(Portal(self.outsider.person), list(endpoints()), OURS, 1):
			with self.subTest(path):
				self.assert_secret_kept(answer, f"{path} on {doctype}")

	def test_a_guest_learns_and_changes_nothing(self) -> None:
		open_to_guests = [endpoint for endpoint in endpoints() if endpoint.guest]
		for path, doctype, answer in self.point(Portal(), open_to_guests, OURS, 1):
			with self.subTest(path):
				self.assert_secret_kept(answer, f"{path} on {doctype}")

	def test_an_agent_changes_nothing_that_the_ledger_keeps(self) -> None:
		answers = self.point(agent(), list(endpoints()), LEDGER, 1)
		served = {path for path, _doctype, answer in answers if answer.status == 200}
		# The bodies do reach what they are aimed at: an agent may read, and is served.
		self.assertLessEqual(
			{"frappe.client.get", "frappe.client.get_list", "frappe.desk.form.load.getdoc"}, served
		)


# What is no function: addresses of records and of pages.
RECORD, SECOND = "/api/resource/{doctype}/{name}", "/api/v2/document/{doctype}/{name}"
PATHS = (
	("GET", '/api/resource/{doctype}?fields=["*"]&limit_page_length=500'), ("GET", RECORD), ("PUT", RECORD),
	("DELETE", RECORD), ("POST", f"{RECORD}?run_method=db_set"), ("GET", f"{RECORD}?run_method=as_dict"),
	("GET", '/api/v2/document/{doctype}?fields=["*"]'), ("POST", "/api/v2/document/{doctype}"), ("GET", f"{SECOND}/"),
	("GET", f"{SECOND}/copy"), ("PATCH", f"{SECOND}/"), ("PUT", f"{SECOND}/"), ("DELETE", f"{SECOND}/"),
	("POST", f"{SECOND}/method/db_set/"), ("GET", f"{SECOND}/method/as_dict/"), ("GET", "/api/v2/doctype/{doctype}/count"),
	("POST", "/api/v2/document/{doctype}/bulk_delete"), ("POST", "/api/v2/document/{doctype}/bulk_update"),
	("POST", "/api/v2/method/run_doc_method"), ("POST", "/api/method/run_doc_method"),
	("GET", "/printview?doctype={doctype}&name={name}"), ("GET", "/app/{slug}/{name}"), ("GET", "/{slug}/{name}"),
	("GET", "/list?doctype={doctype}"),
)  # fmt: skip


class TestPathsOfTheHost(DoorsCase):
	def visit(self, who: Portal, verb: str, template: str, doctype: str) -> None:
		name = self.victim.names[doctype]
		path = template.format(doctype=doctype, name=name, slug=doctype.lower().replace(" ", "-"))
		record = {"doctype": doctype, "name": name, "remaining": 99, "portal_policy": "Best effort"}
		whole = {"document": record, "docs": json.dumps(record), "docnames": [name], "method": "db_set"}
		answer = who.request(verb, path, {**record, **whole} if verb != "GET" else None)
		with self.subTest(f"{verb} {path}", user=who.user):
			self.assert_secret_kept(answer, path)

	def test_a_customer_and_a_guest_learn_and_change_nothing(self) -> None:
		before = self.victim.rows()
		for who, each in ((Portal(self.outsider.person), 2), (Portal(), 1)):
			for (verb, template), chosen in zip(PATHS, pointed(OURS, each), strict=False):
				for doctype in chosen:
					self.visit(who, verb, template, doctype)
		self.assertEqual(before, self.victim.rows())


class TestWebForms(DoorsCase):
	"""The host takes a web form's content though the form is not published, and saves it with permissions ignored."""

	def accept(self, who: Portal, **data: object) -> Answer:
		path = "frappe.website.doctype.web_form.web_form.accept"
		return who.call(
			path, web_form="tickets", data=json.dumps({"subject": "x", "description": "x", **data})
		)

	def test_a_ticket_by_web_form_is_charged_to_its_raiser_whatever_it_says(self) -> None:
		mine, before = self.company(1), self.victim.rows()
		portal = Portal(mine.person)
		forged = {
			"customer": self.victim.customer,
			"raised_by": self.victim.person.email,
			"sc_state": "Exempt",
		}
		more = {
			"doctype": "Credit Lot",
			"remaining": 99,
			"flags": {"sc_release": 1},
			"via_customer_portal": 1,
		}
		ticket = self.assert_ok(self.accept(portal, **forged, **more)).ticket
		self.assert_incident(ticket, "Charged", 1, account=mine.account)
		with self.nothing_written():
			self.assert_refused(
				self.accept(portal, **forged, **more), "this ticket needs 1 and your balance is 0"
			)
		self.assertEqual(before, self.victim.rows())

	def test_by_web_form_nobody_writes_another_persons_ticket_and_a_guest_none(self) -> None:
		with self.nothing_written():
			for who in (Portal(self.outsider.person), Portal()):
				answer = self.accept(who, name=self.victim.ticket, status="Closed", raised_by=who.user)
				self.assertEqual(403, answer.status, answer)
			self.assertEqual(417, self.accept(Portal(), raised_by=self.victim.person.email).status)
