"""A ticket's own page says what it cost and why, and lets the customer answer an agent's proposal."""

from __future__ import annotations

import pytest
from conftest import Browser
from portal import CARD, card_says, count, enter, made, phone, until
from selenium.webdriver.common.by import By

COUNTDOWN = "#app section + div .rounded-full.whitespace-nowrap"


def open_ticket(browser: Browser, someone: dict[str, str]) -> None:
	enter(browser, someone, f"/helpdesk/my-tickets/{someone['ticket']}")
	browser.wait(CARD)


def balance(browser: Browser) -> str:
	return browser.driver.find_element(By.CSS_SELECTOR, "[data-sc-balance]").text


def test_a_charged_ticket_says_what_it_cost_and_how_much_work_that_covers(browser: Browser) -> None:
	open_ticket(browser, made("charged_ticket"))
	card_says(browser, "1 credit", "Charged", "No end date", "0 of 60 minutes")
	browser.shot("cards-ticket")


def test_an_exempt_ticket_says_why(browser: Browser) -> None:
	someone = made("exempt_ticket")
	open_ticket(browser, someone)
	card_says(browser, "No credits", "Exempt", someone["reason"])


def test_a_waiting_ticket_shows_the_ways_on_and_no_date_it_does_not_have(browser: Browser) -> None:
	open_ticket(browser, made("parked_ticket"))
	card_says(browser, "Parked", "waits for credits", "Buy credits", "Redeem a code")
	shown = [
		one.text for one in browser.driver.find_elements(By.CSS_SELECTOR, COUNTDOWN) if one.is_displayed()
	]
	assert shown == ["Parked"], "Helpdesk counts down to a date that a waiting ticket does not have"
	browser.shot("cards-parked")


def test_help_by_the_hour_shows_what_it_comes_to_while_it_runs_and_when_it_is_over(browser: Browser) -> None:
	someone = made("hourly_ticket")
	open_ticket(browser, someone)
	card_says(browser, "Emergency", "Running", "91 minutes so far: US$658.00 at US$329.00 an hour.")
	browser.shot("cards-hourly")
	made("stop_session", session=someone["session"])
	open_ticket(browser, someone)
	card_says(browser, "Stopped", "minutes of work: US$658.00", "The router was replaced.")


def test_accepting_a_proposal_asks_first_charges_it_and_shows_the_new_balance(browser: Browser) -> None:
	someone = made("proposed")
	open_ticket(browser, someone)
	card_says(browser, "2 more credits asked for", "The index has to be built anew.", "120 more minutes")
	browser.shot("cards-proposal")
	browser.click_text("Accept")
	card_says(browser, "Charge 2 credits of your 4 to this ticket now?")
	assert made("proposal_state", proposal=someone["proposal"]) == {"state": "Open"}, "only asked"
	browser.click_text("Yes, charge it")
	card_says(browser, "3 credits", "0 of 180 minutes", "Accepted")
	until(browser, "the menu's number stayed", lambda: balance(browser) == "2")
	assert "Accepted" in browser.driver.switch_to.active_element.text, (
		"the keyboard was left on a gone button"
	)
	assert made("proposal_state", proposal=someone["proposal"]) == {"state": "Accepted"}


def test_declining_costs_nothing(browser: Browser) -> None:
	someone = made("proposed")
	open_ticket(browser, someone)
	browser.click_text("Decline")
	card_says(browser, "Decline? Nothing is charged.")
	browser.wait(f"{CARD} form input").send_keys("Next year.")
	browser.click_text("Yes, decline")
	card_says(browser, "1 credit", "Declined", "0 of 60 minutes")
	until(browser, "another number", lambda: balance(browser) == "4")
	assert made("proposal_state", proposal=someone["proposal"]) == {"state": "Declined"}


def test_going_back_from_the_question_changes_nothing(browser: Browser) -> None:
	someone = made("proposed")
	open_ticket(browser, someone)
	browser.click_text("Accept")
	browser.click_text("Back")
	card_says(browser, "Accept", "Decline")
	assert made("proposal_state", proposal=someone["proposal"]) == {"state": "Open"}


def test_credits_that_do_not_suffice_are_said_and_the_proposal_stays_open(browser: Browser) -> None:
	someone = made("proposed", credits="3", extra="2")
	made("spend_all", account=someone["account"])
	open_ticket(browser, someone)
	card_says(browser, "You have 0 credits: too few for it.", "Buy credits")
	browser.click_text("Accept")
	browser.click_text("Yes, charge it")
	browser.wait(f"{CARD} [role=alert]")
	card_says(browser, "Accept", "Decline", "Buy credits")
	browser.shot("cards-proposal-short")
	assert made("proposal_state", proposal=someone["proposal"]) == {"state": "Open"}


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_the_card_is_one_line_that_opens_and_never_lies_over_the_editor(
	browser: Browser, width: int
) -> None:
	phone(browser, width)
	open_ticket(browser, made("proposed"))
	summary = browser.wait(f"{CARD} button[aria-expanded]")
	assert summary.get_attribute("aria-expanded") == "false"
	assert "to answer" in summary.text
	browser.shot(f"cards-ticket-phone-{width}")
	summary.click()
	card_says(browser, "The index has to be built anew.", "Accept")
	browser.shot(f"cards-ticket-phone-{width}-open")
	card = browser.wait(CARD).rect
	editor = browser.driver.find_elements(By.CSS_SELECTOR, "#app section > div:last-child")[-1].rect
	assert card["y"] + card["height"] <= editor["y"]
	assert editor["y"] + editor["height"] <= browser.driver.execute_script("return innerHeight")
	assert count(browser, CARD) == 1
