"""The main job as people see it: two tickets are charged, the third is refused, an agent gives a credit back."""

from __future__ import annotations

from conftest import Browser, on_site
from desk import choose
from portal import NEW, send, wait_for_ticket
from selenium.webdriver.common.by import By


def open_ticket(browser: Browser, subject: str) -> None:
	"""Fill in and send Helpdesk's own new-ticket page."""
	browser.open(NEW)
	send(browser, subject)


def test_a_customer_with_two_credits_opens_two_tickets_and_is_refused_the_third(browser: Browser) -> None:
	journey = on_site("first_journey")
	browser.login_on_its_page(journey["user"], journey["password"])
	for subject in ("Printer one is offline", "Printer two is offline"):
		open_ticket(browser, subject)
		wait_for_ticket(browser)

	open_ticket(browser, "Printer three is offline")
	browser.wait_text("Not enough support credits: this ticket needs 1 and your balance is 0.")
	# In a note that goes after some seconds.
	way = browser.driver.find_element(By.LINK_TEXT, "buy a pack").get_attribute("href")
	assert way.endswith("/support-credits#buy")
	assert browser.driver.current_url.endswith("/my-tickets/new")
	assert "It does not print." in browser.wait(".ProseMirror").text  # what he wrote is still there
	browser.shot("portal-refusal")
	browser.driver.set_window_size(390, 844)
	browser.shot("portal-refusal-phone")
	browser.driver.set_window_size(1280, 900)

	state = on_site("account_state", account=journey["account"])
	assert state == {"balance": 0, "kinds": ["Grant", "Charge", "Charge"], "ok": True, "tickets": 2}

	browser.driver.get(way)
	browser.wait_text("Packs of credits")
	browser.shot("ways-on")


def test_an_agent_exempts_a_ticket_in_desk_and_the_statement_shows_the_credit_back(browser: Browser) -> None:
	journey = on_site("first_journey")
	browser.login_on_its_page(journey["user"], journey["password"])
	open_ticket(browser, "The report counts twice")
	wait_for_ticket(browser)
	browser.logout()

	browser.login_on_its_page(journey["agent"], journey["password"])
	browser.open(f"/app/support-incident?account={journey['account']}")
	browser.click(".list-row .list-subject a")
	browser.wait_text("Charged")
	browser.click_text("Credits")
	browser.click_text("Exempt")
	choose(browser, "reason", journey["reason"])
	browser.click_text("Give back 1 credit(s)")
	browser.wait_text("Exempt")
	browser.wait_text("1 credit(s) given back.")
	browser.shot("desk-incident")

	browser.open(f"/app/credit-account/{journey['account']}")
	browser.click_text("Statement")
	browser.wait_text("Refund")
	browser.dialog()
	browser.shot("desk-statement")
	state = on_site("account_state", account=journey["account"])
	assert state == {"balance": 2, "kinds": ["Grant", "Charge", "Refund"], "ok": True, "tickets": 1}
