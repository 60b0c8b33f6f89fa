"""The workspace leads to everything there is, shows all of it to managers, and its onboarding knows what is done."""

from __future__ import annotations

import json

import frappe
from frappe.desk.desktop import Workspace, get_desktop_page

from support_credits import onboarding
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.ledger_case import LedgerCase
from support_credits.tests.server import Portal

NAME = MODULE = "Support Credits"
PAGE = json.dumps({"name": NAME, "title": NAME, "public": 1})


class TestWorkspace(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		self.doc = frappe.get_doc("Workspace", NAME)
		frappe.cache.delete_keys("user_perm_can_read")

	def linked(self, kind: str) -> list[str]:
		return [link.link_to for link in self.doc.links if link.type == "Link" and link.link_type == kind]

	def test_every_record_of_ours_is_linked_once(self) -> None:
		ours = frappe.get_all("DocType", {"module": MODULE, "istable": 0}, pluck="name")
		self.assertEqual(sorted(ours), sorted(self.linked("DocType")))

	def test_every_report_and_page_of_ours_is_linked_once(self) -> None:
		for kind in ("Report", "Page"):
			ours = frappe.get_all(kind, {"module": MODULE}, pluck="name")
			self.assertEqual(sorted(ours), sorted(self.linked(kind)))

	def test_every_block_of_the_page_is_there(self) -> None:
		named = {
			"number_card": ("number_card_name", {row.label for row in self.doc.number_cards}),
			"chart": ("chart_name", {row.label for row in self.doc.charts}),
			"shortcut": ("shortcut_name", {row.label for row in self.doc.shortcuts}),
			"card": ("card_name", {row.label for row in self.doc.links if row.type == "Card Break"}),
			"onboarding": ("onboarding_name", {onboarding.ONBOARDING}),
		}
		blocks = json.loads(self.doc.content)
		for kind, (field, known) in named.items():
			with self.subTest(kind):
				shown = [block["data"][field] for block in blocks if block["type"] == kind]
				self.assertEqual(sorted(known), sorted(shown))
		self.assertEqual(len(blocks), len({block["id"] for block in blocks}))

	def test_a_manager_sees_all_of_it(self) -> None:
		cards = len([row for row in self.doc.links if row.type == "Card Break"])
		with make.acting_as(make.agent_manager()):
			shown = get_desktop_page(PAGE)
		self.assertEqual(len(self.doc.number_cards), len(shown["number_cards"]["items"]))
		self.assertEqual(len(self.doc.charts), len(shown["charts"]["items"]))
		self.assertEqual(len(self.doc.shortcuts), len(shown["shortcuts"]["items"]))
		self.assertEqual(cards, len(shown["cards"]["items"]))
		links = {link["link_to"] for card in shown["cards"]["items"] for link in card["links"]}
		self.assertLessEqual({"Credit Ledger Entry", "Credit Lot", "Credit Job", "Ledger Finding"}, links)

	def test_an_agent_who_manages_nothing_does_not(self) -> None:
		with make.acting_as(make.agent()):
			self.assertFalse(Workspace({"name": NAME, "title": NAME, "public": 1}, True).is_permitted())


class TestOnboarding(HttpTestCase):
	STEPS = onboarding.STEPS

	def setUp(self) -> None:
		super().setUp()
		self.reset(0)
		self.addCleanup(self.reset, 1)

	def reset(self, complete: int) -> None:
		frappe.db.rollback()
		frappe.db.set_value("Module Onboarding", onboarding.ONBOARDING, "is_complete", complete)
		for step in self.STEPS:
			frappe.db.set_value("Onboarding Step", step, {"is_complete": 0, "is_skipped": 0})
		publish()

	def done(self) -> set[str]:
		filters = {"name": ["in", list(self.STEPS)], "is_complete": 1}
		return set(frappe.get_all("Onboarding Step", filters, pluck="name"))

	def test_the_steps_that_the_app_knows_are_the_onboardings_in_order(self) -> None:
		doc = frappe.get_doc("Module Onboarding", onboarding.ONBOARDING)
		self.assertEqual(list(self.STEPS), [row.step for row in doc.steps])
		self.assertEqual(set(onboarding._facts()), set(onboarding._facts()) & set(self.STEPS))

	def test_what_is_there_is_done_whoever_made_it_and_what_is_not_is_not(self) -> None:
		company = make.company(1)
		make.ticket(company.person)
		with make.settings(time_zone="Europe/Lisbon", currency="EUR", catalogue_name=None):
			frappe.db.set_value(
				"Onboarding Step", "Load a Catalogue", "is_complete", 1
			)  # clicked, nothing loaded
			self.assertTrue(onboarding.follow())
			self.assertEqual({"Say Who You Are", "Give a Customer Credits", "Open a Ticket"}, self.done())
			self.assertFalse(onboarding.follow())

	def test_a_step_that_was_skipped_stays_skipped(self) -> None:
		frappe.db.set_value("Onboarding Step", "Say Who You Are", "is_skipped", 1)
		with make.settings(time_zone="Europe/Lisbon", currency="EUR"):
			onboarding.follow()
		self.assertNotIn("Say Who You Are", self.done())

	def test_a_manager_who_opens_the_desk_has_it_marked_and_an_agent_has_not(self) -> None:
		agent = make.agent()
		self.company(1)
		Portal(agent).open_page("/app")
		frappe.db.rollback()
		self.assertEqual(set(), self.done())
		boss = make.agent_manager()
		publish()
		Portal(boss).open_page("/app")
		frappe.db.rollback()
		self.assertIn("Give a Customer Credits", self.done())

	def test_once_all_is_done_nothing_is_asked_any_more(self) -> None:
		self.reset(1)
		self.assertFalse(onboarding.follow())
		self.assertEqual(set(), self.done())
