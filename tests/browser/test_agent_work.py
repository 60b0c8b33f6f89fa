"""An agent's work on Helpdesk's ticket page: his timer, what he types, and help by the hour."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from agent_card import act, field, fill, focused, made, open_ticket, says, state
from conftest import Browser
from portal import until


def test_a_timer_survives_a_reload_and_another_browser_and_ends_as_one_log(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	act(browser, "Start timer")
	assert re.search(r"\b0:\d\d\b", says(browser, "Timer", "0:"))
	until(browser, "the keyboard was left on a gone button", lambda: focused(browser).text == "Stop")
	made("timer_ran", ticket=data["ticket"], minutes="12")
	browser.driver.refresh()
	assert re.search(r"\b12:\d\d\b", says(browser, "Timer", "12:"))
	browser.shot("agent-card-timer")
	browser.logout()
	made("timer_ran", ticket=data["ticket"], minutes="12")
	open_ticket(browser, data, "Timer", "12:")
	act(browser, "Stop")
	assert field(browser, "Minutes").get_attribute("value") == "13"
	browser.shot("agent-card-stop")
	fill(browser, "Note", "Read the logs")
	act(browser, "Log")
	says(browser, "13 minutes of work are logged.", "13 of 60 minutes", "Start timer")
	found = state(data)
	assert (found["logs"], found["timers"]) == ([[13, "Read the logs"]], 0)


def test_a_timer_can_be_thrown_away(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	act(browser, "Start timer")
	act(browser, "Stop")
	act(browser, "Throw away")
	says(browser, "Nothing is logged.", "Start timer")
	assert (state(data)["logs"], state(data)["timers"]) == ([], 0)


@pytest.fixture
def quarters() -> Iterator[None]:
	made("round_up_to", minutes="15")
	yield
	made("round_up_to", minutes="1")


def test_typed_work_is_rounded_up_as_the_form_says(browser: Browser, quarters: None) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	act(browser, "Log work")
	says(browser, "It is rounded up to the next 15 minutes.")
	fill(browser, "Minutes", "20")
	browser.shot("agent-card-log")
	act(browser, "Log")
	says(browser, "30 minutes of work are logged.", "30 of 60 minutes")
	assert state(data)["logs"] == [[30, ""]]


def test_an_emergency_session_shows_what_it_comes_to_while_it_runs(browser: Browser) -> None:
	data = made("charged")
	open_ticket(browser, data, "3 credits")
	act(browser, "Work by the hour")
	says(browser, "an hour.", "It takes no credits; it is invoiced.")
	browser.shot("agent-card-hourly")
	act(browser, "Start the clock")
	says(browser, "Emergency", "Running", "so far, at")
	once = says(browser, "so far, at")
	made("session_ran", ticket=data["ticket"], minutes="100")
	browser.driver.refresh()
	later = says(browser, "Running", "1:4", "so far, at")
	assert re.search(r"\b1:4\d:\d\d\b", later)
	assert amount(later) == 2 * amount(once), "two hours, to the nearest"
	browser.shot("agent-card-session")
	act(browser, "Pause")
	says(browser, "Paused")
	browser.shot("agent-card-session-paused")
	act(browser, "Resume")
	says(browser, "Running", "Pause")
	act(browser, "Stop")
	fill(browser, "What was done", "The array is rebuilt.")
	act(browser, "Stop")
	says(browser, "Stopped:", "Work by the hour")
	found = made("session_state", ticket=data["ticket"])
	assert found == {"state": "Stopped", "billed_minutes": 120, "summary": "The array is rebuilt."}
	assert state(data)["balance"] == 3, "it needs no credits"


def amount(said: str) -> float:
	"""The money before "so far"."""
	words = said.split(" so far")[0].split()
	return float("".join(letter for letter in words[-1] if letter.isdigit() or letter == "."))
