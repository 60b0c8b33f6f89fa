"""Where the link in a mail about extra credits leads: to accept or to decline them, without a login. Loading it does nothing:
only its form does, so that a program that follows links answers nothing.
"""

from __future__ import annotations

import frappe

from support_credits.offer import caching
from support_credits.portal_proposal import shown

no_cache = 1
no_sitemap = 1


def get_context(context: frappe._dict) -> frappe._dict:
	caching.mark(caching.PRIVATE)
	context.update(shown())
	context.http_status_code = context.status
	return context
