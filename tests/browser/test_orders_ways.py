"""Every way that leads to ordering credits, and how it looks: languages, themes, widths."""

from __future__ import annotations

import time

import pytest
from axe import grave_findings
from conftest import Browser
from credits_page import (
	BALANCE,
	DIGEST,
	PAGE,
	balance,
	open_page,
	resize,
	theme,
	until,
)
from orders_page import (
	accept,
	choose,
	chosen,
	dialog,
	made,
	no_dialog,
	order_number,
	orders,
	over_api,
	press,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


def test_the_address_opens_the_dialog_with_a_pack_and_forgets_it_when_it_is_closed(browser: Browser) -> None:
	data = made("buyer")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][1]}")
	assert chosen(browser) == data["packs"][1]
	press(browser, "Not now")
	no_dialog(browser)
	assert "buy=" not in browser.driver.current_url
	browser.open(f"{PAGE}?buy=")
	assert chosen(browser) == ""
	browser.open(f"{PAGE}?buy=GONE")
	browser.wait("[data-pack]")
	assert "Pack GONE is not on sale. Choose another one." in dialog(browser).text
	browser.open(f"{PAGE}?order=CO-1999-00001")
	browser.wait_text("Order CO-1999-00001 is not among your orders.")


def test_somebody_without_an_account_orders_his_first_credits(browser: Browser) -> None:
	data = made("newcomer")
	open_page(browser, data["user"], data["password"])
	browser.wait_text("You have no account of credits: your tickets are not charged.")
	browser.click_text("Buy credits")
	choose(browser, data["packs"][0])
	accept(browser)
	press(browser, "Order")
	name = order_number(browser)
	press(browser, "Close")
	no_dialog(browser)
	until(browser, lambda: orders(browser)[0][0].startswith(name), "the order is not listed")
	over_api(made("manager"), "orders.mark_paid", order=name, reference="Bank 4713")
	browser.driver.refresh()
	until(browser, lambda: balance(browser) == 2, "the credits did not come")


def test_the_providers_own_shop_goes_before_ordering_here(browser: Browser) -> None:
	data = made("buyer")
	made("shop", url="https://shop.example/credits")
	open_page(browser, data["user"], data["password"])
	browser.wait(BALANCE)
	links = browser.driver.find_elements(By.LINK_TEXT, "Buy credits")
	assert {one.get_attribute("href") for one in links} == {"https://shop.example/credits"}
	browser.open("/support-credits")
	links = browser.driver.find_elements(By.LINK_TEXT, "Get this pack")
	assert {one.get_attribute("href") for one in links} == {"https://shop.example/credits"}


def test_where_no_orders_are_taken_a_pack_is_asked_for(browser: Browser) -> None:
	data = made("buyer")
	made("taking_orders", taken="0")
	open_page(browser, data["user"], data["password"], f"?buy={data['packs'][0]}")
	until(browser, lambda: "Orders are not taken here." in dialog(browser).text, "it is not said")
	press(browser, "Not now")
	no_dialog(browser)
	browser.click_text("Buy credits")
	browser.wait("#buy")
	browser.driver.find_elements(By.LINK_TEXT, "Get this pack")[0].click()
	until(browser, lambda: asked_for(browser) == "Buy credits", "it asks for something else")
	made("taking_orders", taken="1")


def test_the_pricing_page_leads_a_member_to_the_pack_and_a_guest_through_the_login(browser: Browser) -> None:
	data = made("buyer")
	browser.open("/support-credits")
	browser.driver.find_elements(By.LINK_TEXT, "Get this pack")[1].click()
	browser.wait("#login_email").send_keys(data["user"])
	browser.wait("#login_password").send_keys(data["password"])
	browser.click("button.btn-login")
	shown = chosen(browser)
	offered = [
		one.get_attribute("data-pack") for one in browser.driver.find_elements(By.CSS_SELECTOR, "[data-pack]")
	]
	assert shown == offered[1]
	browser.open("/support-credits")
	browser.driver.find_elements(By.LINK_TEXT, "Get this pack")[0].click()
	assert chosen(browser) == offered[0]
	browser.open("/support-credits")
	browser.driver.find_elements(By.LINK_TEXT, "Ask for this pack")[0].click()
	until(browser, lambda: asked_for(browser) == "Buy credits", "it asks for something else")


def asked_for(browser: Browser) -> str:
	return Select(browser.wait("#sc-kind")).first_selected_option.text


def test_a_mail_about_an_order_leads_a_guest_to_it(browser: Browser) -> None:
	data = made("buyer")
	name = made("raised", customer=data["customer"], pack=data["packs"][0])["order"]
	browser.open(f"{PAGE}?order={name}")
	browser.wait("#login_email").send_keys(data["user"])
	browser.wait("#login_password").send_keys(data["password"])
	browser.click("button.btn-login")
	assert order_number(browser) == name


def test_the_way_on_of_a_card_in_the_portal_leads_to_the_dialog(browser: Browser) -> None:
	data = made("buyer", policy="Refuse")
	browser.login(data["user"], data["password"])
	browser.open("/helpdesk/my-tickets/new")
	card = lambda: browser.wait(".sc-slot section").text  # noqa: E731
	until(browser, lambda: "Buy credits" in card(), "the card offers no credits")
	browser.click_text("Buy credits")
	until(
		browser,
		lambda: len(browser.driver.window_handles) > 1 or PAGE in browser.driver.current_url,
		"no page",
	)
	browser.driver.switch_to.window(browser.driver.window_handles[-1])
	assert chosen(browser) == ""


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("language", ["en", "ar"])
def test_dialogs_and_list_have_no_grave_finding_and_nothing_sticks_out(
	browser: Browser, language: str, size: str, shade: str
) -> None:
	data = made("buyer", language=language)
	names = [made("raised", customer=data["customer"], pack=pack)["order"] for pack in data["packs"]]
	over_api(made("manager"), "orders.mark_paid", order=names[0], reference="Bank 4711 of 24 November")
	browser.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
	resize(browser, *SIZES[size])
	open_page(browser, data["user"], data["password"])
	theme(browser, shade)
	browser.wait(DIGEST)
	label = f"{language}-{size}-{shade}"
	table = browser.driver.find_element(By.CSS_SELECTOR, "button[aria-label*='CO-']")
	browser.driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", table)
	time.sleep(0.5)
	assert grave_findings(browser) == []
	assert_fits(browser)
	browser.shot(f"orders-{label}")
	for query, name in ((f"?buy={data['packs'][1]}", "buy"), (f"?order={names[1]}", "order")):
		browser.open(f"{PAGE}{query}")
		browser.wait("[data-test=terms]")
		time.sleep(0.5)  # it fades in, and half faded has no contrast
		assert grave_findings(browser) == []
		assert_fits(browser)
		browser.shot(f"{name}-{label}")
	accept(browser)
	dialog(browser).find_elements(By.TAG_NAME, "button")[-1].click()
	browser.wait("[data-test=to-pay]")
	time.sleep(0.3)
	assert grave_findings(browser) == []
	browser.shot(f"placed-{label}")


def assert_fits(browser: Browser) -> None:
	sizes = browser.driver.execute_script(
		"return ['html', 'main', '[role=dialog]'].map((one) => document.querySelector(one)).filter(Boolean)"
		".map((one) => [one.scrollWidth, one.clientWidth])"
	)
	assert all(scrolled <= shown for scrolled, shown in sizes), sizes
