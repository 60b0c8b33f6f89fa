"""The Credits page as its people use it: members see, managers act, and the numbers are the ledger's."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from conftest import Browser
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
	resize,
	section,
	theme,
	until,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement


def test_a_member_sees_the_credits_and_cannot_act_on_them(browser: Browser) -> None:
	data = made("member_and_manager")
	open_page(browser, data["member"], data["password"])
	assert balance(browser) == 5
	assert "2 of 2" in section(browser, "Your credits").text
	browser.wait(DIGEST)
	assert [line[1].split("\n")[0] for line in lines(browser)[:2]] == ["Charge", "Charge"]
	redeem = section(browser, "Redeem a code")
	assert not redeem.find_element(By.TAG_NAME, "input").is_enabled()
	assert not redeem.find_element(By.TAG_NAME, "button").is_enabled()
	assert f"Ask a manager of {data['customer']} to redeem the code." in redeem.text
	buttons = [one.text for one in browser.driver.find_elements(By.TAG_NAME, "button")]
	assert "Redeem a code" not in buttons


def test_the_page_has_helpdesks_menu_and_leads_back_to_it(browser: Browser) -> None:
	data = made("member_and_manager")
	open_page(browser, data["member"], data["password"])
	items = browser.driver.find_elements(By.CSS_SELECTOR, "[data-slot=sidebar-item] a")
	assert [item.text for item in items] == ["Tickets", "Knowledge Base", "Credits"]
	assert items[2].get_attribute("aria-current") == "page"
	browser.click("[data-slot=sidebar] button[aria-haspopup=menu]")
	browser.click_text("Toggle theme")
	assert browser.driver.execute_script("return localStorage.theme") == "dark"
	items[0].click()
	until(browser, lambda: "/helpdesk/my-tickets" in browser.driver.current_url, "Tickets leads elsewhere")
	assert browser.driver.execute_script("return document.documentElement.dataset.theme") == "dark"


def test_the_lots_are_in_the_order_in_which_a_ticket_spends_them(browser: Browser) -> None:
	data = made("member_and_manager")
	open_page(browser, data["member"], data["password"])
	rows = section(browser, "Your credits").find_elements(By.CSS_SELECTOR, "tbody tr")
	left = [row.find_elements(By.TAG_NAME, "td")[1].text for row in rows]
	assert left == ["1 of 3", "2 of 2", "2 of 2"]
	assert "days left" in rows[0].text
	assert rows[2].find_elements(By.TAG_NAME, "td")[2].text == "Never"


def test_a_manager_redeems_a_code_and_a_second_try_is_told_why_not(browser: Browser) -> None:
	data = made("member_and_manager")
	code = made("code_for", credits="4")["code"]
	open_page(browser, data["manager"], data["password"])
	assert balance(browser) == 5
	browser.click_text("Redeem a code")  # puts the cursor into the field
	until(
		browser, lambda: browser.driver.switch_to.active_element.tag_name == "input", "the field has no focus"
	)
	browser.driver.switch_to.active_element.send_keys(code, Keys.ENTER)
	browser.wait_text("Redeemed: 4 credit(s)")
	until(browser, lambda: balance(browser) == 9, "the balance does not follow")
	until(
		browser,
		lambda: [number(line[4]) for line in lines(browser)[:1]] == [4],
		"the statement does not follow",
	)

	field = section(browser, "Redeem a code").find_element(By.TAG_NAME, "input")
	field.send_keys(code, Keys.ENTER)
	until(browser, lambda: field.get_attribute("aria-invalid") == "true", "the field is not marked")
	told = browser.driver.find_element(By.ID, field.get_attribute("aria-errormessage") or "")
	assert told.text
	assert balance(browser) == 9


def test_a_member_of_two_customers_switches_between_them_and_the_address_remembers(browser: Browser) -> None:
	data = made("two_customers")
	open_page(browser, data["user"], data["password"])
	assert balance(browser) == 4
	browser.click("header [data-slot=trigger]")
	both = [data["first"], data["second"]]
	offered = lambda: browser.driver.find_elements(By.CSS_SELECTOR, "[role=option]")  # noqa: E731
	until(browser, lambda: [option.text for option in offered()] == both, "not both are offered")
	offered()[1].click()
	until(browser, lambda: balance(browser) == 7, "the other balance is not shown")
	assert not section(browser, "Redeem a code").find_element(By.TAG_NAME, "input").is_enabled()
	browser.driver.refresh()
	assert balance(browser) == 7
	browser.driver.back()
	until(browser, lambda: balance(browser) == 4, "going back does not switch back")
	assert section(browser, "Redeem a code").find_element(By.TAG_NAME, "input").is_enabled()


def test_a_proposal_is_accepted_on_the_page_after_it_says_what_it_takes(browser: Browser) -> None:
	data = made("member_and_manager")
	reason = "A second server needs the same work."
	made("proposal_for", ticket=data["ticket"], credits="2", reason=reason)
	open_page(browser, data["manager"], data["password"])
	said = section(browser, "Proposals for extra credits").text
	assert reason in said
	assert said.split("\n")[2:4] == ["2 extra credits", f"Ticket #{data['ticket']}"]
	browser.click_text("Accept")
	browser.wait_text("This takes 2 credits now. Credits left today: 5. Credits left afterwards: 3.")
	browser.shot("credits-accept")
	browser.click_text("Take 2 credits")
	until(browser, lambda: balance(browser) == 3, "the balance does not follow")
	browser.wait_text("Accepted: 2 credit(s) charged. Credits left: 3.")
	assert "Accepted" in section(browser, "Proposals for extra credits").text


def test_a_charge_under_way_cannot_be_dismissed_and_its_result_is_shown(browser: Browser) -> None:
	data = made("member_and_manager")
	made("proposal_for", ticket=data["ticket"], credits="2", reason="More of the same.")
	open_page(browser, data["manager"], data["password"])
	browser.click_text("Accept")
	browser.wait("[role=dialog]")
	delay(browser, {"proposals.accept": 10})
	browser.click_text("Take 2 credits")
	until(browser, lambda: not button(browser, "Cancel").is_enabled(), "Cancel can be pressed")
	browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
	browser.driver.execute_script("document.elementFromPoint(5, 5).click()")
	time.sleep(0.5)
	assert browser.driver.find_elements(By.CSS_SELECTOR, "[role=dialog]")
	browser.wait_text("Accepted: 2 credit(s) charged. Credits left: 3.")
	until(browser, lambda: balance(browser) == 3, "the balance does not follow")
	assert not browser.driver.find_elements(By.CSS_SELECTOR, "[role=dialog]")


def button(browser: Browser, text: str) -> WebElement:
	return next(one for one in browser.driver.find_elements(By.TAG_NAME, "button") if one.text == text)


def test_skipping_to_the_content_reads_nothing_again(browser: Browser) -> None:
	data = made("member_and_manager")
	open_page(browser, data["member"], data["password"])
	browser.wait(DIGEST)
	browser.wait(BALANCE)
	browser.driver.find_element(By.CSS_SELECTOR, "a[href='#credits-main']").send_keys(Keys.ENTER)
	until(browser, lambda: "#credits-main" in browser.driver.current_url, "it leads nowhere")
	time.sleep(0.5)
	assert len(asked(browser, "customer.overview")) == len(asked(browser, "statement.page")) == 1


def test_a_proposal_is_declined_by_keyboard_and_nothing_is_taken(browser: Browser) -> None:
	data = made("member_and_manager")
	made("proposal_for", ticket=data["ticket"], credits="2", reason="More of the same.")
	open_page(browser, data["manager"], data["password"])
	part = section(browser, "Proposals for extra credits")
	decline = next(one for one in part.find_elements(By.TAG_NAME, "button") if one.text == "Decline")
	decline.send_keys(Keys.ENTER)
	browser.wait("[role=dialog] textarea").send_keys("Not this month.")
	dialog = browser.wait("[role=dialog]")
	next(one for one in dialog.find_elements(By.TAG_NAME, "button") if one.text == "Decline").send_keys(
		Keys.ENTER
	)
	browser.wait_text("Declined. Nothing was charged.")
	assert balance(browser) == 5


def test_every_tier_says_what_it_costs_and_how_long_the_credits_last_under_it(browser: Browser) -> None:
	data = made("tiers")
	open_page(browser, data["user"], data["password"])
	rows = section(browser, "How long they last").find_elements(By.CSS_SELECTOR, "tbody tr")
	said = {row.text.split("\n")[0]: row for row in rows}
	own, fast = (said[name].find_elements(By.TAG_NAME, "td") for name in (data["base"], data["fast"]))
	assert "Yours" in own[0].text
	assert own[2].text == "Over two years"  # nothing was used yet
	assert "Answer within 6 hours" in fast[0].text
	assert fast[1].text.split("\n") == ["1 credit a ticket", "3 credits a month"]
	until_day = date.fromisoformat(fast[2].find_element(By.TAG_NAME, "time").get_attribute("datetime"))
	assert timedelta(days=50) < until_day - date.today() < timedelta(days=63)


def test_the_chart_says_in_words_and_as_a_table_what_it_draws(browser: Browser) -> None:
	data = made("a_year")
	open_page(browser, data["user"], data["password"])
	part = section(browser, "Balance over time")
	label = part.find_element(By.CSS_SELECTOR, "svg[role=img]").get_attribute("aria-label")
	assert label.endswith(f"now {balance(browser)}.")
	part.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
	row = lambda: part.find_elements(By.CSS_SELECTOR, "tbody tr")  # noqa: E731
	until(browser, lambda: len(row()) > 12, "the table has no year")
	assert number(row()[0].find_elements(By.TAG_NAME, "td")[1].text) == balance(browser)


def test_a_waiting_ticket_is_shown_with_the_way_to_it(browser: Browser) -> None:
	data = made("in_need")
	open_page(browser, data["user"], data["password"])
	assert balance(browser) == 0
	part = section(browser, "Waiting for credits")
	link = part.find_element(By.PARTIAL_LINK_TEXT, "Disk alert on the file server")
	assert link.get_attribute("href").endswith(f"/helpdesk/my-tickets/{data['ticket']}")
	assert "There are no credits left." in section(browser, "Your credits").text


def test_somebody_without_an_account_is_told_that_nothing_is_charged(browser: Browser) -> None:
	data = made("without_account")
	open_page(browser, data["user"], data["password"])
	browser.wait_text("You have no account of credits: your tickets are not charged.")
	link = browser.driver.find_element(By.LINK_TEXT, "See what is on offer")
	assert link.get_attribute("href").endswith("/support-credits")


def test_the_page_asks_three_times_and_nothing_moves_when_the_answers_come(browser: Browser) -> None:
	data = made("member_and_manager")
	watch = """
	window.moved = [];
	new PerformanceObserver((list) => list.getEntries().forEach((one) => moved.push(one.value)))
		.observe({ type: "layout-shift", buffered: true });
	"""
	browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": watch})
	open_page(browser, data["member"], data["password"], f"?customer={data['customer']}")
	browser.wait(BALANCE)
	browser.wait(DIGEST)
	addresses = browser.driver.execute_script(
		"return performance.getEntriesByType('resource').map((one) => one.name).filter((one) => one.includes('/api/'))"
	)
	methods = [address.split("support_credits.api.")[-1].split("?")[0] for address in addresses]
	assert set(methods) == {"customer.overview", "statement.page", "orders.orders"}, methods
	assert len(methods) == len(set(methods))
	assert sum(browser.driver.execute_script("return window.moved")) < 0.1


def test_on_a_phone_the_tables_are_stacked_and_nothing_is_cut_off(browser: Browser) -> None:
	data = made("member_and_manager")
	resize(browser, 390, 844)
	open_page(browser, data["member"], data["password"])
	browser.wait(BALANCE)
	browser.wait(DIGEST)
	sizes = browser.driver.execute_script(
		"return ['html', 'main'].map((one) => document.querySelector(one)).map((one) => [one.scrollWidth, one.clientWidth])"
	)
	assert all(scrolled <= shown for scrolled, shown in sizes), sizes
	(row, *_rest) = section(browser, "Statement").find_elements(By.CSS_SELECTOR, "tbody tr")
	assert "Balance after" in row.text  # each value with its name
	browser.click("header button[aria-label='Open the menu']")
	browser.wait("[role=dialog] [data-slot=sidebar]")
	time.sleep(0.4)  # it slides in
	browser.shot("credits-phone-menu")
	browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
	until(
		browser,
		lambda: not browser.driver.find_elements(By.CSS_SELECTOR, "[role=dialog]"),
		"the menu stays",
	)


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_the_page_wears_the_theme_that_helpdesk_keeps(browser: Browser, shade: str) -> None:
	data = made("a_year")
	open_page(browser, data["user"], data["password"])
	theme(browser, shade)
	scheme = browser.driver.execute_script("return getComputedStyle(document.body).colorScheme")
	assert scheme == shade
	browser.wait(DIGEST)
	for name, width, height in (("desktop", 1280, 1400), ("phone", 390, 844)):
		browser.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
		resize(browser, width, height)
		time.sleep(0.5)  # the chart follows its width
		browser.shot(f"credits-{name}-{shade}")
