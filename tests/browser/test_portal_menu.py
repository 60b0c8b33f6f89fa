"""Helpdesk's menu has a Credits entry for those who have credits, and nothing of ours for anybody else."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from conftest import Browser
from portal import CARD, ENTRY, NEW, SUBJECT, card_says, count, enter, log_in, made, phone, until
from selenium.webdriver.common.by import By

TICKETS = "/helpdesk/my-tickets"
LOADER = "script[data-sc-loader]"
KNOWLEDGE_BASE = 'nav [data-slot="sidebar-item"]:has(svg path[d^="M12 7v14"])'
# Helpdesk's markup as another version might have it, before the loader looks at it.
OTHER_MARKUP = """
new MutationObserver(() => {
	for (const item of document.querySelectorAll("[data-slot]")) item.removeAttribute("data-slot");
	for (const input of document.querySelectorAll("input[maxlength]")) input.removeAttribute("maxlength");
	for (const section of document.querySelectorAll("#app section")) section.setAttribute("aria-label", "Other");
}).observe(document, { childList: true, subtree: true });
"""
CHANGED = "Helpdesk's page has changed: {0}. See frontend/src/loader/places.ts."


def one_entry(browser: Browser, when: str) -> None:
	until(browser, f"no entry {when}", lambda: count(browser, ENTRY) == 1)
	time.sleep(0.3)  # whatever would add a second has had its turn
	assert count(browser, ENTRY) == 1, when


def test_the_entry_is_there_once_wherever_the_customer_goes(browser: Browser) -> None:
	someone = made("charged_ticket")
	enter(browser, someone, TICKETS)
	one_entry(browser, "on the list")
	until(browser, "no balance", lambda: browser.wait("[data-sc-balance]").text == "2")
	browser.click(KNOWLEDGE_BASE)
	until(browser, "not at the articles", lambda: "kb-public" in browser.driver.current_url)
	one_entry(browser, "at the articles")
	browser.driver.back()
	one_entry(browser, "after going back")
	browser.driver.forward()
	one_entry(browser, "after going forward")
	browser.open(NEW)
	browser.wait(SUBJECT)
	one_entry(browser, "on a new ticket")
	browser.open(f"{TICKETS}/{someone['ticket']}")
	browser.wait(CARD)
	one_entry(browser, "on a ticket")


def test_the_entry_folds_with_the_menu_and_leads_to_the_credits(browser: Browser) -> None:
	enter(browser, made("charged_ticket"), TICKETS)
	one_entry(browser, "at first")
	wide = browser.wait(ENTRY).size["width"]
	browser.driver.find_elements(By.CSS_SELECTOR, '[data-slot="sidebar"] button')[-1].click()
	until(browser, "the entry did not fold", lambda: browser.wait(ENTRY).size["width"] < wide / 2)
	one_entry(browser, "when folded")
	link = browser.driver.find_element(By.CSS_SELECTOR, f"{ENTRY} a")
	until(browser, "no balance", lambda: link.get_attribute("aria-label") == "Credits: 2")
	link.click()
	until(browser, "not at the credits", lambda: browser.driver.current_url.endswith("/helpdesk/credits"))


def test_on_a_phone_it_is_in_the_drawer(browser: Browser) -> None:
	phone(browser)
	enter(browser, made("charged_ticket"), TICKETS)
	browser.click("button:has(.feather-menu)")
	browser.wait(ENTRY)
	one_entry(browser, "in the drawer")
	time.sleep(0.5)  # the drawer slides in
	browser.shot("cards-drawer")


def test_people_without_credits_get_helpdesk_as_it_is(browser: Browser) -> None:
	someone = made("member_of_none")
	enter(browser, someone, NEW)
	browser.wait(SUBJECT)
	for path in (NEW, TICKETS, f"{TICKETS}/{someone['ticket']}"):
		browser.open(path)
		browser.wait(KNOWLEDGE_BASE)
		time.sleep(1)
		assert count(browser, f"{ENTRY}, .sc-slot, {LOADER}") == 0, path
		assert "Credits" not in browser.driver.find_element(By.TAG_NAME, "body").text, path


@pytest.fixture
def needy() -> Iterator[dict[str, str]]:
	"""Somebody without an account, where everyone must have credits."""
	someone = made("member_of_none")
	made("everyone_must", pay="1")
	try:
		yield someone
	finally:
		made("everyone_must", pay="0")


def test_who_must_have_credits_and_has_no_account_sees_the_card_and_no_entry(
	browser: Browser, needy: dict[str, str]
) -> None:
	enter(browser, needy, NEW)
	card_says(browser, "Not enough credits for a ticket")
	assert count(browser, ENTRY) == 0


def test_with_several_customers_the_entry_adds_nothing_up(browser: Browser) -> None:
	someone = made("member_of_two")
	enter(browser, someone, TICKETS)
	one_entry(browser, "for two customers")
	hint = f"{ENTRY} a[aria-label*='{someone['rich']}: 3']"
	until(browser, "no balances", lambda: count(browser, hint) == 1)
	assert browser.driver.find_element(By.CSS_SELECTOR, "[data-sc-balance]").text == ""


def test_agents_have_no_entry_on_their_pages(browser: Browser) -> None:
	enter(browser, made("agent"), "/helpdesk/tickets")
	browser.wait('[data-slot="sidebar-item"]')
	time.sleep(1)
	assert count(browser, f"{ENTRY}, .sc-slot") == 0
	browser.open("/helpdesk/tickets/new")
	browser.wait(SUBJECT)
	time.sleep(1)
	assert count(browser, f"{ENTRY}, .sc-slot") == 0
	assert count(browser, "header button[aria-label^=Credits]") == 0


def test_where_the_loader_cannot_run_the_header_has_a_button(browser: Browser) -> None:
	someone = made("charged_ticket")
	log_in(browser, someone)
	browser.driver.execute_cdp_cmd("Network.enable", {})
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/frontend/loader-*"]})
	for path in (NEW, f"{TICKETS}/{someone['ticket']}"):
		browser.open(path)
		browser.wait_text("Credits: 2")
		assert count(browser, f"{ENTRY}, .sc-slot") == 0
	browser.click_text("Credits: 2")
	until(browser, "not at the credits", lambda: browser.driver.current_url.endswith("/helpdesk/credits"))


def test_where_helpdesks_markup_has_changed_the_header_has_the_button(browser: Browser) -> None:
	someone = made("charged_ticket")
	log_in(browser, someone)
	browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": OTHER_MARKUP})
	for path in (NEW, f"{TICKETS}/{someone['ticket']}"):
		browser.open(path)
		browser.wait_text("Credits: 2")
		assert count(browser, f"{ENTRY}, .sc-slot") == 0


def test_helpdesks_pages_still_have_what_our_parts_hold_on_to(browser: Browser) -> None:
	someone = made("charged_ticket")
	enter(browser, someone, NEW)
	browser.wait(SUBJECT)
	assert count(browser, KNOWLEDGE_BASE) == 1, CHANGED.format("the menu's entry of the knowledge base")
	assert count(browser, SUBJECT) == 1, CHANGED.format("the subject of a new ticket")
	assert count(browser, f".sc-slot-new + * {SUBJECT.removeprefix('#app ')}") == 1, CHANGED.format(
		"the form"
	)
	browser.open(f"{TICKETS}/{someone['ticket']}")
	browser.wait(CARD)
	assert count(browser, "#app section:not([aria-label]) + div > .sc-slot-ticket") == 1, CHANGED.format(
		"the sidebar of a ticket"
	)
	fields = browser.driver.execute_script("return Object.keys(window.support_credits_form ?? {})")
	assert fields == [], "the form's fields belong to the page of a new ticket"
