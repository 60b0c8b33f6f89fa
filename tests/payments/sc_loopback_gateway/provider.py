"""Payment providers on loopback: a real HTTP server that speaks what controllers ask of the real ones.

It keeps the money: what it took, and for what. A test is its customer and, where it wants, its attacker.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import requests

from sc_loopback_gateway import speech

SECRET = "loopback-secret"


class Provider:
	"""``takings`` are its payments; ``notify`` is how it calls the site back."""

	def __init__(self, site: str, site_url: str) -> None:
		self.site, self.site_url = site, site_url
		self.checkouts: dict[str, dict] = {}
		self.takings: list[dict] = []
		self.is_down = False
		self._count = itertools.count(1)
		self._lock = threading.Lock()
		handler = type("Bound", (Handler,), {"provider": self})
		self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
		self.url = f"http://127.0.0.1:{self.server.server_port}"
		threading.Thread(target=self.server.serve_forever, daemon=True).start()

	def stop(self) -> None:
		self.server.shutdown()
		self.server.server_close()

	def new_id(self, prefix: str) -> str:
		with self._lock:
			return f"{prefix}{self.server.server_port}x{next(self._count)}"

	def take(self, kind: str, prefix: str, **facts: object) -> dict:
		"""Money came in; what is known of it is what later answers say."""
		payment = {"kind": kind, "id": self.new_id(prefix), **facts}
		self.takings.append(payment)
		return payment

	def find(self, kind: str, **facts: object) -> list[dict]:
		wanted = {"kind": kind, **facts}.items()
		return [one for one in self.takings if wanted <= {k: _plain(v) for k, v in one.items()}.items()]

	# The provider of Loopback Settings

	def pay(
		self, url: str, amount: object = None, currency: str | None = None, status: str = "taken"
	) -> dict:
		"""The payer at the checkout's page; another amount is what a dishonest one gets it to take."""
		checkout = self.checkouts[url.rsplit("/", 1)[1]]
		return self.take(
			"Loopback",
			"lp_",
			amount=str(checkout["amount"] if amount is None else amount),
			currency=currency or checkout["currency"],
			reference=checkout["reference"],
			status=status,
		)

	def event(self, payment: dict, **other: str) -> dict[str, str]:
		"""A signed callback about a payment."""
		event = json.dumps({"reference": payment["reference"], "status": payment["status"], **other})
		return {
			"event": event,
			"signature": hmac.new(SECRET.encode(), event.encode(), hashlib.sha256).hexdigest(),
		}

	def notify(self, event: dict[str, str]) -> requests.Response:
		return requests.post(
			f"{self.site_url}/api/method/sc_loopback_gateway.loopback_gateway.doctype.loopback_settings"
			".loopback_settings.notify",
			json=event,
			headers={"X-Frappe-Site-Name": self.site, "Accept": "application/json"},
			timeout=120,
		)

	def notify_at_once(self, *events: dict[str, str]) -> list[int]:
		"""Deliver all of them at the same instant; returns their statuses."""
		start = threading.Barrier(len(events))

		def deliver(event: dict[str, str]) -> int:
			start.wait()
			return self.notify(event).status_code

		with ThreadPoolExecutor(len(events)) as pool:
			return list(pool.map(deliver, events))


def _plain(value: object) -> object:
	return json.dumps(value) if isinstance(value, dict | list) else value


class Handler(BaseHTTPRequestHandler):
	provider: Provider

	def do_GET(self) -> None:
		self._answer("GET", b"")

	def do_POST(self) -> None:
		self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

	def _answer(self, method: str, body: bytes) -> None:
		found = urlsplit(self.path)
		query = {name: values[0] for name, values in parse_qs(found.query).items()}
		if self.provider.is_down:
			status, kind, text = 503, "text/plain", "down"
		else:
			status, kind, text = speech.answer(
				self.provider, method, found.path, query, body.decode(), self.headers
			)
		self.send_response(status)
		self.send_header("Content-Type", kind)
		self.send_header("Content-Length", str(len(text.encode())))
		self.end_headers()
		self.wfile.write(text.encode())

	def log_message(self, *_args: object) -> None:
		"""The test's output is the test's."""
