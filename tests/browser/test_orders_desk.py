"""The provider's side of an order on the Desk: raise it, mark it paid, reverse it."""

from __future__ import annotations

from conftest import Browser
from credits_page import until
from desk import MODAL, choose, confirm, fill
from orders_page import made
from selenium.webdriver.common.by import By


def indicator(browser: Browser) -> tuple[str, str]:
	"""What the form's pill says, and its colour."""
	pill = browser.wait(".page-head .indicator-pill")
	return pill.text, next(name for name in pill.get_attribute("class").split() if name in COLORS)


COLORS = ("blue", "green", "gray", "orange", "red")


def test_a_manager_marks_an_order_paid_and_reverses_it(browser: Browser) -> None:
	data, till = made("buyer"), made("manager")
	name = made("raised", customer=data["customer"], pack=data["packs"][1])["order"]
	browser.login(till["user"], till["password"])
	browser.open(f"/app/credit-order/{name}")
	until(browser, lambda: indicator(browser) == ("Open", "blue"), "the form does not say Open")
	browser.click_text("Mark Paid")
	browser.wait(MODAL)
	until(browser, lambda: "4 credit(s) for Harbour" in browser.wait(MODAL).text, "it does not say for what")
	fill(browser, "reference", "Bank 4711")
	browser.shot("desk-order-pay")
	confirm(browser)
	browser.wait_text("4 credit(s) granted. Balance 3.")  # one went to the ticket that waited
	until(browser, lambda: indicator(browser) == ("Paid", "green"), "the form does not say Paid")
	browser.shot("desk-order")
	kept = made("state_of", order=name)
	assert (kept["state"], kept["payment_reference"]) == ("Paid", "Bank 4711")
	assert made("balance", account=data["account"])["balance"] == 3

	browser.click_text("Reverse")
	until(
		browser,
		lambda: "what was spent stays spent" in browser.wait(MODAL).text,
		"it is not said what happens",
	)
	fill(browser, "reason", "Charged back")
	confirm(browser)
	browser.wait_text("3 credit(s) voided; 1 were gone before and are not taken back.")
	until(browser, lambda: indicator(browser) == ("Reversed", "red"), "the form does not say Reversed")
	assert made("balance", account=data["account"])["balance"] == 0


def test_an_agent_raises_an_order_from_the_list_and_cancels_it(browser: Browser) -> None:
	data, someone = made("buyer"), made("agent")
	browser.login(someone["user"], someone["password"])
	browser.open("/app/credit-order")
	browser.click_text("Raise Order")
	choose(browser, "customer", data["customer"])
	choose(browser, "pack", data["packs"][0])
	fill(browser, "quantity", "3")
	fill(browser, "note", "As agreed by phone")
	browser.shot("desk-order-raise")
	confirm(browser)
	browser.wait_text("is raised. The customer is asked by mail.")
	[order] = made("orders_of", customer=data["customer"])["orders"]
	assert (order["pack"], order["quantity"], order["door"]) == (data["packs"][0], 3, "Agent")
	assert not order["terms_accepted_by"]
	assert made("state_of", order=order["name"])["note"] == "As agreed by phone"
	until(browser, lambda: order["name"] in browser.driver.page_source, "the list does not follow")
	browser.shot("desk-orders")

	browser.open(f"/app/credit-order/{order['name']}")
	until(browser, lambda: indicator(browser) == ("Open", "blue"), "the form does not say Open")
	buttons = [one.text for one in browser.driver.find_elements(By.CSS_SELECTOR, ".custom-actions button")]
	assert "Mark Paid" not in buttons  # a manager's
	browser.click_text("Cancel Order")
	fill(browser, "reason", "Not needed")
	confirm(browser)
	until(browser, lambda: indicator(browser) == ("Cancelled", "gray"), "the form does not say Cancelled")
	assert made("state_of", order=order["name"])["state"] == "Cancelled"


def test_an_order_is_raised_from_the_customers_account(browser: Browser) -> None:
	data, till = made("buyer"), made("manager")
	browser.login(till["user"], till["password"])
	browser.open(f"/app/credit-account/{data['account']}")
	browser.click_text("Raise Order")
	choose(browser, "pack", data["packs"][2])
	assert browser.wait(f"{MODAL} [data-fieldname=customer]").text.endswith(data["customer"])
	confirm(browser)
	browser.wait_text("is raised. The customer is asked by mail.")
	[order] = made("orders_of", customer=data["customer"])["orders"]
	assert (order["pack"], order["quantity"], order["state"]) == (data["packs"][2], 1, "Open")
