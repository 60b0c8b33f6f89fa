"""In Desk an agent gives a closed ticket to the customer who should have paid for it, and says why."""

from __future__ import annotations

from agent_card import made
from conftest import Browser
from portal import until

SET = "cur_dialog.set_value(arguments[0], arguments[1])"


def test_a_closed_tickets_customer_is_set_in_desk_with_the_reason(browser: Browser) -> None:
	data = made("closed_of_another")
	browser.login(data["user"], data["password"])
	browser.open(f"/app/support-incident/{data['incident']}")
	browser.click_text("Credits")
	browser.click_text("Set Customer")
	dialog = browser.dialog()
	assert "The ticket is closed. Why is it charged all the same?" in dialog.text
	browser.driver.execute_script(SET, "customer", data["right"])
	value = "return cur_dialog.get_value('customer')"
	until(browser, "no customer", lambda: browser.driver.execute_script(value) == data["right"])
	browser.wait(".modal.show [data-fieldname=reason] textarea").send_keys("It was theirs.")
	browser.shot("desk-closed-customer")
	browser.click_text("Set")
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
	browser.click_text("Credits")
	browser.click_text("Set Customer")
	assert "Why is it charged" not in browser.dialog().text
	browser.driver.execute_script(SET, "customer", right["customer"])
	value = "return cur_dialog.get_value('customer')"
	until(browser, "no customer", lambda: browser.driver.execute_script(value) == right["customer"])
	browser.click_text("Set")
	browser.wait_text(f"Ticket {data['ticket']}: Charged.")
	found = made("state", ticket=data["ticket"], account=right["account"])
	assert (found["balance"], found["charge_reason"]) == (4, "")
