"""A card's QR code: it leads to the page to redeem it, over the login if need be, and its code is in the field."""

from __future__ import annotations

from conftest import Browser
from credits_page import balance, made, open_page, section, until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

SCANNED = "/support-credits/redeem#"


def field(browser: Browser) -> WebElement:
	return section(browser, "Redeem a code").find_element(By.NAME, "code")


def wait_for_code(browser: Browser, code: str) -> None:
	until(browser, lambda: field(browser).get_attribute("value") == code, "the code is not in the field")


def address(browser: Browser) -> str:
	return browser.driver.execute_script("return location.href")


def test_a_card_scanned_before_the_login_is_redeemed_after_it(browser: Browser) -> None:
	data = made("member_and_manager")
	code = made("code_for", credits="4")["code"]
	browser.open(f"{SCANNED}{code}")
	browser.wait("#login_email").send_keys(data["manager"])
	assert code not in address(browser)
	browser.wait("#login_password").send_keys(data["password"])
	browser.click("button.btn-login")
	browser.wait("h1")
	wait_for_code(browser, code)
	assert code not in address(browser)
	before = balance(browser)
	until(
		browser, lambda: browser.driver.switch_to.active_element == field(browser), "the field has no focus"
	)
	field(browser).send_keys(Keys.ENTER)
	browser.wait_text("Redeemed: 4 credit(s)")
	until(browser, lambda: balance(browser) == before + 4, "the balance does not follow")
	browser.driver.refresh()
	browser.wait("h1")
	wait_for_code(browser, "")


def test_the_address_of_the_page_itself_takes_a_code_and_forgets_it(browser: Browser) -> None:
	data = made("member_and_manager")
	code = made("code_for", credits="4")["code"]
	open_page(browser, data["manager"], data["password"], f"#redeem={code}")
	wait_for_code(browser, code)
	assert "#" not in address(browser)
	assert balance(browser) == 5  # nothing is redeemed before somebody presses the button


def test_a_card_bound_to_a_serial_asks_for_it(browser: Browser) -> None:
	data = made("member_and_manager")
	card = made("card_for", credits="2")
	browser.login(data["manager"], data["password"])
	browser.open(f"{SCANNED}{card['code']}")
	wait_for_code(browser, card["code"])
	browser.shot("redeem-serial")
	part = section(browser, "Redeem a code")
	field(browser).send_keys(Keys.ENTER)
	until(browser, lambda: "This code cannot be redeemed" in part.text, "the refusal is not said")
	part.find_element(By.NAME, "serial").send_keys(card["serial"], Keys.ENTER)
	browser.wait_text("Redeemed: 2 credit(s)")


def test_a_customer_without_an_account_gets_one_by_his_card(browser: Browser) -> None:
	data = made("manager_without_account")
	code = made("code_for", credits="2")["code"]
	browser.login(data["user"], data["password"])
	browser.open(f"{SCANNED}{code}")
	browser.wait_text("No credits are needed")
	wait_for_code(browser, code)
	browser.shot("redeem-without-account")
	field(browser).send_keys(Keys.ENTER)
	until(
		browser,
		lambda: browser.driver.find_elements(By.CSS_SELECTOR, "[data-test=balance]"),
		"no balance is shown",
	)
	assert balance(browser) == 2
