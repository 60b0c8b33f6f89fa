"""The admin's workspace as he sees it: numbers, charts, what leads where, the onboarding, and loading a catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import URL, Browser, on_site
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.skipif(not URL, reason="needs a bench: make test-browser")

PHONE = (390, 844)
DATA = "workspace_data"
CARD = ".number-widget-box"


def until(browser: Browser, condition: object, said: str) -> None:
	browser.until(condition, said)


def shown_cards(browser: Browser) -> dict[str, str]:
	"""What every card says, by its title."""
	script = """return [...document.querySelectorAll(arguments[0])].map((card) => [
		card.querySelector('.widget-title').textContent.trim(), card.querySelector('.number')?.textContent.trim() || ''])"""
	return dict(browser.driver.execute_script(script, CARD))


CLICK = """const card = [...document.querySelectorAll(arguments[0])].find((one) => one.textContent.includes(arguments[1]));
if (card?.querySelector('.number')?.textContent.trim()) card.querySelector('.widget-body').click()"""


def click_card(browser: Browser, title: str, leads_to: str) -> None:
	"""Again where the host has drawn the page anew meanwhile: it does so whenever one comes back to it, and a click on
	what it is about to replace leads nowhere."""

	def there() -> bool:
		if leads_to not in browser.driver.current_url:
			browser.driver.execute_script(CLICK, CARD, title)
		return leads_to in browser.driver.current_url

	until(browser, there, f"the card {title!r} leads nowhere")


def drawn(browser: Browser) -> bool:
	"""Whether the bars have grown: the charts begin with empty ones."""
	script = (
		"return Math.max(0, ...[...document.querySelectorAll('rect.bar')].map((bar) => bar.getBBox().height))"
	)
	return browser.driver.execute_script(script) > 20


def open_workspace(browser: Browser) -> dict:
	data = on_site("busy_site", DATA)
	browser.login(data["user"], data["password"])
	browser.open("/app/support-credits")
	browser.wait(CARD)
	until(browser, lambda: all(shown_cards(browser).values()), "cards without a number")
	until(browser, lambda: drawn(browser), "no bars")
	until(
		browser,
		lambda: len(browser.driver.find_elements(By.CSS_SELECTOR, ".dashboard-widget-box svg.frappe-chart"))
		== 3,
		"no charts",
	)
	return data


def whole_page(browser: Browser, name: str, width: int) -> None:
	"""A picture of all of it, not only of what fits on the screen."""
	height = browser.driver.execute_script("return Math.max(document.body.scrollHeight, 900)")
	browser.driver.set_window_size(width, min(height + 200, 5_000))
	browser.shot(name)


def overflow(browser: Browser) -> int:
	return browser.driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")


def test_cards_and_charts_say_what_the_ledger_says(browser: Browser) -> None:
	data = open_workspace(browser)
	shown = shown_cards(browser)
	assert {card: shown[card] for card in data["cards"]} == {
		card: str(number) for card, number in data["cards"].items()
	}
	assert {"Tickets Waiting for Credits", "Open Ledger Findings"} <= set(shown)
	whole_page(browser, "desk-workspace", 1400)
	assert overflow(browser) <= 0


def test_it_fits_a_phone(browser: Browser) -> None:
	browser.driver.set_window_size(*PHONE)
	open_workspace(browser)
	whole_page(browser, "desk-workspace-phone", PHONE[0])
	assert overflow(browser) <= 0


def test_a_card_leads_to_what_it_counts(browser: Browser) -> None:
	open_workspace(browser)
	click_card(browser, "Orders Waiting for Payment", leads_to="/credit-order")
	browser.wait(".frappe-list")  # who goes back before it is there has its page at the workspace's address
	browser.driver.back()
	browser.wait(CARD)
	click_card(browser, "Jobs That Need a Look", leads_to="query-report")


def test_jobs_are_shown_with_what_they_did(browser: Browser) -> None:
	data = on_site("busy_site", DATA)
	browser.login(data["user"], data["password"])
	browser.open("/app/query-report/Support%20Credits%20Jobs")
	browser.wait_text("Books lots that have come to their end")
	browser.shot("desk-jobs")


def test_the_onboarding_is_offered_and_leads_to_its_first_step(browser: Browser) -> None:
	on_site("fresh_onboarding", DATA)
	open_workspace(browser)
	browser.wait(".onboarding-step")
	steps = browser.driver.find_elements(By.CSS_SELECTOR, ".onboarding-step .step-text")
	assert [step.text for step in steps][:2] == ["Load a Catalogue", "Say Who You Are"]
	assert len(steps) == 8
	browser.shot("desk-onboarding")


@pytest.fixture
def kept_settings() -> Iterator[dict]:
	"""A catalogue to load; afterwards the site is as it was."""
	kept = on_site("settings_now", DATA)
	yield kept
	on_site("put_back", DATA, settings=kept["settings"])


def upload(browser: Browser, path: Path, content: str) -> None:
	path.write_text(content, encoding="utf-8")
	browser.driver.find_element(By.CSS_SELECTOR, ".sc-setup input[type=file]").send_keys(str(path))


def open_setup(browser: Browser) -> None:
	data = on_site("busy_site", DATA)
	browser.login(data["user"], data["password"])
	browser.open("/app/support-credits-setup")
	browser.wait(".sc-choice[data-name=rockstor]")


def test_a_catalogue_is_looked_at_then_loaded(browser: Browser, kept_settings: dict, tmp_path: Path) -> None:
	open_setup(browser)
	browser.click(".sc-choice[data-name=extremeshok]")
	browser.wait(".sc-summary .indicator-pill")
	assert "2 Incident Credits" in browser.driver.find_element(By.CSS_SELECTOR, ".sc-preview").text
	browser.shot("desk-catalogue-preview")
	upload(browser, tmp_path / "mine.json", kept_settings["catalogue"])
	browser.wait_text("PAGE-2")
	assert "PAGE-2" in browser.driver.find_element(By.CSS_SELECTOR, ".sc-preview").text
	browser.click_text("Load")
	browser.dialog()
	browser.click(".modal.show .btn-modal-primary, .modal.show .btn-primary")
	browser.wait_text("The catalogue is loaded")
	browser.shot("desk-catalogue-loaded")


def test_a_hostile_file_is_refused_as_text(browser: Browser, kept_settings: dict, tmp_path: Path) -> None:
	open_setup(browser)
	bad = json.loads(kept_settings["catalogue"])
	bad["packs"][0]["name"] = "<img src=x onerror='window.pwned = 1'>"
	bad["<img src=x onerror='window.pwned = 1'>"] = 1
	upload(browser, tmp_path / "bad.json", json.dumps(bad))
	browser.wait(".sc-box.red")
	said = browser.driver.find_element(By.CSS_SELECTOR, ".sc-box.red").text
	assert "packs[0].name: cannot hold HTML" in said
	assert browser.driver.execute_script("return window.pwned") is None
	assert browser.driver.find_elements(By.CSS_SELECTOR, ".sc-preview img") == []
	browser.shot("desk-catalogue-refused")
	browser.driver.set_window_size(*PHONE)
	browser.shot("desk-catalogue-refused-phone")
	assert overflow(browser) <= 0
	upload(browser, tmp_path / "big.json", "x" * 300_000)
	browser.wait_text("big.json is too big for a catalogue")


def test_the_preview_fits_a_phone(browser: Browser) -> None:
	browser.driver.set_window_size(*PHONE)
	open_setup(browser)
	browser.click(".sc-choice[data-name=rockstor]")
	browser.wait(".sc-summary .indicator-pill")
	browser.shot("desk-catalogue-phone")
	assert overflow(browser) <= 0
