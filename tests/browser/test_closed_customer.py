"""In Desk an agent gives a closed ticket to the customer who should have paid for it, and says why."""

from __future__ import annotations

from agent_card import made
from conftest import Browser
from desk import choose, confirm, fill

ASKED = "The ticket is closed. Why is it charged all the same?"


def test_a_closed_tickets_customer_is_set_in_desk_with_the_reason(browser: Browser) -> None:
	data = made("closed_of_another")
	browser.login(data["user"], data["password"])
	browser.open(f"/app/support-incident/{data['incident']}")
	assert ASKED in ask_customer(browser)
	choose(browser, "customer", data["right"])
	fill(browser, "reason", "It was theirs.")
	browser.shot("desk-closed-customer")
	confirm(browser)
	browser.wait_text(f"Ticket {data['ticket']}: Charged.")
	found = made("state", ticket=data["ticket"], account=data["right_account"])
	assert (found["state"], found["credits"], found["balance"]) == ("Charged", 1, 4)
	assert found["charge_reason"] == "It was theirs."
	assert made("state", ticket=data["ticket"], account=data["account"])["balance"] == 4


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
