"""A site in use under an earlier version gets this one by ``bench migrate``: nothing is lost, all is proved, work goes on.

Needs a site of its own with Helpdesk and without this app, and the sources of the earlier version in a folder; no test
run could change the app it runs in. Run it as the bench's user:

    SC_BENCH=~/bench SC_UPGRADE_SITE=upgrade.localhost SC_PREVIOUS=~/earlier pytest tests/install/test_upgrade.py

Without the three variables everything here is skipped. It takes about a minute.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from site_process import APP, BENCH, OnSite

SITE, PREVIOUS = os.environ.get("SC_UPGRADE_SITE", ""), os.environ.get("SC_PREVIOUS", "")
pytestmark = pytest.mark.skipif(
	not (BENCH and SITE and PREVIOUS),
	reason="SC_BENCH, SC_UPGRADE_SITE and SC_PREVIOUS say what to upgrade",
)
earlier, now = OnSite(SITE, Path(PREVIOUS)), OnSite(SITE)
SOURCES = f"import {APP}; print({APP}.__file__)"
CUSTOMER = "Install Test Company"

Facts = dict[str, object]


@dataclass
class Upgrade:
	"""What was seen before and after the migration."""

	seen: dict[str, Facts] = field(default_factory=dict)
	proved: dict[str, Facts] = field(default_factory=dict)
	sources: str = ""


def statement(version: OnSite) -> Facts:
	return json.loads(version.bench("support-credits", "statement", CUSTOMER, "--json"))


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Upgrade:
	"""The earlier version is installed, sells, charges and lets wait; this one migrates, proves, grants and charges."""
	done = Upgrade()
	seen, proved = done.seen, done.proved
	done.sources = earlier.python("-c", SOURCES).strip()
	earlier.bench("install-app", APP)
	seen["history"] = earlier.inside("history")
	seen["before"] = now.inside("facts")
	seen["statement before"] = statement(earlier)
	kept = tmp_path_factory.mktemp("heads") / "heads.json"
	kept.write_text(earlier.bench("support-credits", "verify", "--heads", "--json"))
	proved["before"] = json.loads(kept.read_text())
	now.bench("migrate")
	seen["after"] = now.inside("facts")
	seen["schema"] = now.inside("schema")
	seen["statement after"] = statement(now)
	proved["after"] = json.loads(now.bench("support-credits", "verify", "--kept", str(kept), "--json"))
	now.bench(
		"support-credits", "grant", "--customer", CUSTOMER, "--credits", "3", "--reason", "Upgrade test"
	)
	seen["ticket"] = now.inside("ticket", "After the upgrade")
	seen["worked on"] = now.inside("facts")
	proved["at the end"] = json.loads(now.bench("support-credits", "verify", "--json"))
	return done


def test_the_site_had_the_earlier_version(upgrade: Upgrade) -> None:
	assert Path(upgrade.sources).is_relative_to(PREVIOUS)
	assert upgrade.seen["schema"]["sources"] == str(now.sources)


def test_the_earlier_version_was_in_use_and_proved(upgrade: Upgrade) -> None:
	assert upgrade.seen["history"]["waiting"]["state"] == "Parked"
	assert upgrade.proved["before"]["ok"] is True
	assert upgrade.proved["before"]["entries"] > 0


def test_every_table_column_unique_index_and_patch_is_there_after_it(upgrade: Upgrade) -> None:
	schema = upgrade.seen["schema"]
	assert {what: schema[what] for what in ("doctypes", "columns", "patches")} == {
		"doctypes": [],
		"columns": [],
		"patches": [],
	}


def test_migrating_changes_no_ticket_and_no_clock(upgrade: Upgrade) -> None:
	before, after = upgrade.seen["before"], upgrade.seen["after"]
	assert after["tickets"] == before["tickets"]
	assert after["clocks"] == before["clocks"]


def test_the_statement_says_the_same_after_it(upgrade: Upgrade) -> None:
	before, after = (upgrade.seen[f"statement {when}"] for when in ("before", "after"))
	assert before["lines"]
	assert after["balance"] == before["balance"]
	# A version may tell more of a line than the one before it, not less and nothing else.
	told = [{key: line.get(key) for key in before["lines"][0]} for line in after["lines"]]
	assert told == before["lines"]


def test_the_chains_are_whole_and_pass_through_the_heads_noted_before_it(upgrade: Upgrade) -> None:
	before, after = upgrade.proved["before"], upgrade.proved["after"]
	assert after["ok"] is True, after["findings"]
	assert after["entries"] == before["entries"]


def test_work_goes_on_a_grant_releases_who_waited_and_the_next_ticket_is_charged(upgrade: Upgrade) -> None:
	waited = str(upgrade.seen["history"]["waiting"]["name"])
	statuses = {row[0]: row[2] for row in upgrade.seen["worked on"]["tickets"]}
	assert statuses[waited] == "Open"
	assert upgrade.seen["ticket"]["state"] == "Charged"
	assert upgrade.proved["at the end"]["ok"] is True
	assert upgrade.proved["at the end"]["entries"] > upgrade.proved["after"]["entries"]
