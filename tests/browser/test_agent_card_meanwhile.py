"""An agent's card while something happens elsewhere: a customer answers, a colleague works, the line breaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agent_card import CARD, act, field, fill, focused, made, open_ticket, says, state
from conftest import Browser
from portal import until

ACTIVITIES = "/api/method/helpdesk.helpdesk.doctype.hd_ticket.api.get_ticket_activities"
ASKED = "*support_credits.api.agent.ticket*"


def look_again(browser: Browser) -> None:
	"""As when the agent comes back to the page from another one."""
	browser.driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")


@contextmanager
def unanswered(browser: Browser) -> Iterator[None]:
	browser.driver.execute_cdp_cmd("Network.enable", {})
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": [ASKED]})
	yield
	browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def test_when_helpdesks_page_asks_for_its_ticket_again_the_card_follows(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	browser.driver.execute_script("window.same_page = true")
	act(browser, "Propose credits")
	fill(browser, "Reason", "A new index")
	act(browser, "Propose")
	says(browser, "1 more credit proposed", "Withdraw")
	made("answer", ticket=data["ticket"], member=data["member"], accept="1")
	# As it does when its socket says that somebody has changed the ticket.
	browser.driver.execute_script("fetch(arguments[0])", f"{ACTIVITIES}?ticket={data['ticket']}")
	says(browser, "2 credits", "0 of 120 minutes", "Accepted", "Propose credits")
	assert browser.driver.execute_script("return window.same_page")


def test_taken_back_too_late_it_says_why_and_what_became_of_it(browser: Browser) -> None:
	data = made("charged", credits="1")
	open_ticket(browser, data, "No credits")
	act(browser, "Propose credits")
	fill(browser, "Reason", "A new index")
	act(browser, "Propose")
	says(browser, "Withdraw")
	made("declined_unseen", ticket=data["ticket"])
	act(browser, "Withdraw")
	says(browser, "cannot be answered", "Declined", "Propose credits")


def test_what_is_being_written_stays_when_the_line_breaks(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	act(browser, "Propose credits")
	fill(browser, "Reason", "It takes a new index.")
	with unanswered(browser):
		look_again(browser)
		says(browser, "The server could not be reached.", "Charged")
		assert field(browser, "Reason").get_attribute("value") == "It takes a new index."
	act(browser, "Try again")
	until(browser, "it goes on saying so", lambda: "could not be reached" not in browser.wait(CARD).text)
	assert field(browser, "Reason").get_attribute("value") == "It takes a new index."


def test_a_colleagues_session_says_whose_it_is_and_may_be_stopped_for_him(browser: Browser) -> None:
	data = made("charged")
	colleague = made("colleague_at_work", ticket=data["ticket"])
	open_ticket(browser, data, "Emergency", "Running", f"Started by {colleague['name']}.")
	act(browser, "Stop")
	act(browser, "Back")
	until(browser, "the keyboard was left on a form that is gone", lambda: focused(browser).text == "Stop")
	act(browser, "Stop")
	fill(browser, "What was done", "Rebuilt.")
	act(browser, "Stop")
	says(browser, "Stopped:", "Rebuilt.", "at US$329.00 an hour")
	assert made("session_state", ticket=data["ticket"])["state"] == "Stopped"


def test_who_works_elsewhere_reads_why_he_cannot_start_here(browser: Browser) -> None:
	data = made("charged")
	beside = made("at_work_elsewhere", user=data["user"], customer=data["customer"])
	open_ticket(browser, data, f"Work by the hour: You are working on session {beside['session']}")
	assert "Start the clock" not in browser.wait(CARD).text


def test_right_to_left_and_with_a_long_name_nothing_sticks_out(browser: Browser) -> None:
	data = made("charged", worked="125")
	open_ticket(browser, data, "Propose 2 credits")
	act(browser, "Start timer")
	says(browser, "Stop")
	label = made("exempt_at_length", ticket=data["ticket"])["label"]
	browser.driver.refresh()
	says(browser, label)
	for direction in ("ltr", "rtl"):
		browser.driver.execute_script("document.documentElement.dir = arguments[0]", direction)
		browser.shot(f"agent-card-{direction}")
		wide = browser.driver.execute_script(
			"const card = document.querySelector(arguments[0]); return card.scrollWidth - card.clientWidth",
			CARD,
		)
		assert wide <= 0, direction
	assert state(data)["timers"] == 1
