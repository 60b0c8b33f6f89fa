"""The agent sees what splitting, merging and reopening cost, in Helpdesk's own pages, before he does it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from conftest import Browser, clicked, on_site
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

SPLIT, MERGE = '[data-dialog="Split ticket"]', '[data-dialog="Merge with another ticket"]'
NOTE = "[data-sc-costs]"
ASKED = "support_credits.api.preview.costs"


@pytest.fixture
def work() -> Iterator[dict[str, str]]:
	"""Two charged tickets of a customer with one credit left, and an agent."""
	made = on_site("agents_work")
	yield made
	on_site("mail_as_before", value=made["mail"])


def open_as_agent(browser: Browser, work: dict[str, str], ticket: str, label: str) -> None:
	browser.login(work["agent"], work["password"])
	browser.open(f"/helpdesk/tickets/{ticket}")
	browser.wait_text(label)


def wait_until(browser: Browser, what: str, true: object) -> None:
	browser.until(true, what)


def dialog_text(browser: Browser, ticket: str) -> str:
	"""What the header button's dialog says."""
	return browser.wait(f'[data-dialog="Credits of ticket #{ticket}"] p').text


def open_split(browser: Browser) -> str:
	"""Open Helpdesk's Split dialog on the ticket's last mail; returns the line that was added to it."""
	click_split(browser)
	return only_note(browser, SPLIT)


def click_split(browser: Browser) -> None:
	click_last(browser, "[id^='communication-'] button:last-child", at_least=2)
	browser.click_text("Split Ticket")
	browser.wait(SPLIT)


def open_merge(browser: Browser) -> None:
	click_last(browser, "header button:has(.lucide-more-horizontal)")
	browser.click_text("Merge Ticket")
	browser.wait(MERGE)


def click_last(browser: Browser, css: str, at_least: int = 1) -> None:
	"""Click the last of these once all are there; Helpdesk redraws a ticket when it has loaded it again."""

	def last() -> WebElement | None:
		found = [one for one in browser.driver.find_elements(By.CSS_SELECTOR, css) if one.is_displayed()]
		return found[-1] if len(found) >= at_least else None

	browser.until(lambda: clicked(last()), f"no {css} to click")


def only_note(browser: Browser, dialog: str) -> str:
	text = browser.wait(f"{dialog} {NOTE}").text
	assert len(browser.driver.find_elements(By.CSS_SELECTOR, NOTE)) == 1
	return text


def assert_plain(browser: Browser, dialog: str) -> None:
	"""Helpdesk's own dialog and nothing of ours, also a moment after the answer has come."""
	time.sleep(0.5)
	assert browser.wait(dialog).is_displayed()
	assert not browser.driver.find_elements(By.CSS_SELECTOR, NOTE)


def close_dialog(browser: Browser) -> None:
	browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
	wait_until(
		browser,
		"the dialog stays",
		lambda: not browser.driver.find_elements(By.CSS_SELECTOR, "[data-dialog]"),
	)


def choose_target(browser: Browser, ticket: str) -> None:
	"""Pick ``ticket`` in the Merge dialog's link field, which searches as one types."""
	browser.click(f"{MERGE} .form-control button, {MERGE} [role=combobox]")
	browser.driver.switch_to.active_element.send_keys(ticket)
	browser.click("[role=option]")


def reopen(browser: Browser) -> None:
	"""Set the status as agents do, in the ticket's header."""
	browser.click_text("Resolved")
	browser.click_text("Open")


def toast(browser: Browser) -> str:
	"""Helpdesk's message in the corner, which goes by itself after five seconds."""
	return browser.wait("[data-sonner-toast]").text


def wait_requested(browser: Browser, part: str) -> None:
	"""Until the page has asked for an address with ``part`` in it and was answered, or failed to be."""
	script = "return performance.getEntriesByType('resource').some((one) => one.name.includes(arguments[0]))"
	wait_until(browser, f"{part} was never asked for", lambda: browser.driver.execute_script(script, part))


def test_an_agent_sees_what_a_split_costs_and_the_balance_then_follows(
	browser: Browser, work: dict[str, str]
) -> None:
	open_as_agent(browser, work, work["source"], "Credits: Charged 1")
	browser.click_text("Credits: Charged 1")
	assert dialog_text(browser, work["source"]).splitlines() == [
		f"{work['customer']}: 1 credit(s) left.",
		"",
		"Split: the new ticket costs 1 credit.",
		f"Merge into another ticket: it gives 1 credit back to {work['customer']}.",
		"Reopen: free for 7 days after it is resolved.",
	]
	browser.shot("agent-costs")
	close_dialog(browser)

	assert open_split(browser) == "Split: the new ticket costs 1 credit. The balance goes from 1 to 0."
	browser.shot("agent-split")
	browser.wait(f"{SPLIT} input").send_keys("The printer is offline")
	browser.click_text("Split into new ticket")
	wait_until(browser, "Helpdesk opens no new ticket", lambda: len(browser.driver.window_handles) == 2)
	state = on_site("account_state", account=work["account"])
	assert state == {"balance": 0, "kinds": ["Grant", "Charge", "Charge", "Charge"], "ok": True, "tickets": 3}


def test_the_dialog_asks_afresh_each_time_it_opens(browser: Browser, work: dict[str, str]) -> None:
	open_as_agent(browser, work, work["source"], "Credits: Charged 1")
	assert "from 1 to 0" in open_split(browser)
	close_dialog(browser)
	on_site("grant", account=work["account"], credits="4")
	assert "from 5 to 4" in open_split(browser)


def test_an_agent_sees_what_a_merge_gives_back_and_the_refund_follows(
	browser: Browser, work: dict[str, str]
) -> None:
	open_as_agent(browser, work, work["source"], "Credits: Charged 1")
	open_merge(browser)
	assert only_note(browser, MERGE) == (
		f"Merge into another ticket: it gives 1 credit back to {work['customer']}. The balance goes from 1 to 2."
	)
	choose_target(browser, work["target"])
	browser.shot("agent-merge")
	only_note(browser, MERGE)  # Helpdesk has redrawn its dialog meanwhile
	browser.click_text(f"Merge with ticket #{work['target']}")
	wait_until(browser, "Helpdesk does not merge", lambda: len(browser.driver.window_handles) == 2)
	state = on_site("account_state", account=work["account"])
	assert state == {"balance": 2, "kinds": ["Grant", "Charge", "Charge", "Refund"], "ok": True, "tickets": 2}
	label = {"Exempt": "Credits: Exempt", "Refunded": "Credits: Given back"}
	browser.wait_text(label[on_site("ticket_state", ticket=work["source"])["state"]])


def test_the_line_follows_the_ticket_that_is_shown(browser: Browser, work: dict[str, str]) -> None:
	on_site("exempt_ticket", ticket=work["target"])
	open_as_agent(browser, work, work["target"], "Credits: Exempt")
	open_merge(browser)
	assert only_note(browser, MERGE) == "Merge into another ticket: nothing is given back."
	close_dialog(browser)
	browser.driver.execute_script("window.same_page = true")
	browser.click_text("Tickets")
	row = browser.wait(f"a[href*='/tickets/{work['source']}']")
	browser.driver.execute_script("arguments[0].click()", row)  # its cells lie over the link
	browser.wait_text("Credits: Charged 1")
	assert browser.driver.execute_script("return window.same_page")
	open_merge(browser)
	assert "gives 1 credit back" in only_note(browser, MERGE)


def test_reopening_after_nine_days_shows_its_cost_and_then_takes_it(
	browser: Browser, work: dict[str, str]
) -> None:
	on_site("resolve_days_ago", ticket=work["source"], days="9")
	open_as_agent(browser, work, work["source"], "Credits: Charged 1")
	browser.click_text("Credits: Charged 1")
	said = dialog_text(browser, work["source"])
	assert said.splitlines()[-1] == "Reopen: a new incident, which costs 1 credit."
	close_dialog(browser)
	reopen(browser)
	assert toast(browser) == "Ticket updated successfully."
	state = on_site("account_state", account=work["account"])
	assert state == {"balance": 0, "kinds": ["Grant", "Charge", "Charge", "Charge"], "ok": True, "tickets": 3}


def test_an_automatic_mails_ticket_can_be_charged(browser: Browser, work: dict[str, str]) -> None:
	ticket = on_site("automatic_ticket", customer=work["customer"])["ticket"]
	open_as_agent(browser, work, ticket, "Credits: Automatic mail")
	browser.click_text("Credits: Automatic mail")
	assert "so nothing was charged. Charge it when it is an incident." in dialog_text(browser, ticket)
	browser.shot("agent-charge")
	browser.click_text("Charge this ticket")
	browser.wait_text("Credits: Charged 1")
	state = on_site("account_state", account=work["account"])
	assert state == {"balance": 0, "kinds": ["Grant", "Charge", "Charge", "Charge"], "ok": True, "tickets": 3}


def test_an_automatic_mails_ticket_can_be_charged_in_desk_too(browser: Browser, work: dict[str, str]) -> None:
	incident = on_site("automatic_ticket", customer=work["customer"])["incident"]
	browser.login(work["agent"], work["password"])
	browser.open(f"/app/support-incident/{incident}")
	browser.click_text("Credits")
	browser.click_text("Charge")
	browser.wait_text("An automatic mail costs nothing.")
	browser.dialog()
	browser.click_text("Yes")
	browser.wait_text("Credits charged for this ticket: 1. Credits left: 0.")
	state = on_site("account_state", account=work["account"])
	assert state == {"balance": 0, "kinds": ["Grant", "Charge", "Charge", "Charge"], "ok": True, "tickets": 3}


def test_a_split_without_credits_says_that_the_new_ticket_waits(
	browser: Browser, work: dict[str, str]
) -> None:
	on_site("spend", account=work["account"])
	open_as_agent(browser, work, work["source"], "Credits: Charged 1")
	assert "It has to wait for credits: the balance is 0." in open_split(browser)


def test_a_customer_without_an_account_changes_nothing_on_the_page(
	browser: Browser, work: dict[str, str]
) -> None:
	ticket = on_site("free_ticket")["ticket"]
	open_as_agent(browser, work, ticket, "Free of charge")
	wait_requested(browser, "agent_costs.js?v=")
	click_split(browser)
	wait_requested(browser, ASKED)
	assert_plain(browser, SPLIT)
	assert "Credits:" not in browser.driver.find_element(By.TAG_NAME, "body").text


def test_when_the_server_does_not_answer_the_dialogs_work_as_before(
	browser: Browser, work: dict[str, str]
) -> None:
	open_as_agent(browser, work, work["source"], "Credits: Charged 1")
	browser.driver.execute_cdp_cmd("Network.enable", {})
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": [f"*{ASKED}*"]})
	click_split(browser)
	wait_requested(browser, ASKED)
	assert_plain(browser, SPLIT)
	close_dialog(browser)
	browser.click_text("Credits: Charged 1")
	assert toast(browser) == "The costs of this ticket could not be asked. Please try again."
