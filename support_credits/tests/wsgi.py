"""The host's application as the tests' server runs it: each request sees the site's configuration as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from frappe.app import application as host

from support_credits.tests.compat import forget_mail_account, forget_site_config


def application(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
	forget_site_config()
	forget_mail_account()
	return host(environ, start_response)
