"""What a new ticket costs is on Helpdesk's own page before anything is typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from conftest import Browser
from portal import (
	CARD,
	NEW,
	SUBJECT,
	WATCH,
	card_says,
	choose,
	count,
	enter,
	log_in,
	made,
	phone,
	send,
	until,
	wait_for_ticket,
)
from selenium.webdriver.common.by import By

WAYS = {"Buy credits": "#buy", "Redeem a code": "#redeem", "Emergency support": "#emergency"}
ENOUGH, NOTHING = "This ticket costs 1 credit", "Not enough credits for a ticket"


@pytest.fixture
def priorities() -> Iterator[dict[str, str]]:
	try:
		yield made("urgent_member")
	finally:
		made("show_priority", shown="0")


def deadline(browser: Browser) -> str:
	until(browser, "no deadline", lambda: count(browser, f"{CARD} time") == 1)
	return browser.driver.find_element(By.CSS_SELECTOR, f"{CARD} time").get_attribute("datetime")


def test_with_enough_credits_the_card_says_what_it_costs_what_is_left_and_by_when_it_is_answered(
	browser: Browser, priorities: dict[str, str]
) -> None:
	enter(browser, priorities, NEW)
	said = card_says(browser, ENOUGH, "1 of 2", "First answer by", "From credits valid until")
	assert "Tier:" in said
	browser.click_text("Why?")
	browser.wait_text("covered hour")
	browser.wait_text("your time")
	browser.shot("cards-quote")


def test_the_deadline_is_told_on_the_readers_own_clock(browser: Browser, priorities: dict[str, str]) -> None:
	browser.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
	enter(browser, priorities, NEW)
	card_says(browser, ENOUGH)
	there = datetime.fromisoformat(deadline(browser)).astimezone(ZoneInfo("Asia/Tokyo"))
	shown = browser.driver.find_element(By.CSS_SELECTOR, f"{CARD} time").text
	assert " ".join(shown.split()).endswith(f"{there:%I:%M %p}".lstrip("0"))
	browser.click_text("Why?")
	browser.wait_text("your time (Asia/Tokyo)")


def test_without_credits_the_ways_on_are_there_before_a_word_is_typed(browser: Browser) -> None:
	enter(browser, made("member_with", credits="0"), NEW)
	card_says(browser, NOTHING, "your balance is 0", "Documentation", "Community")
	for label, anchor in WAYS.items():
		link = browser.driver.find_element(By.CSS_SELECTOR, f'{CARD} a[aria-label="{label}"]')
		assert link.get_attribute("href").endswith(f"/support-credits{anchor}")
		assert link.get_attribute("target") == "_blank", "what is typed would be lost"
	assert browser.driver.find_element(By.CSS_SELECTOR, SUBJECT).get_attribute("value") == ""
	browser.shot("cards-none")


def test_a_member_of_several_customers_chooses_one_and_sees_its_cost(browser: Browser) -> None:
	someone = made("member_of_two")
	enter(browser, someone, NEW)
	card_says(browser, "Choose the customer this ticket is for", someone["rich"], someone["poor"])
	choose(browser, "Customer", someone["rich"])
	card_says(browser, ENOUGH, "2 of 3")
	choose(browser, "Customer", someone["poor"])
	card_says(browser, NOTHING)


def test_a_customer_that_pays_nothing_can_be_chosen_and_left_again(browser: Browser) -> None:
	someone = made("member_of_two", poor_has_account="0")
	enter(browser, someone, NEW)
	card_says(browser, "Choose the customer this ticket is for")
	choose(browser, "Customer", someone["poor"])
	card_says(browser, "This ticket is not charged.")
	choose(browser, "Customer", someone["rich"])
	card_says(browser, ENOUGH, "2 of 3")


def test_the_priority_he_chooses_changes_the_deadline(browser: Browser, priorities: dict[str, str]) -> None:
	enter(browser, priorities, NEW)
	card_says(browser, ENOUGH)
	before = deadline(browser)
	choose(browser, "Priority", "Urgent")
	until(browser, "the deadline stayed", lambda: deadline(browser) != before)
	assert deadline(browser) < before


@pytest.mark.parametrize(
	("kind", "arguments", "said"),
	[
		("member_with", {"credits": "2"}, ENOUGH),
		("member_with", {"credits": "0"}, NOTHING),
		("member_with_two_lots", {}, "Taken from"),
		("overdrawing_member", {}, "Your balance will be"),
	],
	ids=["enough", "nothing", "two lots", "overdrawn"],
)
@pytest.mark.parametrize("narrow", [False, True], ids=["desktop", "phone"])
def test_nothing_moves_when_the_quote_arrives(
	browser: Browser, kind: str, arguments: dict[str, str], said: str, narrow: bool
) -> None:
	if narrow:
		phone(browser)
	log_in(browser, made(kind, **arguments))
	browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
	browser.open(NEW)
	card_says(browser, said)
	browser.shot(f"cards-{kind}-{'phone' if narrow else 'desktop'}")
	frames = browser.driver.execute_script("return window.scFrames")
	assert [frame for frame in frames if not frame["slot"]] == [], "the form was painted without its card"
	assert any(not frame["said"] for frame in frames), "the card waited for its quote in its place"
	assert len({frame["top"] for frame in frames}) == 1, "the form moved"


def test_after_sending_the_receipt_says_what_was_charged_and_goes_when_dismissed(browser: Browser) -> None:
	enter(browser, made("member_with", credits="2"), NEW)
	card_says(browser, ENOUGH)
	send(browser, "The printer is offline")
	wait_for_ticket(browser)
	receipt = "Your ticket is with us. It cost 1 credit; you have 1 left."
	card_says(browser, receipt, "Charged", "0 of 60 minutes")
	until(browser, "the menu's number stayed", lambda: "1" in browser.wait("[data-sc-balance]").text)
	browser.shot("cards-receipt")
	browser.click(f'{CARD} button[aria-label="Dismiss"]')
	until(browser, "the receipt stayed", lambda: receipt not in browser.wait(CARD).text)
	browser.driver.refresh()
	card_says(browser, "Charged")
	assert receipt not in browser.wait(CARD).text


def test_each_of_two_tickets_sent_one_after_the_other_has_its_receipt(browser: Browser) -> None:
	enter(browser, made("member_with", credits="3"), NEW)
	for left in ("2", "1"):
		card_says(browser, ENOUGH)
		send(browser, "The printer is offline")
		wait_for_ticket(browser)
		card_says(browser, f"Your ticket is with us. It cost 1 credit; you have {left} left.")
		if left == "2":
			browser.click("#app header a")
			browser.click_text("Create")


def test_credits_that_came_meanwhile_are_seen_when_the_reader_comes_back(browser: Browser) -> None:
	someone = made("member_with", credits="0")
	enter(browser, someone, NEW)
	card_says(browser, NOTHING)
	made("grant", account=someone["account"], credits="4")
	browser.driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")
	card_says(browser, ENOUGH, "3 of 4")
	until(browser, "the menu's number stayed", lambda: browser.wait("[data-sc-balance]").text == "4")


@pytest.mark.parametrize("narrow", [False, True], ids=["desktop", "phone"])
def test_who_overdraws_has_the_ways_on_at_hand(browser: Browser, narrow: bool) -> None:
	if narrow:
		phone(browser)
	enter(browser, made("overdrawing_member"), NEW)
	card_says(browser, "First answer by", "Buy credits", "Redeem a code")


def test_who_is_logged_out_meanwhile_is_told_where_to_log_in(browser: Browser) -> None:
	enter(browser, made("member_with", credits="2"), NEW)
	card_says(browser, ENOUGH)
	browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
	browser.driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")
	card_says(browser, "Your session has ended. Log in again.")
	link = browser.driver.find_element(By.CSS_SELECTOR, f"{CARD} a").get_attribute("href")
	assert link.endswith("/login?redirect-to=%2Fhelpdesk%2Fmy-tickets%2Fnew")


def test_after_a_refusal_the_card_says_why_and_shows_the_ways_on(browser: Browser) -> None:
	someone = made("member_with", credits="1")
	enter(browser, someone, NEW)
	card_says(browser, ENOUGH)
	made("spend_all", account=someone["account"])
	send(browser, "The printer is offline")
	card_says(browser, NOTHING, *WAYS)
	assert browser.driver.current_url.endswith("/my-tickets/new")
	assert "It does not print." in browser.wait(".ProseMirror").text
	browser.shot("cards-refusal")


def test_an_answer_that_does_not_come_can_be_asked_for_again(browser: Browser) -> None:
	someone = made("member_with", credits="2")
	log_in(browser, someone)
	browser.driver.execute_cdp_cmd("Network.enable", {})
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*customer.quote*"]})
	browser.open(NEW)
	card_says(browser, "What this ticket costs could not be found out.", "The server could not be reached.")
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
	browser.click_text("Try again")
	card_says(browser, ENOUGH)
