"""The customer's pages in other languages: Portuguese in its own words, Arabic from right to left."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from axe import grave_findings
from conftest import Browser
from credits_page import BALANCE, DIGEST, PAGE, resize
from portal import CARD, NEW, enter, made, until
from selenium.webdriver.common.by import By

WORDS = Path(__file__).parents[2] / "support_credits" / "translations" / "pt.csv"
# English that stays: names of currencies, packs and people are data.
SAID_ON_THE_PAGE = (
	"Balance over time", "Your credits", "How long they last", "Statement", "Redeem a code", "Proposals for extra credits",
)  # fmt: skip


def portuguese() -> dict[str, str]:
	with WORDS.open(encoding="utf-8", newline="") as file:
		return {row[0]: row[1] for row in csv.reader(file)}


def headings(browser: Browser) -> set[str]:
	return {one.text for one in browser.driver.find_elements(By.CSS_SELECTOR, "h1, h2")}


def test_a_customer_who_reads_portuguese_finds_no_english_heading(browser: Browser) -> None:
	words, someone = portuguese(), made("speaking", language="pt")
	enter(browser, someone, PAGE)
	browser.wait(BALANCE)
	browser.wait(DIGEST)
	shown = headings(browser)
	assert {words[text] for text in SAID_ON_THE_PAGE} <= shown
	assert not shown & set(SAID_ON_THE_PAGE)
	browser.open(NEW)
	until(browser, "no quote", lambda: browser.wait(f"{CARD} h2").text)
	until(
		browser,
		"the quote is not in Portuguese",
		lambda: words["This ticket costs 1 credit"] in browser.wait(f"{CARD} h2").text,
	)
	shown = browser.wait(f"{CARD} time").text
	assert not re.search(r"[AP]M|^(Sun|Mon|Tue|Wed|Thu|Fri|Sat)", shown), "the deadline is in English"
	browser.shot("portal-quote-pt")


def test_from_right_to_left_nothing_is_cut_off(browser: Browser) -> None:
	someone = made("speaking", language="ar")
	for size in ((1280, 900), (390, 844)):
		resize(browser, *size)
		enter(browser, someone, PAGE)
		browser.wait(BALANCE)
		browser.wait(DIGEST)
		root = browser.driver.find_element(By.TAG_NAME, "html")
		assert root.get_attribute("dir") == "rtl"
		wide = "return document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
		assert browser.driver.execute_script(wide) <= 0, size
		assert grave_findings(browser) == []
		browser.shot(f"credits-rtl-{size[0]}")


def test_on_the_hosts_page_the_card_follows_its_direction(browser: Browser) -> None:
	enter(browser, made("speaking", language="ar"), NEW)
	card = browser.wait(CARD)
	direction = "return [document.documentElement.dir || 'ltr', getComputedStyle(arguments[0]).direction]"
	page, ours = browser.driver.execute_script(direction, card)
	assert page == ours
