"""How orders of Open Collective are looked up and what they bring. Off until it is switched on."""

from __future__ import annotations

import re
import secrets
from decimal import Decimal
from ipaddress import ip_address
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.support_credits.doctype import checks

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
TIER = re.compile(r"[A-Za-z0-9_-]{1,100}")
WEBHOOK = "/api/method/support_credits.api.external_orders.hint/"
TOKEN_BYTES = 24


class OpenCollectiveSettings(Document):
	def validate(self) -> None:
		checks.whole_numbers(self, {"timeout": (1, 60), "age_days": checks.DAYS})
		self.validate_endpoint()
		self.validate_collective()
		self.validate_tiers()
		self.webhook_token = self.webhook_token or secrets.token_urlsafe(TOKEN_BYTES)
		if self.enabled:
			self.validate_complete()

	@property
	def webhook_url(self) -> str:
		return frappe.utils.get_url(WEBHOOK + self.webhook_token) if self.webhook_token else ""

	def validate_endpoint(self) -> None:
		"""The token goes there: encrypted, or not off this machine."""
		if self.endpoint and not is_safe(self.endpoint):
			frappe.throw(_("The endpoint must be an https address: the token is sent to it."))

	def validate_collective(self) -> None:
		self.collective = (self.collective or "").strip()
		if self.collective and not SLUG.fullmatch(self.collective):
			frappe.throw(_("The collective is named by its slug, for example the-rockstor-project."))

	def validate_tiers(self) -> None:
		seen: set[str] = set()
		for row in self.tiers:
			row.tier = (row.tier or "").strip()
			if not TIER.fullmatch(row.tier):
				frappe.throw(_("Row {0}: a tier is named by its slug or its id.").format(row.idx))
			if row.tier.lower() in seen:
				frappe.throw(_("Row {0}: tier {1} is named twice.").format(row.idx, row.tier))
			seen.add(row.tier.lower())
			if Decimal(str(frappe.db.get_value("Credit Pack", row.pack, "price") or 0)) <= 0:
				frappe.throw(
					_("Row {0}: pack {1} has no price. Every order would pay for it.").format(
						row.idx, row.pack
					)
				)

	def validate_complete(self) -> None:
		for field in ("endpoint", "collective", "token", "tiers"):
			if not self.get(field):
				frappe.throw(
					_("{0} is missing: without it no order can be looked up.").format(
						_(self.meta.get_label(field))
					)
				)


def is_safe(url: str) -> bool:
	"""Whether a token may be sent there: over https, or to this machine."""
	try:
		parts = urlsplit(url)
		host = parts.hostname or ""
	except ValueError:
		return False
	if not host or parts.username or parts.password:
		return False
	return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
	try:
		return host == "localhost" or ip_address(host).is_loopback
	except ValueError:
		return False
