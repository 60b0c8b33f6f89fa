"""Open Collective: orders paid there bring credits here. Off, and silent, until *Open Collective Settings* are switched on.

``client`` asks, ``redemption`` settles what was asked for, ``recheck`` looks at it again, ``webhook`` and ``mail`` are hints.
"""

from __future__ import annotations

import frappe

SETTINGS = "Open Collective Settings"


def is_enabled() -> bool:
	"""From the cache: asked for every mail."""
	return bool(frappe.get_cached_doc(SETTINGS).enabled)
