"""In Desk an agent gives a closed ticket to the customer who should have paid for it, and says why."""

from __future__ import annotations

import time

from agent_card import made
from conftest import Browser
from desk import choose, confirm, field, fill, refused

ASKED = "The ticket is closed. Why is it charged all the same?"


def test_a_closed_tickets_customer_is_set_in_desk_with_the_reason(browser: Browser) -> None:
	data = made("closed_of_another")
	browser.login(data["user"], data["password"])
	browser.open(f"/app/support-incident/{data['incident']}")
	assert ASKED in ask_customer(browser)
	choose(browser, "customer", data["right"])
	fill(browser, "reason", "It was theirs.")
	time.sleep(1)  # the host looks at its fields' conditions 0.1 s after one of them was changed
	assert field(browser, "reason").get_attribute("value") == "It was theirs."
	browser.shot("desk-closed-customer")
	confirm(browser)
	browser.wait_text(f"Ticket {data['ticket']}: Charged.")
	found = made("state", ticket=data["ticket"], account=data["right_account"])
	assert (found["state"], found["credits"], found["balance"]) == ("Charged", 1, 4)
	assert found["charge_reason"] == "It was theirs."
	assert made("state", ticket=data["ticket"], account=data["account"])["balance"] == 4


def test_without_a_reason_it_is_refused_and_the_dialog_keeps_what_was_chosen(browser: Browser) -> None:
	data = made("closed_of_another")
	browser.login(data["user"], data["password"])
	browser.open(f"/app/support-incident/{data['incident']}")
	ask_customer(browser)
	choose(browser, "customer", data["right"])
	confirm(browser)
	refused(browser, f"Ticket {data['ticket']} is closed, and {data['right']} would pay for it.")
	browser.shot("desk-closed-customer-refused")
	assert made("state", ticket=data["ticket"], account=data["account"])["balance"] == 3
	assert field(browser, "customer").get_attribute("value") == data["right"]
	fill(browser, "reason", "It was theirs.")
	confirm(browser)
	browser.wait_text(f"Ticket {data['ticket']}: Charged.")
	assert made("state", ticket=data["ticket"], account=data["right_account"])["balance"] == 4


def test_an_open_tickets_customer_needs_no_reason(browser: Browser) -> None:
	data, right = made("charged"), made("other_company")
	browser.login(data["user"], data["password"])
	browser.open(f"/app/support-incident?account={data['account']}")
	browser.click(".list-row .list-subject a")
	assert "Why is it charged" not in ask_customer(browser)
	choose(browser, "customer", right["customer"])
	confirm(browser)
	browser.wait_text(f"Ticket {data['ticket']}: Charged.")
	found = made("state", ticket=data["ticket"], account=right["account"])
	assert (found["balance"], found["charge_reason"]) == (4, "")


def ask_customer(browser: Browser) -> str:
	"""Open the dialog; returns what it says."""
	browser.click_text("Credits")
	browser.click_text("Set Customer")
	return browser.dialog().text
