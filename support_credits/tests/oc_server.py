"""Open Collective's API as its schema has it, on loopback: a real HTTP server that reads the query and answers what was asked.

It knows the fields of the schema (anchors E) and refuses any other, looks orders up by each of their ids, asks for the token in its
header, and can be told to fail in every way a real one does.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "f00dfeed" * 5
AMOUNT = {"value": None, "currency": None, "valueInCents": None}
ACCOUNT = {"id": None, "slug": None, "name": None, "type": None, "isIncognito": None, "emails": None}
TIER = {
	"id": None,
	"publicId": None,
	"legacyId": None,
	"slug": None,
	"name": None,
	"type": None,
	"amount": AMOUNT,
}
TRANSACTION = {
	**dict.fromkeys(("id", "publicId", "kind", "type", "createdAt", "isRefund", "isRefunded", "isDisputed", "isInReview")),
	"amount": AMOUNT,
}  # fmt: skip
ORDER = {
	**dict.fromkeys(
		("id", "publicId", "legacyId", "description", "quantity", "status", "frequency", "nextChargeDate", "lastChargedAt",
		"createdAt", "updatedAt", "customData", "memo", "processedAt", "needsConfirmation")
	),
	**dict.fromkeys(("amount", "taxAmount", "totalAmount", "platformTipAmount", "totalContributed"), AMOUNT),
	**dict.fromkeys(("fromAccount", "toAccount", "createdByAccount"), ACCOUNT),
	"tier": TIER,
	"transactions": TRANSACTION,
}  # fmt: skip
WORDS = re.compile(r"[A-Za-z_]\w*|[{}]")
CALL = re.compile(
	r"\s*query\s+\w+\(\$id: String, \$legacyId: Int\)\s*\{\s*order\(order: \{ id: \$id, legacyId: \$legacyId \}\)\s*(\{.*\})\s*\}\s*",
	re.DOTALL,
)
Selection = dict[str, "Selection"]
Fault = Callable[["Handler"], None]


class OpenCollective:
	"""The server. ``orders`` are what it knows; ``faults`` happen to the next calls, one each, before anything else."""

	def __init__(self) -> None:
		self.orders: list[dict] = []
		self.faults: list[Fault] = []
		self.calls: list[dict[str, object]] = []
		self.http = QuietServer(("127.0.0.1", 0), Handler)
		self.http.daemon_threads = True
		self.http.shop = self
		threading.Thread(target=self.http.serve_forever, daemon=True).start()

	@property
	def url(self) -> str:
		return f"http://127.0.0.1:{self.http.server_port}/graphql/v2"

	def stop(self) -> None:
		self.http.shutdown()
		self.http.server_close()

	def add(self, order: dict) -> dict:
		self.orders.append(order)
		return order

	def find(self, id: str | None, legacy_id: int | None) -> dict | None:
		for order in self.orders:
			if (id and id in (order["publicId"], order["id"])) or (
				legacy_id and legacy_id == order["legacyId"]
			):
				return order
		return None


class QuietServer(ThreadingHTTPServer):
	def handle_error(self, *_arguments: object) -> None:
		"""Nothing: clients that give up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def log_message(self, *_arguments: object) -> None:
		"""Nothing: a test's output is its result."""

	def do_POST(self) -> None:
		shop: OpenCollective = self.server.shop
		self.body = self.rfile.read(int(self.headers["Content-Length"]))
		shop.calls.append({"path": self.path, "headers": dict(self.headers), "body": self.body.decode()})
		if shop.faults:
			shop.faults.pop(0)(self)
			return
		if self.headers.get("Personal-Token") != TOKEN:
			self.answer(401, {"error": {"message": "Invalid personal token"}})
			return
		self.answer(200, self.found(shop))

	def found(self, shop: OpenCollective) -> dict:
		asked = json.loads(self.body)
		call = CALL.fullmatch(asked["query"])
		if not call:
			return graphql_error("GRAPHQL_PARSE_FAILED", "Syntax Error")
		variables = asked["variables"]
		if set(variables) - {"id", "legacyId"} or not isinstance(variables.get("legacyId", 0), int):
			return graphql_error("BAD_USER_INPUT", "Variable of another type")
		unknown = unknown_fields(selection := parsed(call[1]), ORDER)
		if unknown:
			return graphql_error("GRAPHQL_VALIDATION_FAILED", f"Cannot query field {unknown}")
		order = shop.find(variables.get("id"), variables.get("legacyId"))
		return {"data": {"order": cut(order, selection)}} if order else NOT_FOUND

	def answer(self, status: int, body: object, **headers: str) -> None:
		self.send(status, json.dumps(body).encode(), "application/json", **headers)

	def send(self, status: int, content: bytes, kind: str, **headers: str) -> None:
		self.send_response(status)
		for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
			self.send_header(name.replace("_", "-"), value)
		self.end_headers()
		self.wfile.write(content)


def graphql_error(code: str, message: str, data: object = None) -> dict:
	return {"errors": [{"message": message, "path": ["order"], "extensions": {"code": code}}], "data": data}


NOT_FOUND = graphql_error("NotFound", "Order Not Found", {"order": None})


def parsed(text: str) -> Selection:
	"""The fields of a selection, as nested names."""
	stack: list[Selection] = [{}]
	last = ""
	for word in WORDS.findall(text):
		if word == "{":
			stack.append(stack[-1].setdefault(last, {}) if last else stack[-1])
		elif word == "}":
			stack.pop()
		else:
			stack[-1][word] = {}
		last = word if word not in "{}" else ""
	return stack[0]


def unknown_fields(selection: Selection, type_: dict, path: str = "") -> str:
	"""The first field that the schema does not have, or that lacks or has a selection where it must not."""
	for name, inner in selection.items():
		if name not in type_ or bool(inner) != bool(type_[name]):
			return f"{path}{name}"
		found = unknown_fields(inner, type_[name], f"{path}{name}.") if inner else ""
		if found:
			return found
	return ""


def cut(found: object, selection: Selection) -> object:
	"""What was asked for, and nothing else."""
	if isinstance(found, list):
		return [cut(one, selection) for one in found]
	if not selection or found is None:
		return found
	return {name: cut(found.get(name), inner) for name, inner in selection.items()}


# What may go wrong


def rate_limited(seconds: int = 40) -> Fault:
	def fail(handler: Handler) -> None:
		reset = str(int(time.time()) + seconds)
		handler.answer(
			429,
			{"error": {"message": "Rate limit exceeded"}},
			X_RateLimit_Limit="100",
			X_RateLimit_Remaining="0",
			X_RateLimit_Reset=reset,
		)

	return fail


def status(code: int, content: bytes = b"<html>Bad gateway</html>", **headers: str) -> Fault:
	return lambda handler: handler.send(code, content, "text/html", **headers)


def answer(body: object, code: int = 200) -> Fault:
	return lambda handler: handler.answer(code, body)


def malformed(handler: Handler) -> None:
	handler.send(200, b'{"data": {"order": {"publicId": "or_', "application/json")


def page(handler: Handler) -> None:
	handler.send(200, b"<!doctype html><title>Maintenance</title>", "text/html")


def silent(handler: Handler) -> None:
	time.sleep(4)
	handler.close_connection = True


def hung_up(handler: Handler) -> None:
	handler.close_connection = True


def too_long(handler: Handler) -> None:
	handler.send(200, b" " * 3_000_000, "application/json")
