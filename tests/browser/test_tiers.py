"""Tiers by the month on the Credits page: the runway first, then the choice; falling, keeping and cancelling."""

from __future__ import annotations

from functools import partial

from conftest import Browser, on_site
from credits_page import balance, open_page, resize, section, until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

made = partial(on_site, module="portal_data_tiers")
PART = "How long they last"


def row(browser: Browser, tier: str) -> WebElement:
	found = section(browser, PART).find_elements(By.CSS_SELECTOR, "tbody tr")
	return next(one for one in found if one.text.startswith(tier))


def buttons(where: WebElement) -> dict[str, WebElement]:
	return {one.text: one for one in where.find_elements(By.TAG_NAME, "button")}


def press(browser: Browser, tier: str, label: str) -> WebElement:
	"""Press a tier's button; returns the dialog once it says how long the credits last."""
	button = buttons(row(browser, tier))[label]
	browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
	button.send_keys(Keys.ENTER)
	browser.wait("[role=dialog] [data-test=lasts]")
	return browser.wait("[role=dialog]")


def confirm(browser: Browser, label: str) -> None:
	buttons(browser.wait("[role=dialog]"))[label].send_keys(Keys.ENTER)
	until(
		browser, lambda: not browser.driver.find_elements(By.CSS_SELECTOR, "[role=dialog]"), "it stays open"
	)


def note(browser: Browser) -> str:
	return browser.wait("[data-test=subscription]").text


def test_a_manager_sees_the_runway_then_chooses_and_is_charged(browser: Browser) -> None:
	data = made("with_tiers", credits="10")
	open_page(browser, data["user"], data["password"])
	assert "Choose" not in buttons(row(browser, data["base"]))
	dialog = press(browser, data["six"], "Choose")
	assert "At your pace your credits last until" in dialog.text
	assert "4 credit(s) are charged now" in dialog.text
	assert "Credits left afterwards: 6." in dialog.text
	browser.shot("tier-choose")
	confirm(browser, "Take 4 credits now")
	browser.wait_text(f"Done. {data['six']} counts now.")
	until(browser, lambda: balance(browser) == 6, "nothing was charged")
	until(browser, lambda: "Yours" in row(browser, data["six"]).text, "it does not count")
	assert "is paid through" in note(browser)
	browser.shot("tier-chosen")


def test_a_cost_that_changed_while_he_read_is_said_and_shown_and_then_agreed_to(browser: Browser) -> None:
	data = made("with_tiers", credits="10")
	open_page(browser, data["user"], data["password"])
	dialog = press(browser, data["six"], "Choose")
	made("costs", tier=data["six_code"], credits="5")
	buttons(dialog)["Take 4 credits now"].send_keys(Keys.ENTER)
	browser.wait_text("What this tier costs has changed: it takes 5 credits now and 5 a month.")
	until(browser, lambda: "Credits left afterwards: 5." in dialog.text, "the new cost is not shown")
	browser.shot("tier-changed")
	assert balance(browser) == 10
	confirm(browser, "Take 5 credits now")
	until(browser, lambda: balance(browser) == 5, "nothing was charged")


def test_a_cheaper_one_is_planned_and_dropped_again(browser: Browser) -> None:
	data = made("with_tiers", credits="10")
	open_page(browser, data["user"], data["password"])
	press(browser, data["six"], "Choose")
	confirm(browser, "Take 4 credits now")
	until(browser, lambda: "Yours" in row(browser, data["six"]).text, "it does not count")
	dialog = press(browser, data["twelve"], "Choose")
	assert "Until then nothing changes" in dialog.text
	confirm(browser, "Choose")
	until(browser, lambda: "From " in row(browser, data["twelve"]).text, "it is not planned")
	press(browser, data["six"], "Keep")
	confirm(browser, "Keep")
	browser.wait_text(f"Done. {data['six']} stays.")
	assert balance(browser) == 6


def test_without_enough_credits_he_is_told_what_is_missing_and_cannot_confirm(browser: Browser) -> None:
	data = made("with_tiers", credits="3")
	open_page(browser, data["user"], data["password"])
	dialog = press(browser, data["six"], "Choose")
	assert "Your credits do not suffice for it." in dialog.text
	assert "That costs 4 credits now and you have 3; missing: 1." in dialog.text
	assert not buttons(dialog)["Take 4 credits now"].is_enabled()
	buttons(dialog)["Not now"].send_keys(Keys.ENTER)


def test_cancelled_it_counts_until_its_end(browser: Browser) -> None:
	data = made("with_tiers", credits="10")
	open_page(browser, data["user"], data["password"])
	press(browser, data["twelve"], "Choose")
	confirm(browser, "Take 2 credits now")
	until(browser, lambda: "is paid through" in note(browser), "it does not count")
	browser.click_text("Cancel it")
	assert "nothing is charged by the month" in browser.wait("[role=dialog]").text
	confirm(browser, "Cancel the tier")
	until(browser, lambda: "is cancelled and counts through" in note(browser), "it is not cancelled")
	assert "Keep" in buttons(row(browser, data["twelve"]))


def test_a_fallen_one_says_so_on_a_phone_too(browser: Browser) -> None:
	data = made("fallen", credits="1")
	resize(browser, 390, 844)
	open_page(browser, data["user"], data["password"])
	assert "could not be paid for another month" in note(browser)
	assert "Yours" in row(browser, data["base"]).text
	browser.driver.execute_script(
		"arguments[0].scrollIntoView({block: 'start'})", browser.wait("[data-test=subscription]")
	)
	browser.shot("tier-fallen-phone")
	press(browser, data["twelve"], "Choose")
	browser.shot("tier-dialog-phone")
	width = browser.driver.execute_script("return document.documentElement.scrollWidth")
	assert width <= 390
