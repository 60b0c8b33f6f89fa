"""The Credits page for the browser tests: how to open it, and how to read it as people do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conftest import Browser, on_site
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

PAGE = "/helpdesk/credits"
BALANCE = "[data-test=balance]"
DIGEST = "[data-test=digest]"
made = partial(on_site, module="portal_data_credits")


def until(browser: Browser, true: Callable[[], object], what: str) -> None:
	browser.until(true, what)


def open_page(browser: Browser, user: str, password: str, query: str = "") -> None:
	browser.login(user, password)
	browser.open(f"{PAGE}{query}")
	browser.wait("h1")


def balance(browser: Browser) -> int:
	return int(browser.wait(f"{BALANCE} span").text)


def section(browser: Browser, title: str) -> WebElement:
	"""The part of the page under this heading."""
	found: list[WebElement] = []

	def there() -> bool:
		headings = browser.driver.find_elements(By.TAG_NAME, "h2")
		found[:] = [one for one in headings if one.text == title]
		return bool(found)

	until(browser, there, f"no part {title!r}")
	return found[0].find_element(By.XPATH, "ancestor::section")


def lines(browser: Browser) -> list[list[str]]:
	"""The statement's rows: date, what, ticket, lot, credits, balance after."""
	rows = section(browser, "Statement").find_elements(By.CSS_SELECTOR, "tbody tr")
	return [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in rows]


def wait_for_lines(browser: Browser, count: int) -> list[list[str]]:
	until(browser, lambda: len(lines(browser)) == count, f"not {count} lines")
	return lines(browser)


def number(text: str) -> int:
	return int(text.replace("−", "-").replace("+", ""))


def delay(browser: Browser, seconds: dict[str, float]) -> None:
	"""From now on, have the answers of addresses that hold one of these texts come so much later."""
	script = """
	const [seconds] = arguments;
	const real = window.fetch;
	window.fetch = async (address, ...rest) => {
		const [, late] = Object.entries(seconds).find(([part]) => String(address).includes(part)) ?? [];
		if (late) await new Promise((resolve) => setTimeout(resolve, late * 1000));
		return real(address, ...rest);
	};
	"""
	browser.driver.execute_script(script, seconds)


def asked(browser: Browser, method: str) -> list[str]:
	"""The addresses of a method that the page has asked for so far."""
	names = browser.driver.execute_script(
		"return performance.getEntriesByType('resource').map((one) => one.name)"
	)
	return [name for name in names if f"support_credits.api.{method}" in name]


def break_off(browser: Browser, part: str) -> None:
	"""From now on, have the server not be reached at addresses that hold this text."""
	script = """
	const [part] = arguments;
	const real = window.fetch;
	window.fetch = (address, ...rest) =>
		String(address).includes(part) ? Promise.reject(new TypeError("Failed to fetch")) : real(address, ...rest);
	"""
	browser.driver.execute_script(script, part)


def theme(browser: Browser, name: str) -> None:
	browser.driver.execute_script("localStorage.setItem('theme', arguments[0])", name)
	browser.driver.refresh()
	browser.wait(BALANCE)


def resize(browser: Browser, width: int, height: int) -> None:
	"""The page's own size: a window cannot be as narrow as a phone."""
	size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
	browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
