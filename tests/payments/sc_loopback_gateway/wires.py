"""Lets what is sent to the real providers' addresses arrive at the provider on loopback, at the level of transport alone."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import frappe
from requests.adapters import HTTPAdapter

SETTING = "sc_loopback_provider"  # site config: the address of the provider on loopback
HOSTS = frozenset(
	(
		"api.stripe.com",
		"api.razorpay.com",
		"api-3t.paypal.com",
		"api-3t.sandbox.paypal.com",
		"securegw.paytm.in",
		"securegw-stage.paytm.in",
	)
)
_send = HTTPAdapter.send


def lay() -> None:
	"""From now on in this process; only for sites that name a provider."""
	if frappe.conf.get(SETTING):
		HTTPAdapter.send = send


def send(adapter: HTTPAdapter, request: object, *args: object, **kwargs: object) -> object:
	found = urlsplit(request.url)
	provider = frappe.conf.get(SETTING) if getattr(frappe.local, "conf", None) else None
	if provider and found.hostname in HOSTS:
		there = urlsplit(provider)
		request.url = urlunsplit((there.scheme, there.netloc, found.path, found.query, ""))
		request.headers["X-Meant-For"] = found.hostname
	return _send(adapter, request, *args, **kwargs)
