"""The offer may be kept for a minute by whoever passes it on: it is the same for all, in each language."""

from __future__ import annotations

import frappe
from werkzeug.wrappers import Request, Response

MAX_AGE_SECONDS = 60
# The language comes from the visitor's browser, from his own choice in a cookie, or from his login's.
VARY = "Accept-Language, Cookie"


PUBLIC, PRIVATE = "public", "private"


def mark(kept: str) -> None:
	"""Whether the page that is being made holds nothing of the visitor's, or a form with what he has written."""
	frappe.flags.sc_offer_page = kept  # the rest of frappe.local outlives a request whose end fails


def set_headers(response: Response, request: Request) -> None:
	"""Headers of a page that was marked. The host sets none on pages, and its session's cookie on every one."""
	kept = frappe.flags.sc_offer_page
	if not kept or response is None:
		return
	if kept == PRIVATE or response.status_code != 200:
		response.headers["Cache-Control"] = "private, no-store"
		return
	# What somebody else may be served holds nobody's session, and ends nobody's either.
	frappe.local.cookie_manager.cookies.clear()
	frappe.local.cookie_manager.to_delete.clear()
	response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
	response.headers["Vary"] = VARY
	response.add_etag()
	response.make_conditional(request)
