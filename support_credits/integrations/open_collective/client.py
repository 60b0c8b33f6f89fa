"""Open Collective's GraphQL API (v2): one question, one order. Read only; the token goes into a header and nowhere else."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

import frappe
import requests

from support_credits.engine.errors import EngineError
from support_credits.engine.external_answer import read_order
from support_credits.engine.external_order import Order
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.order_numbers import Asked
from support_credits.engine.redemption import LONGEST_PAUSE, reset_instant
from support_credits.integrations.open_collective import SETTINGS
from support_credits.integrations.open_collective.errors import (
	CallFailed,
	OrderUnknown,
	RateLimited,
	TokenRefused,
)
from support_credits.ledger import clock
from support_credits.support_credits.doctype.open_collective_settings.open_collective_settings import (
	is_loopback,
	is_safe,
)

CONNECT_SECONDS = 5
WHOLE_SECONDS = 30
MOST_BYTES = 2_000_000
CHUNK = 65_536
NOT_PLAIN = re.compile(r"[^\w. -]")  # what is kept of an error is shown in Desk
QUERY = """\
query Redeem($id: String, $legacyId: Int) {
  order(order: { id: $id, legacyId: $legacyId }) {
    id publicId legacyId status frequency quantity
    amount { valueInCents currency }
    taxAmount { valueInCents currency }
    tier { id publicId legacyId slug }
    toAccount { slug }
    fromAccount { emails }
    transactions {
      publicId kind type createdAt isRefund isRefunded isDisputed isInReview
      amount { valueInCents currency }
    }
  }
}"""


@dataclass(frozen=True)
class Endpoint:
	"""Where and how to ask. ``read_seconds`` is the longest silence between two pieces of an answer."""

	url: str
	token: str
	read_seconds: int = 15

	@classmethod
	def of_site(cls) -> Endpoint:
		settings = frappe.get_cached_doc(SETTINGS)
		token = settings.get_password("token", raise_exception=False) or ""
		return cls(settings.endpoint or "", token, int(settings.timeout or 15))


def fetch(asked: Asked, endpoint: Endpoint | None = None) -> Order:
	"""The order. OrderUnknown where there is none; CallFailed where nothing can be said, for whatever reason."""
	place = endpoint or Endpoint.of_site()
	if not is_safe(place.url):
		raise CallFailed("the endpoint is no https address")
	_wait_for_reset(place)
	status, headers, content = _post(place, {"query": QUERY, "variables": asked.variables})
	_check_status(place, status, headers)
	order = _order(_parsed(content))
	if asked.value not in order.ids:
		raise CallFailed(f"asked for {asked.value}, another order was answered")
	return order


def _post(place: Endpoint, body: Mapping[str, object]) -> tuple[int, Mapping[str, str], bytes]:
	headers = {"Personal-Token": place.token, "Accept": "application/json", "User-Agent": "support_credits"}
	end = time.monotonic() + WHOLE_SECONDS
	with requests.Session() as http:
		# Nothing that an environment has for other hosts: no proxy on the way to this machine, no .netrc.
		http.trust_env = not is_loopback(urlsplit(place.url).hostname or "")
		http.auth = _no_auth
		try:
			with http.post(
				place.url,
				json=body,
				headers=headers,
				timeout=(CONNECT_SECONDS, place.read_seconds),
				allow_redirects=False,
				stream=True,
			) as answer:
				return answer.status_code, answer.headers, _content(answer, end)
		except (requests.RequestException, OSError) as error:
			# Its text may hold the address, never the header.
			raise CallFailed(f"no answer: {type(error).__name__}") from error


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
	return request


def _content(answer: requests.Response, end: float) -> bytes:
	content = bytearray()
	for chunk in answer.iter_content(CHUNK):
		content += chunk
		if len(content) > MOST_BYTES:
			raise CallFailed("the answer is too long")
		if time.monotonic() > end:
			raise CallFailed("the answer takes too long")
	return bytes(content)


def _check_status(place: Endpoint, status: int, headers: Mapping[str, str]) -> None:
	reset = reset_instant(headers, clock.now())
	if status == 429:
		_note_reset(place, reset)
		raise RateLimited("too many calls (HTTP 429)", reset)
	if status in (401, 403):
		raise TokenRefused(f"the token was refused (HTTP {status})", reset)
	# GraphQL errors come with 200 or 400; anything else comes from something on the way.
	if status not in (200, 400, 404):
		raise CallFailed(f"HTTP {status}", reset)


def _parsed(content: bytes) -> Mapping[str, object]:
	try:
		found = json.loads(content)
	except (ValueError, RecursionError) as error:
		raise CallFailed("the answer is no JSON") from error
	if not isinstance(found, dict):
		raise CallFailed("the answer is no GraphQL answer")
	return found


def _order(answer: Mapping[str, object]) -> Order:
	errors = answer.get("errors")
	if errors:
		_raise_errors(errors)
	data = answer.get("data")
	if not isinstance(data, dict) or "order" not in data:
		raise CallFailed("the answer is no GraphQL answer")
	if data["order"] is None:
		raise OrderUnknown
	try:
		return read_order(data["order"])
	except EngineError as error:
		raise CallFailed(str(error)) from error


def _raise_errors(errors: object) -> None:
	"""One error that says anything else than "not found" is a failure: half an answer proves nothing."""
	listed = errors if isinstance(errors, list) else [errors]
	codes = [_code(one) for one in listed]
	if set(codes) == {"NotFound"}:
		raise OrderUnknown
	said = ", ".join(sorted(set(codes)))[:100]
	if set(codes) & {"Unauthorized", "Forbidden", "UNAUTHENTICATED", "FORBIDDEN"}:
		raise TokenRefused(f"the token was refused ({said})")
	raise CallFailed(f"GraphQL error: {said}")


def _code(error: object) -> str:
	if not isinstance(error, dict):
		return "?"
	extensions = error.get("extensions")
	code = extensions.get("code") if isinstance(extensions, dict) else None
	if code is None and error.get("message") == "Order Not Found":
		return "NotFound"
	return NOT_PLAIN.sub("?", str(code or "?"))


# The reset that was asked for holds for every call of the site


def _reset_key(place: Endpoint) -> str:
	return frappe.cache.make_key(f"sc_oc_reset:{sha256(place.url.encode()).hexdigest()[:16]}")


def _note_reset(place: Endpoint, reset: datetime | None) -> None:
	if reset is None:
		return
	seconds = min((reset - clock.now()).total_seconds(), LONGEST_PAUSE.total_seconds())
	if seconds > 0:
		frappe.cache.set(_reset_key(place), stamp_text(reset), ex=int(seconds) + 1)


def _wait_for_reset(place: Endpoint) -> None:
	found = frappe.cache.get(_reset_key(place))
	reset = parse_stamp(found.decode()) if found else None
	if reset and reset > clock.now():
		raise RateLimited("waiting until calls are taken again", reset)
