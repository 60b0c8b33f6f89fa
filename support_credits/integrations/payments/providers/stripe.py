"""Stripe: the app's Charge is not kept in its request, so that the account's charges of that time are read.

The order is named in the charge's description, which the page posts as we gave it. The secret key is the chosen gateway's:
what another account, or test keys, took is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from support_credits.integrations.payments.asking import from_hundredths, get
from support_credits.integrations.payments.shapes import Charge, Request

if TYPE_CHECKING:
	from frappe.model.document import Document

ADDRESS = "https://api.stripe.com/v1/charges"
BEFORE = timedelta(minutes=10)  # clocks differ; the request is logged just before the charge is made
AFTER = BEFORE + timedelta(hours=1)  # the host's times do not tell the hour that autumn repeats
PAGE = 100
PAGES = 20


def charges(controller: Document, order: str, request: Request) -> list[Charge]:
	named = re.compile(rf"(?<![\w-]){re.escape(order)}(?![\w-])")
	return [
		Charge("Stripe", one["id"], from_hundredths(one["amount"]), str(one["currency"]).upper())
		for one in _made_around(controller.get_password("secret_key"), request)
		if named.search(one.get("description") or "") and _is_taken(one)
	]


def _made_around(secret: str, request: Request) -> Iterator[dict]:
	first, last = request.created_at - BEFORE, request.created_at + AFTER
	within = {"created[gte]": int(first.timestamp()), "created[lte]": int(last.timestamp()), "limit": PAGE}
	after: dict[str, object] = {}
	for _page in range(PAGES):
		page = get(ADDRESS, (secret, ""), **within, **after)
		yield from page["data"]
		if not page.get("has_more") or not page["data"]:
			return
		after = {"starting_after": page["data"][-1]["id"]}


def _is_taken(charge: dict) -> bool:
	return bool(
		charge.get("paid")
		and charge.get("captured")
		and not charge.get("amount_refunded")
		and not charge.get("disputed")
	)
