"""Open Collective Settings: off until they are whole, a token that goes nowhere unencrypted, packs that have a price."""

from __future__ import annotations

import frappe

from support_credits.integrations.open_collective import is_enabled
from support_credits.support_credits.doctype.open_collective_settings.open_collective_settings import is_safe
from support_credits.tests import factories as make
from support_credits.tests.oc_case import SETTINGS
from support_credits.tests.test_doctypes import LedgerCase


class TestSettings(LedgerCase):
	def refused(self, said: str, **fields: object) -> None:
		doc = frappe.get_doc(SETTINGS)
		right = {
			"enabled": 1,
			"endpoint": "https://api.example.com/v2",
			"collective": "us",
			"token": "secret",
		}
		tiers = fields.pop("tiers", [{"tier": "incident", "pack": make.pack(price=240)}])
		doc.update({**right, **fields}).set("tiers", tiers)
		with self.assertRaises(frappe.ValidationError) as caught:
			doc.save()
		self.assert_says(caught.exception, said)

	def test_it_is_off_on_a_new_site(self) -> None:
		self.assertEqual("0", frappe.get_meta(SETTINGS).get_field("enabled").default)
		self.assertFalse(is_enabled())

	def test_it_cannot_be_switched_on_by_halves(self) -> None:
		self.refused("Endpoint is missing", endpoint="")
		self.refused("Collective is missing", collective="")
		self.refused("Personal Token is missing", token="")
		self.refused("Tiers is missing", tiers=[])

	def test_the_token_is_sent_over_https_or_to_this_machine_only(self) -> None:
		self.refused("must be an https address", endpoint="http://api.example.com/v2")
		for url in (
			"https://api.opencollective.com/graphql/v2",
			"http://127.0.0.1:8000/",
			"http://localhost/",
			"http://[::1]/",
		):
			self.assertTrue(is_safe(url), url)
		for url in (
			"http://127.0.0.1.example.com/", "http://localhost.example.com/", "https://", "https://a:b@example.com/", "file:///x",
			"http://0.0.0.0/", "http://10.0.0.1/", "javascript:1", "http://[::1", "",
		):  # fmt: skip
			self.assertFalse(is_safe(url), url)

	def test_tiers_are_named_once_and_bring_packs_that_have_a_price(self) -> None:
		pack, free = make.pack(price=240), make.pack(price=0)
		self.refused("has no price", tiers=[{"tier": "a", "pack": free}])
		self.refused("is named twice", tiers=[{"tier": "a", "pack": pack}, {"tier": "A ", "pack": pack}])
		self.refused("named by its slug or its id", tiers=[{"tier": "a b", "pack": pack}])
		self.refused("named by its slug", collective="https://opencollective.com/us")
		self.refused("must be a whole number", timeout=0)
		self.refused("must be a whole number", age_days=-1)

	def test_the_webhooks_token_is_made_once_and_the_token_is_kept_encrypted(self) -> None:
		doc = frappe.get_doc(SETTINGS)
		doc.update({"token": "very-secret-token"}).save()
		self.assertGreater(len(doc.webhook_token), 30)
		made = doc.webhook_token
		self.assertIn(f"external_orders.hint/{made}", doc.webhook_url)
		doc.save()
		self.assertEqual(made, frappe.get_doc(SETTINGS).webhook_token)
		stored = frappe.db.get_singles_dict(SETTINGS)["token"]
		self.assertNotIn("very-secret", stored)
		self.assertEqual("very-secret-token", frappe.get_doc(SETTINGS).get_password("token"))
