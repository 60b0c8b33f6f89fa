"""Ordering on the Credits page and on the Desk: how to do it, and how the provider answers over HTTP."""

from __future__ import annotations

import json
from functools import partial
from http.cookiejar import CookieJar
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

from conftest import URL, Browser, on_site
from credits_page import section, until
from selenium.common.exceptions import NoSuchElementException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

made = partial(on_site, module="portal_data_orders")
DIALOG = "[role=dialog]"
TERMS = "Credits are not refunded. What is unused at the end of its term expires."


def dialog(browser: Browser) -> WebElement:
	return browser.wait(DIALOG)


def no_dialog(browser: Browser) -> None:
	until(browser, lambda: not browser.driver.find_elements(By.CSS_SELECTOR, DIALOG), "the dialog stays")


def press(browser: Browser, label: str) -> None:
	"""Press the dialog's button of that name once it can be pressed."""

	def pressed() -> bool:
		for one in dialog(browser).find_elements(By.TAG_NAME, "button"):
			if one.text == label and one.is_enabled():
				one.click()
				return True
		return False

	until(browser, pressed, f"{label!r} cannot be pressed")


def button(browser: Browser, label: str) -> WebElement:
	"""The dialog's button of that name, whether or not it can be pressed."""
	for one in dialog(browser).find_elements(By.TAG_NAME, "button"):
		if one.text == label:
			return one
	raise NoSuchElementException(label)


def choose(browser: Browser, pack: str) -> None:
	browser.click(f"[data-pack='{pack}'] input")


def chosen(browser: Browser) -> str:
	browser.wait("[data-pack]")
	found = browser.driver.find_elements(By.CSS_SELECTOR, "[data-pack]:has(input:checked)")
	return found[0].get_attribute("data-pack") or "" if found else ""


def total(browser: Browser) -> str:
	"""What the dialog says the choice costs; empty where it is none."""
	lines = browser.driver.find_element(By.CSS_SELECTOR, "[data-test=total]").text.split("\n")
	return lines[1] if len(lines) > 1 else ""


def accept(browser: Browser) -> None:
	browser.click("[data-test=terms] input")


def order_number(browser: Browser) -> str:
	"""The number of the order that the dialog is about."""
	heading = lambda: dialog(browser).find_element(By.TAG_NAME, "h3").text  # noqa: E731
	until(browser, lambda: "CO-" in heading(), "no order was placed")
	return next(word for word in heading().split() if word.startswith("CO-"))


def orders(browser: Browser) -> list[list[str]]:
	"""The rows of the list: order, pack, total, days, actions."""
	rows = section(browser, "Orders").find_elements(By.CSS_SELECTOR, "tbody tr")
	return [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in rows]


def row_action(browser: Browser, label: str) -> None:
	"""Press a button of the list by its full name, which says of which order."""
	browser.click(f"button[aria-label='{label}']")


def over_api(someone: dict[str, str], method: str, **arguments: object) -> dict:
	"""Log in and call an endpoint, as an integration of the provider's does."""
	address = urlsplit(URL)
	opener = build_opener(HTTPCookieProcessor(CookieJar()))

	def post(path: str, body: dict[str, object]) -> dict:
		headers = {
			"Host": address.netloc,
			"Content-Type": "application/json",
			"Accept": "application/json",
		}
		where = f"http://127.0.0.1:{address.port}/api/method/{path}"
		request = Request(where, json.dumps(body).encode(), headers)
		with opener.open(request, timeout=60) as answer:
			return json.loads(answer.read())

	post("login", {"usr": someone["user"], "pwd": someone["password"]})
	return post(f"support_credits.api.{method}", arguments)["message"]
