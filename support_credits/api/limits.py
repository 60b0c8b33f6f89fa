"""How often an endpoint may be called: the host's own limiter, counting people where they are known.

By address alone a whole office would share one limit.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import frappe
from frappe.rate_limiter import rate_limit

from support_credits.api.hourly import factored

KEY = "sc_caller"
MINUTE, HOUR = 60, 3_600

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def limited(limit: int, seconds: int = MINUTE) -> Callable[[Endpoint], Endpoint]:
	"""At most ``limit`` calls in ``seconds`` by one person, or from one address while nobody is logged in (HTTP 429).

	``support_credits_rate_factor`` in the site's config multiplies every limit.
	"""

	def most() -> int:
		return factored(limit)

	def decorate(endpoint: Endpoint) -> Endpoint:
		counted = rate_limit(key=KEY, limit=most, seconds=seconds, ip_based=False)(endpoint)

		@wraps(endpoint)
		def counting(*args: Any, **kwargs: Any) -> Any:
			if not getattr(frappe.local, "request", None):
				return endpoint(*args, **kwargs)
			guest = frappe.session.user == "Guest"
			caller = frappe.local.request_ip if guest else frappe.session.user
			said = frappe.form_dict.get("cmd")
			# The host counts by this word, which its second API leaves out: the same endpoint would count twice.
			frappe.form_dict.cmd = f"{endpoint.__module__}.{endpoint.__name__}"
			frappe.form_dict[KEY] = caller
			try:
				return counted(*args, **kwargs)
			finally:
				frappe.form_dict.cmd = said
				frappe.form_dict.pop(KEY, None)

		counting.sc_limit = (limit, seconds)  # type: ignore[attr-defined]  # for the description
		return counting  # type: ignore[return-value]

	return decorate
