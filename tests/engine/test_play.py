"""The terminal play, run as a newcomer runs it: as a command on bare Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from engine_factories import CHECKOUT


def run(*arguments, **environment):
	return subprocess.run(
		[sys.executable, "-m", "support_credits.engine", *arguments],
		cwd=CHECKOUT,
		env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
		capture_output=True,
		encoding="utf-8",
		check=False,
		timeout=60,
	)


def test_both_providers_are_played_and_their_ledgers_verified():
	done = run()
	assert (done.returncode, done.stderr) == (0, "")
	for text in (
		"eXtremeSHOK",
		"Rockstor",
		"8 Incident Credits  USD 999.00  124.88 each  valid 12 months  saves 317.00 (24.1 %)",
		"2 credits, valid until the end of 2026-04-30",
		"Not enough support credits",
		"no job has run",
		"2026-05-05 00:00  Expiry",
		"Void",
		"entries, chain and lots agree",
		"CA-00001-E0000002 does not match its own hash: it was edited after it was posted",
	):
		assert text in done.stdout
	assert max(map(len, done.stdout.splitlines())) <= 110


def test_two_runs_print_the_same():
	assert run().stdout == run(TZ="Pacific/Apia", PYTHONHASHSEED="1").stdout


def test_json_says_the_same_for_machines():
	acts = json.loads(run("--json").stdout)
	assert [act["provider"] for act in acts] == ["extremeshok", "rockstor"]
	for act in acts:
		assert act["verified"] is True
		assert act["statement"][-1]["balance"] == act["closing"]
		assert {line["kind"] for line in act["statement"]} >= {"Grant", "Charge", "Refund", "Expiry", "Void"}


def test_a_third_provider_plays_from_its_file_alone(tmp_path):
	data = json.loads((CHECKOUT / "fixtures" / "rockstor.json").read_text())
	data["provider"] |= {"code": "third", "name": "Third Ltd", "time_zone": "Asia/Kathmandu"}
	data["packs"][0] |= {"credits": 5, "price": "10", "validity_months": 1}
	path = tmp_path / "third.json"
	path.write_text(json.dumps(data))
	done = run("--catalogue", str(path))
	assert done.returncode == 0, done.stderr
	assert "Third Ltd — all times Asia/Kathmandu" in done.stdout


def test_a_bad_catalogue_is_refused_with_its_mistakes(tmp_path):
	path = tmp_path / "bad.json"
	path.write_text('{"schema": 1}')
	done = run("--catalogue", str(path))
	assert (done.returncode, done.stdout) == (2, "")
	assert "bad.json: provider: missing; expected: an object" in done.stderr
	assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_or_not_json_is_one_line(tmp_path):
	path = tmp_path / "x.json"
	assert "No such file" in run("--catalogue", str(path)).stderr
	path.write_text("{")
	done = run("--catalogue", str(path))
	assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_help_says_what_it_does():
	assert "Play a provider's terms" in run("--help").stdout
