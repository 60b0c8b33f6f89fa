"""What Open Collective sends when something happens: unsigned, once, and from anybody. A hint that an order is worth a look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hmac import compare_digest

import frappe

from support_credits.engine.errors import EngineError
from support_credits.engine.order_numbers import asked_for
from support_credits.engine.redemption import State
from support_credits.integrations.open_collective import SETTINGS, is_enabled, throttle
from support_credits.ledger import external_orders as records

MOST_BYTES = 65_536
NAMES = ("publicId", "idV2")


def take(token: str, content: bytes) -> None:
	"""Have the order looked at, if it is one that brought credits here or waits. Never says whether it did."""
	if not is_enabled() or not _is_ours(token) or len(content) > MOST_BYTES or not throttle.count_hint():
		return
	for number in _orders_in(content):
		_enqueue(number)


def _is_ours(token: str) -> bool:
	own = frappe.get_cached_doc(SETTINGS).webhook_token or ""
	return bool(own) and compare_digest(token.encode(), own.encode())


def _orders_in(content: bytes) -> list[str]:
	"""The order ids of a payload, wherever they stand in it; of what is no payload, none."""
	try:
		payload = json.loads(content)
	except (ValueError, RecursionError):
		return []
	data = payload.get("data") if isinstance(payload, Mapping) else None
	places = [data, data.get("order")] if isinstance(data, Mapping) else []
	said = [place.get(name) for place in places if isinstance(place, Mapping) for name in NAMES]
	return list(dict.fromkeys(number for number in map(_number, said) if number))


def _number(said: object) -> str:
	try:
		return asked_for(said).value if isinstance(said, str) else ""
	except EngineError:
		return ""


def _enqueue(number: str) -> None:
	"""Only for orders that are known here: for any other there is nobody to grant to."""
	job = "support_credits.integrations.open_collective.jobs."
	try:
		for order_id in _known(number):
			frappe.enqueue(
				f"{job}look_again_at",
				queue="long",
				job_id=f"sc-oc-{order_id}",
				deduplicate=True,
				order_id=order_id,
			)
		if frappe.db.exists(records.DOCTYPE, {"number": number, "state": State.PENDING.value}):
			frappe.enqueue(
				f"{job}try_number",
				queue="long",
				job_id=f"sc-oc-try-{number}",
				deduplicate=True,
				number=number,
			)
	except Exception:
		# No queue: the daily look finds the same.
		frappe.logger("support_credits").warning("Open Collective: a hint could not be queued")


def _known(number: str) -> list[str]:
	states = ["in", [State.GRANTED.value, State.FROZEN.value]]
	by_id = frappe.get_all(records.DOCTYPE, {"order_id": number, "state": states}, pluck="order_id", limit=1)
	asked = {"number": number, "state": states, "order_id": ["is", "set"]}
	return by_id or frappe.get_all(records.DOCTYPE, asked, pluck="order_id", limit=1)
