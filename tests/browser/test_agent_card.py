"""An agent works a ticket without leaving Helpdesk: what it costs and what he may do about it are in its sidebar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from agent_card import CARD, COMPACT, act, field, fill, focused, made, open_ticket, says, state
from axe import grave_findings
from conftest import Browser, on_site
from portal import choose, count, enter, phone, until
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

QUOTE = ".sc-slot-new section"
NEW = "/helpdesk/tickets/new"


def test_the_sidebar_says_what_the_ticket_costs_and_whom(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "1 credit", "Charged", "3 credits", data["tier"], "0 of 60 minutes")
	assert count(browser, CARD) == 1
	card = browser.wait(CARD).rect
	fields = browser.wait("#app .form-control-core").rect
	assert card["y"] > fields["y"]
	assert abs(card["x"] + 16 - fields["x"]) <= 2, "its text does not stand where Helpdesk's stands"
	browser.shot("agent-card")


def test_an_exemption_says_beforehand_what_it_gives_back_and_then_gives_it(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	act(browser, "Exempt")
	assert focused(browser).tag_name == "select"
	Select(field(browser, "Reason")).select_by_visible_text(data["reason"])
	says(browser, f"Gives 1 credit back to {data['customer']}, usable until", "The priority becomes Urgent.")
	browser.shot("agent-card-exempt")
	assert state(data)["state"] == "Charged", "only asked"
	fill(browser, "Issue URL", "https://example.com/42")
	field(browser, "Issue URL").submit()
	says(browser, "The ticket is exempt: 1 credit is given back.", "Exempt", "4 credits", data["reason"])
	assert "is exempt" in focused(browser).text, "the keyboard was left on a form that is gone"
	found = state(data)
	assert (found["state"], found["balance"], found["exemption_url"]) == (
		"Exempt",
		4,
		"https://example.com/42",
	)
	act(browser, "Remove exemption")
	act(browser, "Remove")
	says(browser, "Charged", "3 credits")
	assert state(data)["state"] == "Charged"


def test_work_beyond_the_cover_is_said_and_extra_credits_are_proposed_with_it(browser: Browser) -> None:
	data = made("charged", worked="125")
	open_ticket(browser, data, "125 of 60 minutes", "65 minutes of work are not covered.")
	act(browser, "Propose 2 credits")
	assert field(browser, "Credits").get_attribute("value") == "2"
	assert field(browser, "Reason").get_attribute("value") == "125 minutes of work; 60 of them are covered."
	says(browser, "Covers 120 more minutes. The customer has 3 credits")
	browser.shot("agent-card-propose")
	act(browser, "Propose")
	says(browser, "2 more credits proposed", "125 minutes of work; 60 of them are covered.", "Withdraw")
	assert "not covered" not in browser.wait(CARD).text, "nothing else can be proposed now"
	assert state(data)["proposals"] == [["Open", 2]]
	browser.shot("agent-card-proposed")
	act(browser, "Withdraw")
	says(browser, "Withdrawn. Nothing was charged.", "are not covered.")
	assert state(data)["proposals"] == [["Withdrawn", 2]]


def test_a_closed_ticket_is_charged_for_a_reason_only(browser: Browser) -> None:
	data = made("closed_automatic")
	open_ticket(browser, data, "Automatic", "No credits")
	act(browser, "Charge")
	fill(browser, "The ticket is closed. Why is it charged all the same?", "He wants it looked at.")
	browser.shot("agent-card-closed")
	act(browser, "Charge")
	says(browser, "1 credit", "Charged", "2 credits")
	found = state(data)
	assert (found["state"], found["charge_reason"]) == ("Charged", "He wants it looked at.")


def test_when_helpdesk_changes_the_customer_the_card_follows(browser: Browser) -> None:
	data, other = made("charged"), made("other_company", credits="7")
	open_ticket(browser, data, "3 credits")
	address = "/api/method/frappe.client.set_value"
	# As Helpdesk's field does it, from its page.
	browser.driver.execute_script(
		"""const [address, name, value] = arguments;
		fetch(address, { method: "POST", headers: { "Content-Type": "application/json",
			"X-Frappe-CSRF-Token": window.csrf_token }, body: JSON.stringify({ doctype: "HD Ticket", name,
			fieldname: "customer", value }) });""",
		address,
		data["ticket"],
		other["customer"],
	)
	says(browser, "6 credits", "Charged")


def test_the_card_follows_the_ticket_and_leaves_others_alone(browser: Browser) -> None:
	data = made("charged")
	free = made("older_ticket", customer=data["customer"])
	open_ticket(browser, data, "3 credits")
	browser.driver.execute_script("window.same_page = true")
	go_to(browser, free["ticket"])
	browser.wait_text("Free of charge")
	until(browser, "the card of another ticket stays", lambda: count(browser, CARD) == 0)
	go_to(browser, data["ticket"])
	says(browser, "3 credits")
	assert count(browser, CARD) == 1
	assert browser.driver.execute_script("return window.same_page")


def go_to(browser: Browser, ticket: str) -> None:
	"""To another ticket by Helpdesk's own router, through its list."""
	browser.click_text("Tickets")
	row = browser.wait(f"a[href*='/tickets/{ticket}']")
	browser.driver.execute_script("arguments[0].click()", row)


@pytest.mark.parametrize("missing", ["loader", "place"])
def test_where_it_finds_no_place_nothing_breaks_and_the_headers_button_remains(
	browser: Browser, missing: str
) -> None:
	data = made("charged")
	browser.driver.execute_cdp_cmd("Network.enable", {})
	if missing == "loader":
		browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/frontend/loader-*"]})
	else:
		script = (
			"document.querySelector = new Proxy(document.querySelector, { apply: (target, self, [css]) =>"
		)
		script += " css.includes('col-resize') ? null : target.call(self, css) });"
		browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
	enter(browser, data, f"/helpdesk/tickets/{data['ticket']}")
	browser.wait_text("Credits: Charged 1")
	browser.click_text("Credits: Charged 1")
	browser.wait_text("Split: the new ticket costs 1 credit.")
	assert count(browser, CARD) == 0


def test_when_the_server_does_not_answer_the_card_says_so_and_asks_again(browser: Browser) -> None:
	data = made("charged")
	browser.driver.execute_cdp_cmd("Network.enable", {})
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*support_credits.api.agent.ticket*"]})
	open_ticket(browser, data, "The server could not be reached.", "Try again")
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
	act(browser, "Try again")
	says(browser, "3 credits")


def test_a_refusal_is_said_in_the_form_which_stays_as_it_was_filled_in(browser: Browser) -> None:
	data = made("charged", worked="61")
	open_ticket(browser, data, "61 of 60 minutes")
	act(browser, "Propose 1 credit")
	on_site("exempt_ticket", ticket=data["ticket"])
	act(browser, "Propose")
	says(browser, "extra credits are charged on top of a charge only")
	assert field(browser, "Reason").get_attribute("value") == "61 minutes of work; 60 of them are covered."
	assert state(data)["proposals"] == []


def test_with_the_keyboard_a_form_opens_on_its_first_field_and_escape_leaves_it(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	button = browser.wait(f"{CARD} [data-act=log]")
	browser.driver.execute_script("arguments[0].focus()", button)
	focused(browser).send_keys(Keys.ENTER)
	until(browser, "no field got the keyboard", lambda: focused(browser).get_attribute("type") == "number")
	focused(browser).send_keys("a5s")  # Helpdesk's own shortcuts are letters
	assert count(browser, "[role=menu]") == 0
	focused(browser).send_keys(Keys.ESCAPE)
	until(browser, "the form stays", lambda: count(browser, f"{CARD} form") == 0)
	assert focused(browser).text == "Log work"


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_the_card_and_its_forms_have_no_grave_finding(browser: Browser, shade: str) -> None:
	data = made("charged", worked="61")
	open_ticket(browser, data, "61 of 60 minutes")
	browser.driver.execute_script("localStorage.setItem('theme', arguments[0])", shade)
	browser.driver.refresh()
	says(browser, "61 of 60 minutes")
	act(browser, "Start timer")
	says(browser, "Stop")
	browser.shot(f"agent-card-{shade}")
	assert grave_findings(browser, CARD) == []
	for name in ("Exempt", "Propose 1 credit", "Log work", "Work by the hour"):
		act(browser, name)
		browser.wait(f"{CARD} form")
		assert grave_findings(browser, CARD) == [], name
		act(browser, "Back")


@pytest.fixture
def chosen_customer() -> Iterator[None]:
	made("ask_for_customer", shown="1")
	yield
	made("ask_for_customer", shown="0")


def test_a_new_ticket_shows_the_quote_for_the_customer_an_agent_has_chosen(
	browser: Browser, chosen_customer: None
) -> None:
	data, other = made("charged"), made("other_company", credits="7")
	enter(browser, data, NEW)
	says(browser, "Choose a customer", css=QUOTE)
	browser.shot("agent-new")
	choose(browser, "Customer", data["customer"])
	says(browser, "This ticket costs 1 credit", "2 of 3", css=QUOTE)
	browser.shot("agent-new-quote")
	choose(browser, "Customer", other["customer"])
	says(browser, "This ticket costs 1 credit", "6 of 7", css=QUOTE)
	assert grave_findings(browser, QUOTE) == []
	assert "Buy credits" not in browser.wait(QUOTE).text


def test_a_new_ticket_of_which_no_customer_is_chosen_is_as_without_the_app(browser: Browser) -> None:
	data = made("charged")
	enter(browser, data, NEW)
	browser.wait('#app input[maxlength="140"]')
	until(
		browser,
		"the form script did not run",
		lambda: browser.driver.execute_script("return Boolean(window.support_credits_form)"),
	)
	assert count(browser, ".sc-slot") == 0


def test_on_a_phone_the_card_is_one_line_that_opens(browser: Browser) -> None:
	phone(browser)
	data = made("charged")
	enter(browser, data, f"/helpdesk/tickets/{data['ticket']}")
	summary = browser.wait(f"{COMPACT} button[aria-expanded]")
	assert (summary.get_attribute("aria-expanded"), summary.text.split()) == (
		"false",
		["1", "credit", "Charged"],
	)
	browser.shot("agent-phone")
	summary.click()
	says(browser, "3 credits", "Start timer", css=COMPACT)
	browser.shot("agent-phone-open")
	assert grave_findings(browser, COMPACT) == []
	width = browser.driver.execute_script("return document.documentElement.scrollWidth")
	assert width <= 390, "the page scrolls sideways"
