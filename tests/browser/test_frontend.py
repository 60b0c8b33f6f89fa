"""The built frontend: its types hold, and what comes onto Helpdesk's pages stays small."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "support_credits" / "public" / "frontend"
# Compressed, as a server sends them.
LARGEST = {"loader": 4_096, "cards": 80_000}
# Parts of frappe-ui that one careless import would bring: its editor and its charts.
TOO_MUCH = (b"ProseMirror", b"echarts", b"feather-activity")


def chunks(entry: str) -> set[str]:
	"""The files of an entry and of what it imports at once."""
	manifest = json.loads((BUILT / "manifest.json").read_text())
	found: set[str] = set()
	pending = [key for key, chunk in manifest.items() if chunk.get("name") == entry and chunk.get("isEntry")]
	assert pending, f"{entry} is not built"
	while pending:
		chunk = manifest[pending.pop()]
		found |= {chunk["file"], *chunk.get("css", [])}
		pending += chunk.get("imports", [])
	return found


@pytest.mark.parametrize("entry", LARGEST)
def test_what_helpdesks_pages_load_is_small(entry: str) -> None:
	sizes = {name: len(gzip.compress((BUILT / name).read_bytes())) for name in chunks(entry)}
	assert sum(sizes.values()) <= LARGEST[entry], sizes


@pytest.mark.parametrize("entry", ["loader", "cards", "credits"])
def test_no_page_loads_an_editor_or_a_library_of_charts(entry: str) -> None:
	for name in chunks(entry):
		if not name.endswith(".js"):
			continue  # the base styles name the editor's parts
		code = (BUILT / name).read_bytes()
		assert [part for part in TOO_MUCH if part in code] == [], name


def selectors(css: str) -> list[str]:
	"""Every selector of a style sheet, but the steps of its animations."""
	css = re.sub(r"@keyframes[^{]+\{(?:[^{}]*\{[^{}]*\})*\}", "", css)
	rules = re.findall(r"([^{}]+)\{[^{}]*\}", css)
	# Commas inside of :where(…) and :is(…) part nothing.
	return [
		one for rule in rules for one in re.split(r"(?<!\\),(?![^()]*\))", rule) if not one.startswith("@")
	]


def test_the_cards_change_no_style_of_helpdesks_own() -> None:
	css = "".join((BUILT / name).read_text() for name in chunks("cards") if name.endswith(".css"))
	registered = re.findall(r"@(?:keyframes|property)\s+([\w-]+)", css)
	assert registered
	assert [one for one in registered if not re.match(r"(--)?sc-", one)] == []
	found = selectors(re.sub(r"@property[^{]+\{[^{}]*\}", "", css))
	assert len(found) > 100
	assert [one for one in found if not one.strip().startswith(".sc-")] == []


def test_the_types_of_the_frontend_hold() -> None:
	folder = ROOT / "frontend"
	done = subprocess.run(
		[folder / "node_modules" / ".bin" / "vue-tsc", "--noEmit"],
		cwd=folder,
		capture_output=True,
		text=True,
		check=False,
	)
	assert done.returncode == 0, done.stdout
