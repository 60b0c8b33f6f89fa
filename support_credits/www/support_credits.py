"""The public pricing page and its request form. Everything it says comes from the records that charge."""

from __future__ import annotations

import frappe

from support_credits.ledger import clock
from support_credits.offer import form, page

no_cache = 1  # the host would keep it until somebody clears its cache; how long others may is in its headers


def get_context(context: frappe._dict) -> frappe._dict:
	"""The same for everybody, but for a form that was asked for."""
	shown = form.shown()
	context.update(page.context(clock.now()))
	context.form = shown
	context.http_status_code = shown["status"]
	return context
