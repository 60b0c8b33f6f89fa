"""What is on sale. Price per credit and saving are computed from the records, never typed (design rule 1)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from support_credits.engine import tariff
from support_credits.integrations import erpnext
from support_credits.support_credits.doctype import checks


class CreditPack(Document):
	def validate(self) -> None:
		if cint(self.credits) <= 0:
			frappe.throw(_("Credits must be at least 1."))
		if cint(self.validity_months) <= 0:
			frappe.throw(_("Validity must be at least 1 calendar month."))
		checks.whole_numbers(self, {"credits": checks.CREDITS, "validity_months": checks.MONTHS})
		self.price = self.checked_price()
		erpnext.check_item(self)

	def checked_price(self) -> Decimal:
		"""The price as a number that is none of NaN, infinite or below zero; the host would store 0 for text."""
		try:
			price = Decimal(str(self.price or 0))
		except InvalidOperation:
			price = Decimal("NaN")
		if not (price.is_finite() and price >= 0):
			frappe.throw(_("Price must be a number, and not below zero."))
		return price

	@property
	def price_per_credit(self) -> float | None:
		quote = self.quote()
		return float(quote.per_credit) if quote else None

	@property
	def saving_percent(self) -> float | None:
		quote = self.quote()
		return float(quote.saving_percent) if quote else None

	def quote(self) -> tariff.Quote | None:
		"""This pack in the price list with the smallest one on sale: what savings are measured against."""
		if not cint(self.credits) or not self.currency:
			return None
		smallest = smallest_pack(self.currency) or self
		quotes = tariff.price_list([offer_of(smallest), offer_of(self)])
		return next(quote for quote in quotes if quote.offer.code == (self.name or ""))


def offer_of(pack: CreditPack | frappe._dict) -> tariff.Offer:
	return tariff.Offer(pack.name or "", int(pack.credits), Decimal(str(pack.price or 0)), pack.currency)


def smallest_pack(currency: str | None) -> frappe._dict | None:
	"""The pack on sale with the fewest credits in ``currency``: what savings are measured against."""
	packs = frappe.get_all(
		"Credit Pack",
		filters={"on_sale": 1, "currency": currency, "price": [">", 0]},
		fields=["name", "credits", "price", "currency"],
		order_by="credits asc, price asc, name asc",
		limit_page_length=1,
	)
	return packs[0] if packs else None
