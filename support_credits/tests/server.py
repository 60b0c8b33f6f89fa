"""A real gunicorn for the current site, and people who use it over HTTP.

``bench run-tests`` sets its flags in this process only, so the server is a normal site: real sessions, real
commits, real refusals. A test commits its fixtures before it calls and looks at a fresh snapshot afterwards;
``http_case.HttpTestCase`` sees to both.
"""

from __future__ import annotations

import atexit
import json
import re
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import frappe
import requests

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.factories import Person

WORKERS = 4
START_SECONDS = 180
CALL_SECONDS = 120
NEW_TICKET = "helpdesk.helpdesk.doctype.hd_ticket.api.new"
TICKET = "HD Ticket"
CSRF = re.compile(r'\["csrf_token"\] = "([0-9a-f]+)"')


class Server:
	"""gunicorn on a free port, without preloading, so that every worker has connections of its own."""

	def __init__(self, workers: int = WORKERS) -> None:
		self.site = frappe.local.site
		self.url = f"http://127.0.0.1:{free_port()}"
		self.log = Path(frappe.utils.get_bench_path(), "logs", f"test-server-{self.site}.log")
		self.process = subprocess.Popen(
			[
				str(Path(sys.executable).with_name("gunicorn")),
				*("--bind", self.url.removeprefix("http://")),
				*("--workers", str(workers), "--timeout", str(CALL_SECONDS)),
				"support_credits.tests.wsgi:application",
			],
			cwd=Path(frappe.utils.get_bench_path(), "sites"),
			stdout=self.log.open("w"),
			stderr=subprocess.STDOUT,
		)

	def wait(self) -> None:
		end = time.monotonic() + START_SECONDS
		while time.monotonic() < end and self.process.poll() is None:
			try:
				requests.get(
					f"{self.url}/api/method/ping", headers=self.headers, timeout=5
				).raise_for_status()
				return
			except requests.RequestException:
				time.sleep(0.1)
		raise RuntimeError(f"gunicorn did not answer at {self.url}; see {self.log}")

	@property
	def headers(self) -> dict[str, str]:
		return {"X-Frappe-Site-Name": self.site, "Accept": "application/json"}

	def stop(self) -> None:
		if self.process.poll() is None:
			self.process.send_signal(signal.SIGTERM)
			try:
				self.process.wait(10)
			except subprocess.TimeoutExpired:
				self.process.kill()


def free_port() -> int:
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return probe.getsockname()[1]


_running: dict[str, Server] = {}


def running() -> Server:
	"""The one server of this run; started when it is first asked for, stopped when the process ends."""
	site = frappe.local.site
	if site not in _running:
		_running[site] = server = Server()
		atexit.register(server.stop)
		server.wait()
	return _running[site]


class Answer:
	"""What the server said: the status, the value, and what a page would show of a refusal."""

	def __init__(self, response: requests.Response) -> None:
		self.status = response.status_code
		self.headers = response.headers
		self.text = response.text
		try:
			self.body = response.json()
		except ValueError:
			self.body = {}

	@property
	def value(self) -> object:
		return self.body.get("message", self.body.get("data"))

	@property
	def ticket(self) -> str:
		"""The number of the ticket the call returned."""
		return str(self.value["name"])

	@property
	def error(self) -> str:
		"""The class of the refusal; API v2 says it in another place."""
		errors = self.body.get("errors") or [{}]
		return self.body.get("exc_type") or errors[0].get("type", "")

	@property
	def messages(self) -> str:
		"""Every message of the answer, as one text."""
		listed = [json.loads(line)["message"] for line in json.loads(self.body.get("_server_messages", "[]"))]
		listed += [str(one.get("message", "")) for one in self.body.get("errors") or []]
		return " ".join(listed)

	def __repr__(self) -> str:
		return f"<{self.status} {self.error} {self.messages or self.text[:300]}>"


class Portal:
	"""Somebody at the site: logged in as a real user, or a guest."""

	def __init__(self, someone: Person | None = None, user: str = "", password: str = "") -> None:
		server = running()
		self.url = server.url
		self.http = requests.Session()
		self.http.headers.update(server.headers)
		self.user = someone.email if someone else user or "Guest"
		if self.user != "Guest":
			self._log_in(someone.password if someone else password)

	def _log_in(self, password: str) -> None:
		answer = self.call("login", usr=self.user, pwd=password)
		if answer.status != 200:
			raise RuntimeError(f"{self.user} cannot log in: {answer}")

	def open_page(self, path: str = "/helpdesk") -> requests.Response:
		"""Load a page of the site. From then on the session has a token, which every writing call carries."""
		page = self.http.get(f"{self.url}{path}", headers={"Accept": "text/html"}, timeout=CALL_SECONDS)
		token = CSRF.search(page.text)
		if token:
			self.http.headers["X-Frappe-CSRF-Token"] = token[1]
		return page

	def request(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
		names = {name.replace("_", "-"): value for name, value in headers.items()}
		return Answer(
			self.http.request(method, f"{self.url}{path}", json=body, headers=names, timeout=CALL_SECONDS)
		)

	def call(self, endpoint: str, headers: dict[str, str] | None = None, /, **arguments: object) -> Answer:
		"""POST to a whitelisted function, as every page does."""
		return self.request("POST", f"/api/method/{endpoint}", arguments, **(headers or {}))

	# Doors by which a ticket comes in

	def new(self, headers: dict[str, str] | None = None, /, **fields: object) -> Answer:
		"""Helpdesk's own new-ticket page, for customers and agents alike."""
		return self.call(NEW_TICKET, headers, doc=draft(**fields), attachments=[])

	def rest(self, headers: dict[str, str] | None = None, /, **fields: object) -> Answer:
		return self.request("POST", f"/api/resource/{TICKET}", draft(**fields), **(headers or {}))

	def rest_v2(self, headers: dict[str, str] | None = None, /, **fields: object) -> Answer:
		return self.request("POST", f"/api/v2/document/{TICKET}", draft(**fields), **(headers or {}))

	def client_insert(self, headers: dict[str, str] | None = None, /, **fields: object) -> Answer:
		return self.call("frappe.client.insert", headers, doc={"doctype": TICKET, **draft(**fields)})

	def insert_many(self, count: int, headers: dict[str, str] | None = None, /, **fields: object) -> Answer:
		docs = [{"doctype": TICKET, **draft(**fields)} for _number in range(count)]
		return self.call("frappe.client.insert_many", headers, docs=docs)

	# Ways to change one

	def set_value(self, ticket: str, field: object, value: object = None) -> Answer:
		"""``field`` may be a name, or a dict of several."""
		return self.call("frappe.client.set_value", doctype=TICKET, name=ticket, fieldname=field, value=value)

	def put(self, ticket: str, **fields: object) -> Answer:
		return self.request("PUT", f"/api/resource/{TICKET}/{ticket}", fields)

	def patch_v2(self, ticket: str, **fields: object) -> Answer:
		return self.request("PATCH", f"/api/v2/document/{TICKET}/{ticket}/", fields)

	def save(self, ticket: str, **fields: object) -> Answer:
		"""Load the whole document, change it, send it back: what a form does."""
		doc = self.call("frappe.client.get", doctype=TICKET, name=ticket).value
		return self.call("frappe.client.save", doc={**doc, **fields})

	def reply(self, ticket: str, message: str = "Any news?") -> Answer:
		return self.method(ticket, "create_communication_via_contact", message=message)

	def agent_reply(self, ticket: str, message: str = "We are on it.") -> Answer:
		return self.method(ticket, "reply_via_agent", message=message, to="someone@example.com")

	def method(self, ticket: str, method: str, **arguments: object) -> Answer:
		return self.call("run_doc_method", dt=TICKET, dn=ticket, method=method, args=arguments)

	# What this app offers

	def incident(self, action: str, **arguments: object) -> Answer:
		return self.call(f"support_credits.api.incident.{action}", **arguments)

	def account(self, action: str, **arguments: object) -> Answer:
		return self.call(f"support_credits.api.account.{action}", **arguments)


def draft(**fields: object) -> dict[str, object]:
	"""The fields of a new ticket, as the page posts them."""
	return {"subject": "It does not work", "description": "<p>Nothing happens.</p>", **fields}


@cache
def agent() -> Portal:
	"""An agent at his desk, the same in the whole run."""
	someone = make.agent()
	publish()
	return Portal(someone)


@cache
def manager() -> Portal:
	"""An agent manager, who may grant credits."""
	someone = make.agent_manager()
	publish()
	return Portal(someone)
