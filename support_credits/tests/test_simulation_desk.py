"""The Credit Simulation: its states, who may run it, what its job leaves on the record, and the command."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import tempfile

import frappe
from frappe.utils import get_bench_path

from support_credits.simulation import records
from support_credits.tests.compat import look_again, publish
from support_credits.tests.server import Answer, Portal, agent, manager
from support_credits.tests.simulation_case import FIXTURE, SimulationCase, catalogue
from support_credits.tests.test_commands import BENCH

API = "support_credits.api.simulations."
RESOURCE = "/api/resource/Credit Simulation"


class DeskCase(SimulationCase):
	def new(self, text: str = "", who: Portal | None = None, **more: object) -> Answer:
		wish = self.wish()
		body = {
			"since": str(wish.since),
			"until": str(wish.until),
			"catalogue": text or json.dumps(catalogue()),
			**more,
		}
		return (who or manager()).request("POST", RESOURCE, body)

	def record(self, text: str = "", **more: object) -> str:
		return self.assert_ok(self.new(text, **more)).value["name"]

	def stored(self, name: str) -> frappe._dict:
		look_again()
		return frappe.get_doc(records.DOCTYPE, name)

	def done(self, text: str = "", **more: object) -> str:
		"""One whose button was pressed; its job runs in this process, the suite has no worker."""
		name = self.record(text, **more)
		self.assert_ok(manager().call(f"{API}run", name=name))
		records.run_job(name)
		return name


class TestRecord(DeskCase):
	def test_its_figures_table_and_file_are_on_the_record(self) -> None:
		company = self.company(3)
		self.tickets(company, 2)
		name = self.done()
		doc = self.stored(name)
		self.assertEqual("Done", doc.state, doc.message)
		self.assertGreaterEqual(doc.credits_needed, 2)
		shown = json.loads(doc.first_rows)
		self.assertEqual(["Customer", "Month", "Tickets"], shown[0][:3])
		self.assertEqual(["Total", "", doc.tickets, doc.credits_needed], shown[1][:4])
		file = frappe.get_doc("File", {"file_url": doc.report, "attached_to_name": name})
		self.assertEqual(1, file.is_private)
		with open(file.get_full_path(), newline="", encoding="utf-8-sig") as opened:
			rows = {row[0]: row for row in csv.reader(opened)}
		self.assertEqual(["2", "2", "2"], rows[company.name][2:5])
		self.assertEqual(str(doc.tickets), rows["Total"][2])

	def test_run_again_it_has_one_file(self) -> None:
		name = self.done()
		self.assert_ok(manager().call(f"{API}run", name=name))
		records.run_job(name)
		look_again()
		self.assertEqual(1, frappe.db.count("File", {"attached_to_name": name}))

	def test_other_days_make_it_a_draft_again_and_a_form_posts_no_figures(self) -> None:
		name = self.done()
		path = f"{RESOURCE}/{name}"
		self.assert_ok(manager().request("PUT", path, {"credits_needed": 7_777, "state": "Done"}))
		self.assertNotEqual(7_777, self.stored(name).credits_needed)
		self.assert_ok(manager().request("PUT", path, {"purchases": "None"}))
		doc = self.stored(name)
		self.assertEqual(("Draft", 0, None), (doc.state, doc.credits_needed, doc.first_rows or None))

	def test_a_job_that_comes_late_does_nothing(self) -> None:
		name = self.record()
		records.run_job(name)
		self.assertEqual("Draft", self.stored(name).state)

	def test_a_mistake_is_named_before_anything_is_queued(self) -> None:
		for text, said in (
			("{", "The catalogue is not JSON"),
			("[]", "must hold one JSON object"),
			(json.dumps(catalogue(credits_per_incident=-1)), "tiers[0].credits_per_incident"),
		):
			with self.subTest(said):
				name = self.record(text)
				answer = manager().call(f"{API}run", name=name)
				self.assert_refused(answer, said, "CatalogueRefused")
				self.assertEqual("Draft", self.stored(name).state)

	def test_what_a_catalogue_says_is_shown_as_text(self) -> None:
		data = catalogue()
		data["provider"]["time_zone"] = "<img src=x onerror=alert(1)>"
		answer = manager().call(f"{API}run", name=self.record(json.dumps(data)))
		self.assert_refused(answer, "&lt;img", "CatalogueRefused")
		self.assertNotIn("<img", answer.messages)

	def test_what_broke_the_job_is_said(self) -> None:
		name = self.record()
		self.assert_ok(manager().call(f"{API}run", name=name))
		frappe.db.set_value(records.DOCTYPE, name, "catalogue", "{")
		publish()
		records.run_job(name)
		doc = self.stored(name)
		self.assertEqual("Failed", doc.state)
		self.assertIn("not JSON", doc.message)


class TestWhoMay(DeskCase):
	def test_agents_and_customers_neither_see_nor_run_one(self) -> None:
		name = self.record()
		outsider = Portal(self.company().person)
		for who in (agent(), outsider):
			with self.subTest(who.user):
				self.assertEqual(403, who.call(f"{API}run", name=name).status)
				self.assertEqual(403, who.call(f"{API}loaded_catalogue").status)
				self.assertEqual(403, who.request("GET", f"{RESOURCE}/{name}").status)
				self.assertEqual(403, self.new(who=who).status)

	def test_the_loaded_catalogue_is_what_a_manager_starts_from(self) -> None:
		text = json.dumps(catalogue())
		with self.site_settings(catalogue=text):
			said = self.assert_ok(manager().call(f"{API}loaded_catalogue")).value["catalogue"]
			self.assertEqual(catalogue(), json.loads(said))
		with self.site_settings(catalogue=""):
			answer = manager().call(f"{API}loaded_catalogue")
			self.assert_refused(answer, "No catalogue was loaded", "SupportCreditsError")


class TestCommand(SimulationCase):
	def run_command(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
		wish = self.wish()
		done = subprocess.run(
			[
				*(*BENCH, frappe.local.site, "support-credits", "simulate", "--catalogue", str(FIXTURE)),
				*("--since", str(wish.since), "--until", str(wish.until), *arguments),
			],
			cwd=os.path.join(get_bench_path(), "sites"),
			capture_output=True,
			text=True,
			timeout=300,
			check=False,
		)
		self.assertEqual(status, done.returncode, done.stdout + done.stderr)
		return done

	def test_it_prints_a_table_or_json_and_writes_a_csv(self) -> None:
		company = self.company(0, portal_policy="Park")
		self.tickets(company, 3)
		bought = ("--purchases", "buys", "--pack", "INCIDENT-2")
		said = json.loads(self.run_command(*bought, "--json").stdout)
		[row] = [row for row in said["rows"] if row["customer"] == company.name]
		self.assertEqual(
			(3, 3, 2, {"USD": "658.00"}), (row["needed"], row["charged"], row["packs"], row["revenue"])
		)
		self.assertEqual("INCIDENT-2", said["bought"])
		with tempfile.TemporaryDirectory() as folder:
			path = os.path.join(folder, "rows.csv")
			shown = self.run_command(*bought, "--csv", path).stdout
			with open(path, encoding="utf-8-sig") as file:
				self.assertIn(company.name, file.read())
		self.assertIn(company.name, shown)
		self.assertIn("nothing was written", shown)

	def test_a_pack_that_is_not_there_ends_with_one(self) -> None:
		done = self.run_command("--purchases", "buys", "--pack", "GONE", status=1)
		self.assertIn('"GONE" is not the code of a pack', done.stderr)
		self.assertNotIn("Traceback", done.stderr)
