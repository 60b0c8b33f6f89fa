"""Portuguese is complete: whatever the app says has a translation, with the same values and marks in it."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import frappe
from frappe.translate import get_messages_for_app

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Portal

LANGUAGE = "pt"
APP = Path(frappe.get_app_path("support_credits"))
FILE = APP / "translations" / f"{LANGUAGE}.csv"
BUILT = "public/frontend/"
PAGES = APP.parent / "frontend" / "src"
CALL = re.compile(r"""\b__\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`$]*`)""")
# What a translation has to carry over as it is: values to be put in, markup, addresses.
CARRIED = re.compile(r"\{\w*\}|%s|</?\w+[^>]*>|https?://\S+")


@cache
def messages() -> set[str]:
	"""Every sentence and label: what the host's extractor finds, and the pages that Vite builds, from their source."""
	listed = get_messages_for_app("support_credits")
	# What Vite has built is read from its source below: in the bundle a function may be called "_" by chance.
	# The labels of the desk's own menu are the host's, and other ones in each of its versions.
	listed = [message for message in listed if message[0] != "Navbar:"]
	found = {message[1] for message in listed if message[1] and BUILT not in str(message[0])}
	for file in PAGES.rglob("*"):
		if file.suffix in (".ts", ".vue"):
			found |= {_text(literal) for literal in CALL.findall(file.read_text())}
	found |= desk_texts()
	# Once: the host's extractor passes over files that it has read before.
	return {message for message in found if message.strip()}


def desk_texts() -> set[str]:
	"""What the workspace and its onboarding say, from their records: the host translates it when it is shown, and its
	extractor does not look there.
	"""
	shown = {
		"workspace": ("label", "title", "format"),
		"number_card": ("label",),
		"dashboard_chart": ("chart_name",),
		"module_onboarding": ("title", "subtitle", "success_message"),
		"onboarding_step": ("title", "description", "action_label", "callback_title", "callback_message"),
	}
	found: set[str] = set()
	for kind, fields in shown.items():
		for file in (APP / "support_credits" / kind).glob("*/*.json"):
			record = json.loads(file.read_text(encoding="utf-8"))
			rows = [record, *record.get("links", []), *record.get("shortcuts", [])]
			found |= {row[field] for row in rows for field in fields if row.get(field)}
			# Headings between the blocks are markup; only what they say is translated.
			blocks = json.loads(record.get("content") or "[]") if kind == "workspace" else []
			found |= {
				frappe.utils.strip_html(block["data"]["text"])
				for block in blocks
				if block["type"] == "header"
			}
	return found


def _text(literal: str) -> str:
	return literal[1:-1] if literal.startswith("`") else ast.literal_eval(literal)


def translations() -> dict[str, str]:
	with FILE.open(encoding="utf-8", newline="") as file:
		return {row[0]: row[1] for row in csv.reader(file)}


class TestPortuguese(HttpTestCase):
	def test_every_message_has_a_translation(self) -> None:
		self.assertEqual([], sorted(messages() - set(translations())))

	def test_no_translation_is_of_a_message_that_is_gone(self) -> None:
		self.assertEqual([], sorted(set(translations()) - messages()))

	def test_values_markup_and_addresses_are_carried_over(self) -> None:
		for source, said in translations().items():
			with self.subTest(source):
				self.assertTrue(said.strip())
				self.assertEqual(Counter(CARRIED.findall(source)), Counter(CARRIED.findall(said)))

	def test_most_of_it_is_another_language(self) -> None:
		"""Names and numbers may stay as they are; sentences may not."""
		words = re.compile(r"[A-Za-z]{4,}")
		same = [
			source
			for source, said in translations().items()
			if source == said and len(words.findall(source)) > 2
		]
		self.assertEqual([], same)

	def test_a_customer_with_that_language_is_answered_in_it(self) -> None:
		company = self.company(0)
		frappe.db.set_value("User", company.person.email, "language", LANGUAGE)
		publish()
		portal = Portal(company.person)
		said = self.assert_ok(portal.call("support_credits.api.customer.quote")).value
		self.assertEqual(
			translations()["This ticket needs {needed} credit(s) and your balance is {balance}."].format(
				needed=1, balance=0
			),
			said["message"],
		)
		self.assertEqual(translations()["buy a pack"], said["ways"][0]["label"])

	def test_his_pages_come_with_its_words(self) -> None:
		company = self.company(1)
		frappe.db.set_value("User", company.person.email, "language", LANGUAGE)
		publish()
		page = Portal(company.person).open_page("/helpdesk/credits").text
		self.assertIn('lang="pt"', page)
		self.assertIn(translations()["Balance over time"], page)

	def test_a_guest_reads_the_offer_in_the_language_of_his_browser(self) -> None:
		make.pack()
		# Frappe 16 has languages that it does not translate itself switched off.
		frappe.get_doc("Language", LANGUAGE).update({"enabled": 1}).save()
		publish()
		guest = Portal()
		guest.http.headers["Accept-Language"] = "pt-PT,pt;q=0.9"
		page = guest.open_page("/support-credits").text
		self.assertIn(translations()["Packs of credits"], page)
