"""The app comes to a Helpdesk in use, goes, and comes again; a plain Helpdesk is left each time (issue 2, §5).

Needs a site of its own with Helpdesk and without this app, because no test run can uninstall the app it runs in.
Run it as the bench's user:

    SC_BENCH=~/bench SC_INSTALL_SITE=install.localhost pytest tests/install

Without both variables everything here is skipped. It takes about a minute; the site ends with the app installed.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field

import pytest
from site_process import BENCH, OnSite

SITE = os.environ.get("SC_INSTALL_SITE", "")
pytestmark = pytest.mark.skipif(
	not (BENCH and SITE), reason="SC_BENCH and SC_INSTALL_SITE say where to install"
)
LEFT_BEHIND = (
	"columns", "custom_fields", "property_setters", "permissions", "statuses", "roles", "modules", "doctypes",
	"workspaces", "scripts", "form_scripts", "tables",
)  # fmt: skip

Facts = dict[str, object]
on_site = OnSite(SITE)
bench, inside = on_site.bench, on_site.inside


@dataclass
class Life:
	"""What was seen at each station of the app's life on the site."""

	seen: dict[str, Facts] = field(default_factory=dict)
	said: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def life() -> Life:
	"""Plain Helpdesk with a ticket, install, sell, uninstall, plain ticket, install again, one more ticket."""
	lived = Life()
	seen, said = lived.seen, lived.said
	if inside("facts")["installed"]:
		bench("uninstall-app", "support_credits", "--yes", "--no-backup")
	seen["old ticket"] = inside("ticket", "Older than the app")
	seen["before"] = inside("facts")
	bench("install-app", "support_credits")
	seen["installed"] = inside("facts")
	seen["free ticket"] = inside("ticket", "Before anybody sells")
	seen["history"] = inside("history")
	seen["sold"] = inside("facts")
	said["verify"] = bench("support-credits", "verify", "--json")
	said["uninstall"] = bench("uninstall-app", "support_credits", "--yes", "--no-backup")
	seen["after"] = inside("facts")
	seen["hourly"] = inside("hourly")
	seen["plain ticket"] = inside("ticket", "After the app")
	bench("install-app", "support_credits")
	seen["again"] = inside("facts")
	seen["last ticket"] = inside("ticket", "After the second installation")
	said["verify again"] = bench("support-credits", "verify", "--json")
	return lived


def test_installing_changes_no_existing_ticket(life: Life) -> None:
	assert life.seen["installed"]["tickets"] == life.seen["before"]["tickets"]


def test_installing_charges_nobody_until_somebody_has_an_account(life: Life) -> None:
	assert life.seen["free ticket"]["status"] == "Open"
	assert life.seen["free ticket"]["state"] is None


def test_installing_adds_a_form_script_for_agents_and_two_for_the_portal(life: Life) -> None:
	before, installed = (set(life.seen[when]["form_scripts"]) for when in ("before", "installed"))
	added = {"Support Credits", "Support Credits: ticket in the portal", "Support Credits: new ticket"}
	assert installed - before == added


def test_the_ledger_was_in_use_and_proved_before_it_went(life: Life) -> None:
	assert life.seen["history"]["waiting"]["state"] == "Parked"
	assert json.loads(life.said["verify"])["ok"] is True


def test_uninstalling_leaves_nothing_of_the_app_behind(life: Life) -> None:
	before, after = life.seen["before"], life.seen["after"]
	assert after["installed"] is False
	for what in LEFT_BEHIND:
		assert after[what] == before[what], what


def exported(life: Life) -> list[Facts]:
	"""The rows of the file that uninstalling named."""
	path = re.search(r"written to (\S+\.jsonl\.gz)", life.said["uninstall"])
	assert path, life.said["uninstall"]
	with gzip.open(path[1], "rt", encoding="utf-8") as file:
		return [json.loads(line) for line in file]


def test_uninstalling_writes_every_row_of_the_ledger_to_a_file(life: Life) -> None:
	rows = exported(life)
	assert f"{len(rows)} rows" in life.said["uninstall"]
	counted = Counter(row["doctype"] for row in rows)
	expected = {doctype: count for doctype, count in life.seen["history"]["rows"].items() if count}
	assert {doctype: count for doctype, count in counted.items() if doctype in expected} == expected


def test_the_exported_entries_still_prove_the_ledger(life: Life) -> None:
	rows = exported(life)
	entries = sorted(
		(row for row in rows if row["doctype"] == "Credit Ledger Entry"), key=lambda row: row["seq"]
	)
	accounts = [row for row in rows if row["doctype"] == "Credit Account"]
	assert [row["prev_hash"] for row in entries[1:]] == [row["entry_hash"] for row in entries[:-1]]
	assert [accounts[0]["head_hash"]] == [entries[-1]["entry_hash"]]
	assert sum(row["credits"] for row in entries) == sum(
		row["remaining"] for row in rows if row["doctype"] == "Credit Lot"
	)


def test_uninstalling_reopens_the_tickets_that_waited(life: Life) -> None:
	waited = life.seen["history"]["waiting"]["name"]
	statuses = {row[0]: row[2] for row in life.seen["after"]["tickets"]}
	assert statuses[str(waited)] == "Open"
	assert life.seen["after"]["waiting"] == 0


def test_tickets_on_a_tiers_agreement_go_back_to_the_hosts_and_closed_ones_keep_theirs(life: Life) -> None:
	history, sold, after = life.seen["history"], life.seen["sold"], life.seen["after"]
	ours, unused = history["agreements"]
	assert sold["clocks"][history["open"]][0] == ours
	assert {ours, unused} <= sold["agreements"].keys()
	assert after["agreements"].keys() - life.seen["before"]["agreements"].keys() == {ours}
	assert after["agreements"][ours] == 0
	assert after["clocks"][history["closed"]] == sold["clocks"][history["closed"]]
	for ticket in (history["open"], str(history["waiting"]["name"])):
		agreement, status, due = after["clocks"][ticket]
		assert agreement in life.seen["before"]["agreements"]
		assert (status, due) != (None, "None")


def test_the_hosts_hourly_job_goes_on_after_the_app_is_gone(life: Life) -> None:
	assert life.seen["hourly"].keys() == life.seen["after"]["clocks"].keys()


def test_a_plain_helpdesk_works_after_the_app_is_gone(life: Life) -> None:
	assert life.seen["plain ticket"]["status"] == "Open"
	assert life.seen["plain ticket"]["customer"] == life.seen["old ticket"]["customer"]


def test_installing_again_works_and_starts_an_empty_ledger(life: Life) -> None:
	for what in ("columns", "custom_fields", "permissions", "statuses", "doctypes", "form_scripts", "tables"):
		assert life.seen["again"][what] == life.seen["installed"][what], what
	assert life.seen["last ticket"]["state"] is None
	report = json.loads(life.said["verify again"])
	assert (report["ok"], report["entries"]) == (True, 0)
