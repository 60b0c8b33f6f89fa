"""What the Credits page says when the server refuses, is not there, or knows the person no more."""

from __future__ import annotations

from conftest import Browser
from credits_page import BALANCE, DIGEST, balance, break_off, made, open_page, section, until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def test_a_failed_reload_keeps_what_is_shown_and_says_so(browser: Browser) -> None:
	data = made("member_and_manager")
	code = made("code_for", credits="4")["code"]
	open_page(browser, data["manager"], data["password"])
	assert balance(browser) == 5
	break_off(browser, "customer.overview")
	section(browser, "Redeem a code").find_element(By.TAG_NAME, "input").send_keys(code, Keys.ENTER)
	alert = browser.wait("[role=alert]")
	assert "The server could not be reached." in alert.text
	assert "What is shown may be out of date." in alert.text
	assert balance(browser) == 5
	assert "Redeemed: 4 credit(s)" in section(browser, "Redeem a code").text


def test_a_session_that_has_ended_is_said_with_the_way_to_log_in(browser: Browser) -> None:
	data = made("member_and_manager")
	code = made("code_for", credits="4")["code"]
	open_page(browser, data["manager"], data["password"])
	browser.wait(DIGEST)
	made("end_sessions", user=data["manager"])
	redeem = section(browser, "Redeem a code")
	redeem.find_element(By.TAG_NAME, "input").send_keys(code, Keys.ENTER)
	until(browser, lambda: "Your session has ended." in redeem.text, "the end is not said")
	link = redeem.find_element(By.LINK_TEXT, "Log in again")
	assert link.get_attribute("href").endswith("/login?redirect-to=%2Fhelpdesk%2Fcredits")


def test_a_refusal_of_the_server_is_shown_and_can_be_tried_again(browser: Browser) -> None:
	data = made("member_and_manager")
	other = made("in_need")
	open_page(browser, data["member"], data["password"], f"?customer={other['customer']}")
	# The statement's part has said so too, and goes when all of it has failed.
	until(browser, lambda: not browser.driver.find_elements(By.TAG_NAME, "h2"), "the statement stays")
	alert = browser.wait("[role=alert]")
	assert f"You are not a member of {other['customer']}." in alert.text
	alert.find_element(By.TAG_NAME, "button").click()
	until(browser, lambda: not browser.driver.find_elements(By.TAG_NAME, "h2"), "the statement stays")
	assert "You are not a member" in browser.wait("[role=alert]").text
	assert not browser.driver.find_elements(By.CSS_SELECTOR, BALANCE)
