"""A customer orders credits in the portal, and what the provider does about it is what he sees."""

from __future__ import annotations

import time

from conftest import Browser
from credits_page import (
	BALANCE,
	balance,
	break_off,
	delay,
	open_page,
	section,
	until,
)
from orders_page import (
	DIALOG,
	TERMS,
	accept,
	button,
	choose,
	chosen,
	dialog,
	made,
	no_dialog,
	order_number,
	orders,
	over_api,
	press,
	row_action,
	total,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def test_a_customer_orders_and_has_his_credits_and_his_ticket_once_it_is_paid(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"])
	assert balance(browser) == 0
	assert data["ticket"] in section(browser, "Waiting for credits").text
	browser.click_text("Buy credits")
	choose(browser, data["packs"][1])
	assert total(browser).endswith("3,279.00 + VAT")
	browser.click("button[aria-label='One more']")
	assert total(browser).endswith("6,558.00 + VAT")
	assert "8 credits · Valid for 6 months" in dialog(browser).text
	accept(browser)
	browser.shot("buy-dialog")
	press(browser, "Order")
	name = order_number(browser)
	said = dialog(browser).text
	assert f"Order {name}: US$6,558.00. Your credits come as soon as it is paid." in said
	assert f"Write {name} as the reference." in said
	browser.shot("buy-placed")
	press(browser, "Close")
	no_dialog(browser)
	until(browser, lambda: orders(browser)[0][0].startswith(name), "the order is not listed")
	assert made("state_of", order=name)["state"] == "Open"
	assert balance(browser) == 0
	[row] = orders(browser)
	assert row[0].split("\n")[1] == "Open"
	assert row[1].split("\n") == ["2 × Four incidents", "8 credits"]
	assert row[2].split("\n") == ["US$6,558.00", "+ VAT"]
	assert "Stands until" in row[3]

	over_api(made("manager"), "orders.mark_paid", order=name, reference="Bank 4711")
	browser.driver.refresh()
	until(browser, lambda: balance(browser) == 7, "8 credits less 1 for the ticket")
	[row] = orders(browser)
	assert row[0].split("\n")[1] == "Paid"
	assert "Receipt reference: Bank 4711" in row[3]
	assert "Usable until" in row[3]
	assert row[4] == ""
	assert "Waiting for credits" not in [one.text for one in browser.driver.find_elements(By.TAG_NAME, "h2")]
	assert "Four incidents" in section(browser, "Your credits").text
	browser.shot("orders-paid")


def test_nothing_is_ordered_before_the_terms_are_accepted(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][0]}")
	assert chosen(browser) == data["packs"][0]
	assert f"I accept: {TERMS}" in dialog(browser).text
	assert not button(browser, "Order").is_enabled()
	browser.wait("[role=dialog] input[type=number]").send_keys(Keys.ENTER)
	time.sleep(0.5)
	assert made("orders_of", customer=data["customer"])["orders"] == []
	accept(browser)
	until(browser, lambda: button(browser, "Order").is_enabled(), "it cannot be ordered")
	accept(browser)
	until(browser, lambda: not button(browser, "Order").is_enabled(), "taking it back changes nothing")


def test_how_many_packs_is_held_to_what_an_order_can_be_and_the_total_is_exact(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][2]}")
	accept(browser)
	field = browser.wait("[role=dialog] input[type=number]")
	# 3 × 5,940.10 and the like are no float's strength.
	for typed, said in (("3", "17,820.30 + VAT"), ("67", "397,986.70 + VAT"), ("100", "594,010.00 + VAT")):
		field.send_keys(Keys.CONTROL, "a")
		field.send_keys(typed)
		until(browser, lambda said=said: total(browser).endswith(said), f"{typed} cost {total(browser)}")
	assert not browser.driver.find_element(By.CSS_SELECTOR, "button[aria-label='One more']").is_enabled()
	for typed in ("0", "101", "1.5"):
		field.send_keys(Keys.CONTROL, "a")
		field.send_keys(typed)
		until(browser, lambda: total(browser) == "", f"{typed} packs have a total")
		assert "Order from 1 to 100 packs." in dialog(browser).text
		assert not button(browser, "Order").is_enabled()


def test_an_order_that_is_sent_again_after_a_lost_answer_is_one_order(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][0]}")
	accept(browser)
	lose_the_answer(browser, "orders.order")
	press(browser, "Order")
	browser.wait_text("The server could not be reached. Check your connection.")
	press(browser, "Order")
	name = order_number(browser)
	assert [one["name"] for one in made("orders_of", customer=data["customer"])["orders"]] == [name]


def lose_the_answer(browser: Browser, part: str) -> None:
	"""Have the next answer of an address be lost on its way: the server has done its work."""
	script = """
	const [part] = arguments;
	const real = window.fetch;
	let lost = false;
	window.fetch = async (address, ...rest) => {
		const answer = await real(address, ...rest);
		if (lost || !String(address).includes(part)) return answer;
		lost = true;
		throw new TypeError("Failed to fetch");
	};
	"""
	browser.driver.execute_script(script, part)


def test_an_order_under_way_cannot_be_dismissed(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][0]}")
	accept(browser)
	delay(browser, {"orders.order": 10})
	press(browser, "Order")
	until(browser, lambda: not button(browser, "Not now").is_enabled(), "it can be dismissed")
	browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
	time.sleep(0.5)
	assert browser.driver.find_elements(By.CSS_SELECTOR, DIALOG)
	assert order_number(browser)


def test_a_refusal_is_said_in_the_dialog_and_another_pack_can_be_ordered(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][0]}")
	accept(browser)
	made("off_sale", pack=data["packs"][0])
	press(browser, "Order")
	until(browser, lambda: "is not on sale. Choose another one." in dialog(browser).text, "it is not said")
	choose(browser, data["packs"][1])
	press(browser, "Order")
	assert order_number(browser)


def test_a_price_that_has_changed_is_said_and_shown_before_anything_is_ordered(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][2]}")
	accept(browser)
	made("dearer", pack=data["packs"][2], price="6000")
	press(browser, "Order")
	until(browser, lambda: "The price has changed: 1 × " in dialog(browser).text, "it is not said")
	until(browser, lambda: total(browser).endswith("6,000.00 + VAT"), f"it costs {total(browser)}")
	assert not made("orders_of", customer=data["customer"])["orders"]
	press(browser, "Order")
	assert order_number(browser)


def test_the_packs_can_be_asked_for_again_where_the_server_was_not_reached(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"])
	browser.wait(BALANCE)
	break_off(browser, "offer.packs")
	browser.click_text("Buy credits")
	browser.wait_text("The server could not be reached. Check your connection.")
	assert not button(browser, "Order").is_enabled()


def test_an_open_order_is_cancelled_after_a_question_and_cannot_be_paid_then(browser: Browser) -> None:
	data = made("buyer")
	name = made("raised", customer=data["customer"], pack=data["packs"][0])["order"]
	open_page(browser, data["user"], data["password"])
	row_action(browser, f"Cancel order {name}")
	assert f"Cancel order {name}?" in dialog(browser).text
	press(browser, "Keep it")
	no_dialog(browser)
	assert made("state_of", order=name)["state"] == "Open"
	row_action(browser, f"Cancel order {name}")
	press(browser, "Cancel the order")
	browser.wait_text(f"Order {name} is cancelled.")
	until(browser, lambda: orders(browser)[0][0].split("\n")[1] == "Cancelled", "the list does not follow")
	assert orders(browser)[0][4] == ""
	assert made("state_of", order=name)["state"] == "Cancelled"


def test_what_was_paid_meanwhile_is_not_cancelled(browser: Browser) -> None:
	data = made("buyer")
	name = made("raised", customer=data["customer"], pack=data["packs"][0])["order"]
	open_page(browser, data["user"], data["password"])
	row_action(browser, f"Cancel order {name}")
	over_api(made("manager"), "orders.mark_paid", order=name, reference="Bank 4712")
	press(browser, "Cancel the order")
	until(browser, lambda: "this order is paid" in dialog(browser).text, "it is not said why")
	assert made("state_of", order=name)["state"] == "Paid"


def test_an_order_an_agent_has_raised_is_accepted_by_the_customer_and_shown(browser: Browser) -> None:
	data = made("buyer")
	answer = over_api(
		made("agent"),
		"orders.raise_order",
		customer=data["customer"],
		pack=data["packs"][2],
		quantity=1,
		note="As agreed by phone",
		key="k1",
	)
	name = answer["order"]
	open_page(browser, data["user"], data["password"], f"?order={name}")
	said = dialog(browser).text
	assert "Our team raised this order for you. Nothing is bought until you pay it." in said
	assert f"I accept: {TERMS}" in said
	assert "US$5,940.10\n+ VAT" in said
	assert not button(browser, "Pay").is_enabled()
	assert not made("state_of", order=name)["terms_accepted_by"]
	accept(browser)
	press(browser, "Pay")
	until(browser, lambda: f"Write {name} as the reference." in dialog(browser).text, "it is not said how")
	kept = made("state_of", order=name)
	assert (kept["state"], kept["terms_accepted_by"]) == ("Open", data["user"])
	press(browser, "Close")
	no_dialog(browser)
	assert "order=" not in browser.driver.current_url
	until(browser, lambda: "Waits for you" not in orders(browser)[0][0], "it still waits")
	row_action(browser, f"Pay order {name}")  # once accepted it is not asked again
	until(browser, lambda: f"Write {name} as the reference." in dialog(browser).text, "it is not said how")


def test_a_member_who_may_not_act_sees_the_orders_and_why_he_cannot_order(browser: Browser) -> None:
	data = made("buyer")
	name = made("raised", customer=data["customer"], pack=data["packs"][0])["order"]
	open_page(browser, data["member"], data["password"])
	assert orders(browser)[0][0].startswith(name)
	assert orders(browser)[0][4] == ""
	why = f"Only a manager of {data['customer']} pays or cancels one."
	assert why in section(browser, "Orders").text
	browser.click_text("Buy credits")
	until(browser, lambda: "Only a manager of" in dialog(browser).text, "it is not said why")
	assert f"Only a manager of {data['customer']} can buy credits. Ask one of them." in dialog(browser).text
	browser.wait("[data-pack]")
	fields = dialog(browser).find_elements(By.TAG_NAME, "input")
	assert fields
	assert not [one for one in fields if one.is_enabled()]
	assert not button(browser, "Order").is_enabled()
