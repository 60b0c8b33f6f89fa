"""What each provider answers, in its own words: only what the payments app and support_credits ask."""

from __future__ import annotations

import base64
import json
import time
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

if TYPE_CHECKING:
	from sc_loopback_gateway.provider import Provider

Said = tuple[int, str, str]
JSON, FORM = "application/json", "text/plain; charset=utf-8"
STRIPE_SECRET, RAZORPAY_KEY, RAZORPAY_SECRET = "sk_live_loopback", "rzp_live_loopback", "razorpay-secret"
PAYPAL_USER, PAYTM_MERCHANT, PAYTM_KEY = "paypal-user", "LOOPBACKMID", "merchantkey12345"


def answer(provider: Provider, method: str, path: str, query: dict, body: str, headers: Message) -> Said:
	meant = headers.get("X-Meant-For") or "loopback"
	if meant == "api.stripe.com":
		return _stripe(provider, method, query, body, headers)
	if meant == "api.razorpay.com":
		return _razorpay(provider, method, path, headers)
	if meant == "api-3t.paypal.com":
		return _paypal(provider, body)
	if meant == "securegw.paytm.in":
		return _paytm(provider, body)
	return _loopback(provider, method, path, query, body, headers)


def said(value: object, status: int = 200) -> Said:
	return status, JSON, json.dumps(value)


def user_of(headers: Message) -> tuple[str, str]:
	scheme, _space, token = (headers.get("Authorization") or "").partition(" ")
	if scheme == "Bearer":
		return token, ""
	user, _colon, password = base64.b64decode(token or "Og==").decode().partition(":")
	return user, password


def _loopback(provider: Provider, method: str, path: str, query: dict, body: str, headers: Message) -> Said:
	if headers.get("X-Secret") != "loopback-secret":
		return said({"error": "who are you"}, 401)
	if method == "POST" and path == "/loopback/checkouts":
		number = provider.new_id("co_")
		provider.checkouts[number] = json.loads(body)
		return said({"url": f"{provider.url}/pay/{number}"})
	if path == "/loopback/payments":
		return said(provider.find("Loopback", reference=query["reference"]))
	return said({"error": "no such thing"}, 404)


def _stripe(provider: Provider, method: str, query: dict, body: str, headers: Message) -> Said:
	key, _password = user_of(headers)
	if method == "POST":
		form = {name: values[0] for name, values in parse_qs(body).items()}
		if form["source"] != "tok_visa":
			return said(
				{"error": {"type": "card_error", "message": "declined", "code": "card_declined"}}, 402
			)
		charge = provider.take(
			"stripe",
			"ch_",
			object="charge",
			account=key,
			amount=int(form["amount"]),
			currency=form["currency"].lower(),
			description=form.get("description"),
			created=int(time.time()),
			paid=True,
			captured=True,
			amount_refunded=0,
			disputed=False,
		)
		return said(charge)
	if key != STRIPE_SECRET:
		return said({"error": {"message": "Invalid API Key"}}, 401)
	within = range(int(query.get("created[gte]", 0)), int(query.get("created[lte]", 2**40)) + 1)
	found = [one for one in provider.find("stripe", account=key) if one["created"] in within][::-1]
	after = query.get("starting_after")
	start = [one["id"] for one in found].index(after) + 1 if after else 0
	page = found[start : start + int(query.get("limit", 10))]
	return said({"object": "list", "data": page, "has_more": start + len(page) < len(found)})


def _razorpay(provider: Provider, method: str, path: str, headers: Message) -> Said:
	if user_of(headers) != (RAZORPAY_KEY, RAZORPAY_SECRET):
		return said({"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}, 401)
	name = path.removeprefix("/v1/payments").strip("/").removesuffix("/capture")
	if not name:
		return said({"entity": "collection", "items": []})
	found = provider.find("razorpay", id=name)
	if not found:
		return said({"error": {"description": "The id provided does not exist"}}, 400)
	if method == "POST":
		found[0].update(status="captured", captured=True)
	return said(found[0])


def _paypal(provider: Provider, body: str) -> Said:
	asked = {name: values[0] for name, values in parse_qs(body).items()}
	if asked.get("USER") != PAYPAL_USER:
		return 200, FORM, urlencode({"ACK": "Failure", "L_ERRORCODE0": "10002"})
	spoken = PAYPAL[asked["METHOD"]](provider, asked)
	return 200, FORM, urlencode({"ACK": "Success", "CORRELATIONID": "c1", **spoken})


def _set_checkout(provider: Provider, asked: dict) -> dict:
	token = provider.new_id("EC-")
	provider.checkouts[token] = asked
	return {"TOKEN": token}


def _checkout_details(provider: Provider, asked: dict) -> dict:
	token = asked["TOKEN"]
	if token not in provider.checkouts:
		return {"ACK": "Failure", "L_ERRORCODE0": "10410"}
	spoken = {"TOKEN": token, "PAYERID": "P1", "EMAIL": "payer@example.com"}
	done = provider.find("paypal", token=token)
	if not done:
		return {**spoken, "CHECKOUTSTATUS": "PaymentActionNotInitiated"}
	return {
		**spoken,
		"CHECKOUTSTATUS": "PaymentActionCompleted",
		"PAYMENTREQUESTINFO_0_TRANSACTIONID": done[0]["id"],
	}


def _do_checkout(provider: Provider, asked: dict) -> dict:
	done = provider.find("paypal", token=asked["TOKEN"])
	payment = done[0] if done else None
	if not payment:
		payment = provider.take(
			"paypal",
			"TX",
			token=asked["TOKEN"],
			amount=asked["PAYMENTREQUEST_0_AMT"],
			currency=asked["PAYMENTREQUEST_0_CURRENCYCODE"],
			status="Completed",
		)
	return {"PAYMENTINFO_0_TRANSACTIONID": payment["id"]}


def _transaction(provider: Provider, asked: dict) -> dict:
	found = provider.find("paypal", id=asked["TRANSACTIONID"])
	if not found:
		return {"ACK": "Failure", "L_ERRORCODE0": "10004"}
	return {
		"TRANSACTIONID": found[0]["id"],
		"PAYMENTSTATUS": found[0]["status"],
		"AMT": found[0]["amount"],
		"CURRENCYCODE": found[0]["currency"],
	}


PAYPAL = {
	"GetPalDetails": lambda _provider, _asked: {},
	"SetExpressCheckout": _set_checkout,
	"GetExpressCheckoutDetails": _checkout_details,
	"DoExpressCheckoutPayment": _do_checkout,
	"GetTransactionDetails": _transaction,
}


def _paytm(provider: Provider, body: str) -> Said:
	from paytmchecksum import verifySignature

	asked = json.loads(body)
	checksum = asked.pop("CHECKSUMHASH")
	if not verifySignature(asked, PAYTM_KEY, checksum):
		return said({"STATUS": "TXN_FAILURE", "RESPCODE": "330"})
	found = provider.find("paytm", order=asked["ORDERID"])
	if not found:
		return said({"STATUS": "TXN_FAILURE", "RESPCODE": "334", "ORDERID": asked["ORDERID"]})
	return said(
		{
			"TXNID": found[0]["id"],
			"ORDERID": asked["ORDERID"],
			"TXNAMOUNT": found[0]["amount"],
			"STATUS": found[0]["status"],
			"MID": PAYTM_MERCHANT,
			"REFUNDAMT": found[0]["refunded"],
		}
	)
