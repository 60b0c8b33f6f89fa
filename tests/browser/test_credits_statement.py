"""The Credits page's statement: paging by key, filters, and the files that prove it."""

from __future__ import annotations

import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import BENCH, Browser
from credits_page import (
	BALANCE,
	DIGEST,
	asked,
	balance,
	delay,
	lines,
	made,
	number,
	open_page,
	section,
	until,
	wait_for_lines,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement


def test_the_statement_goes_on_by_key_and_its_balances_run(browser: Browser) -> None:
	data = made("long_statement")
	open_page(browser, data["user"], data["password"])
	wait_for_lines(browser, 25)
	browser.click_text("Load more")
	wait_for_lines(browser, 50)
	browser.click_text("Load more")
	shown = wait_for_lines(browser, 61)
	assert len({line[1] for line in shown}) == 61  # every correction once
	balances = [number(line[5]) for line in shown]
	changes = [number(line[4]) for line in shown]
	assert balances[0] == balance(browser)
	assert balances == [sum(changes[place:]) for place in range(61)]
	assert "Load more" not in section(browser, "Statement").text


def test_the_statement_is_filtered_by_kind_and_by_days(browser: Browser) -> None:
	data = made("long_statement")
	open_page(browser, data["user"], data["password"])
	wait_for_lines(browser, 25)
	part = section(browser, "Statement")
	part.find_element(By.CSS_SELECTOR, "[data-slot=trigger]").click()
	browser.wait("[role=option]")
	options = browser.driver.find_elements(By.CSS_SELECTOR, "[role=option]")
	next(option for option in options if option.text == "Grant").click()
	(only,) = wait_for_lines(browser, 1)
	assert number(only[4]) == 100
	tomorrow = (date.today() + timedelta(days=2)).isoformat()
	set_date(browser, part.find_elements(By.CSS_SELECTOR, "input[type=date]")[0], tomorrow)
	browser.wait_text("Nothing of this kind in this period.")
	browser.click_text("Clear")
	wait_for_lines(browser, 25)


def test_only_the_customer_chosen_last_is_shown_whatever_answers_first(browser: Browser) -> None:
	data = made("three_customers")
	open_page(browser, data["user"], data["password"], f"?customer={data['third']}")
	wait_for_lines(browser, 1)
	digest = browser.wait(DIGEST).text
	browser.open(f"/helpdesk/credits?customer={data['first']}")
	browser.wait(DIGEST)
	delay(browser, {f"statement.page?customer={data['second'].split()[0]}": 1, "statement.page": 3})
	choose(browser, data["second"])
	choose(browser, data["third"])
	seen: list[list[list[str]]] = []

	def arrived() -> bool:
		seen.append(lines(browser))
		return bool(seen[-1])

	until(browser, arrived, "no lines")
	assert [number(line[4]) for line in seen[-1]] == [9]
	assert browser.wait(DIGEST).text == digest
	assert number(browser.wait(f"{BALANCE} span").text) == 9


def choose(browser: Browser, customer: str) -> None:
	browser.click("header [data-slot=trigger]")
	browser.wait("[role=option]")
	options = browser.driver.find_elements(By.CSS_SELECTOR, "[role=option]")
	next(option for option in options if option.text == customer).click()


def test_a_day_that_is_being_typed_asks_nothing_and_moves_nothing(browser: Browser) -> None:
	data = made("long_statement")
	open_page(browser, data["user"], data["password"])
	wait_for_lines(browser, 25)
	since, to = section(browser, "Statement").find_elements(By.CSS_SELECTOR, "input[type=date]")
	year = str(date.today().year)
	for typed in ("0002", "0020", f"0{year[:3]}"):
		set_date(browser, since, f"{typed}-01-01")
	until(browser, lambda: since.get_attribute("aria-invalid") == "true", "the field says nothing")
	assert "Give a year from 1900 to 9999." in section(browser, "Statement").text
	assert len(lines(browser)) == 25
	assert len(asked(browser, "statement.page")) == 1
	set_date(browser, since, f"{year}-01-01")
	set_date(browser, since, f"{year}-01-01")
	until(browser, lambda: len(asked(browser, "statement.page")) == 2, "the whole day is not asked for")
	until(browser, lambda: not since.get_attribute("aria-invalid"), "the error stays")
	set_date(browser, to, "1900-01-01")
	until(browser, lambda: since.get_attribute("aria-invalid") == "true", "the field says nothing")
	assert "Ends before it begins." in section(browser, "Statement").text
	assert len(lines(browser)) == 25
	assert len(asked(browser, "statement.page")) == 2


def set_date(browser: Browser, field: WebElement, day: str) -> None:
	"""As the browser's own calendar does: a typed date would depend on the language of the machine."""
	script = (
		"arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))"
	)
	browser.driver.execute_script(script, field, day)


@pytest.mark.parametrize("kind", ["CSV", "PDF"])
def test_a_downloaded_statement_holds_the_digest_that_the_page_shows(
	browser: Browser, tmp_path: Path, kind: str
) -> None:
	data = made("member_and_manager")
	place = {"behavior": "allow", "downloadPath": str(tmp_path)}
	browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", place)
	open_page(browser, data["member"], data["password"])
	digest = browser.wait(DIGEST).text
	assert len(digest) == 64
	section(browser, "Statement").find_element(By.LINK_TEXT, kind).click()
	files: list[Path] = []

	def arrived() -> bool:
		files[:] = tmp_path.glob(f"*.{kind.lower()}")
		return bool(files)

	until(browser, arrived, f"no {kind} file")
	assert digest in text_of(files[0])


def text_of(file: Path) -> str:
	"""What a downloaded statement says; a PDF breaks its lines where it likes. The bench's Python reads it."""
	if file.suffix == ".csv":
		return file.read_text(encoding="utf-8-sig")
	script = "import sys, pypdf; print(*(page.extract_text() for page in pypdf.PdfReader(sys.argv[1]).pages))"
	python = Path(BENCH) / "env" / "bin" / "python"
	done = subprocess.run([python, "-c", script, file], capture_output=True, text=True, check=True)
	return "".join(done.stdout.split())
