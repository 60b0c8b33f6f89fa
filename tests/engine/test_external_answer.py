"""What the shop answers is read as it is, or not at all."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.external_answer import read_order
from support_credits.engine.external_order import Money

RIGHT = {
	"id": "dgm9bnk8-0437xqry-ejpvzeol-jdayw5re",
	"publicId": "or_right123",
	"legacyId": 12345,
	"status": "ACTIVE",
	"frequency": "YEARLY",
	"quantity": 3,
	"amount": {"valueInCents": 88_560, "currency": "EUR"},
	"taxAmount": {"valueInCents": 16_560, "currency": "EUR"},
	"tier": {"id": "hash", "publicId": "ti_1", "legacyId": 7, "slug": "incident"},
	"toAccount": {"slug": "rockstor"},
	"fromAccount": {"slug": "ana", "type": "INDIVIDUAL", "isIncognito": False, "emails": ["ana@example.com"]},
	"transactions": [
		{
			"publicId": name, "kind": kind, "type": type_, "createdAt": "2026-05-31T10:00:05.123Z", "isRefund": refund,
			"isRefunded": False, "isDisputed": False, "isInReview": None,
			"amount": {"valueInCents": 88_560, "currency": "EUR"},
		}
		for name, kind, type_, refund in (
			("tx_1", "CONTRIBUTION", "CREDIT", False), ("tx_2", "CONTRIBUTION", "DEBIT", False),
			("tx_3", "PLATFORM_TIP", "CREDIT", False), ("tx_4", "PAYMENT_PROCESSOR_FEE", "DEBIT", False),
			("tx_5", "CONTRIBUTION", "CREDIT", True),
		)
	],
}  # fmt: skip


def changed(path: str, value: object) -> dict:
	found = copy.deepcopy(RIGHT)
	*places, last = path.split(".")
	target = found
	for place in places:
		target = target[int(place)] if isinstance(target, list) else target[place]
	target[last] = value
	return found


def test_an_answer_is_read_with_its_charges_alone():
	order = read_order(RIGHT)
	assert order.ids == {"dgm9bnk8-0437xqry-ejpvzeol-jdayw5re", "or_right123", "12345"}
	assert order.tiers == {"hash", "ti_1", "7", "incident"}
	assert (order.amount, order.tax_cents, order.quantity) == (Money(88_560, "EUR"), 16_560, 3)
	assert [charge.id for charge in order.charges] == ["tx_1"]
	assert order.emails == ("ana@example.com",)


@pytest.mark.parametrize(
	("path", "value"),
	[
		("taxAmount", None), ("tier", None), ("fromAccount", None), ("fromAccount.emails", None),
		("fromAccount.emails", [None, "no address"]), ("quantity", None), ("legacyId", None), ("id", None),
		("transactions", [None]),
	],
)  # fmt: skip
def test_what_may_be_missing_may_be_missing(path, value):
	assert read_order(changed(path, value)).public_id == "or_right123"


@pytest.mark.parametrize(
	("path", "value"),
	[
		("publicId", None), ("publicId", ""), ("publicId", "or_a/b:c"), ("publicId", 7), ("status", "NEWLY_INVENTED"),
		("status", None), ("frequency", "HOURLY"), ("transactions.0.createdAt", "yesterday"), ("transactions.0.createdAt", "2026-05-31T10:00:00"),
		("quantity", "3"), ("quantity", True), ("quantity", 1.5), ("amount", None), ("amount.valueInCents", "88560"),
		("amount.valueInCents", 885.6), ("amount.valueInCents", 10**14), ("amount.currency", None), ("amount.currency", "<b>"),
		("taxAmount.currency", "USD"), ("taxAmount.valueInCents", -1), ("toAccount", None), ("toAccount.slug", None),
		("transactions", None), ("transactions", "none"), ("transactions.0.publicId", None),
		("transactions.0.publicId", "x/1"), ("transactions.0.isRefunded", "no"), ("transactions.0.createdAt", None),
		("transactions.0.amount", None), ("fromAccount.emails", "ana@example.com"), ("tier", "incident"),
	],
)  # fmt: skip
def test_what_is_not_as_the_schema_says_is_no_answer(path, value):
	with pytest.raises(EngineError, match="is not as the schema says"):
		read_order(changed(path, value))


json_values = st.recursive(
	st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
	lambda inner: st.lists(inner, max_size=3)
	| st.dictionaries(st.sampled_from(sorted(RIGHT)), inner, max_size=5),
	max_leaves=12,
)


def says_schema(found: object) -> bool:
	"""Whether reading it ends in an order, or in the one refusal there is; anything else is raised."""
	try:
		return read_order(found).public_id != ""
	except EngineError as error:
		return "schema" in str(error)


@given(json_values)
def test_whatever_is_answered_nothing_but_a_refusal_to_read_it_comes_out(found):
	assert says_schema(found)


@given(st.sampled_from(sorted(RIGHT)), json_values)
def test_a_right_answer_with_one_field_of_anything_is_read_or_refused(field, value):
	assert says_schema({**RIGHT, field: value})
