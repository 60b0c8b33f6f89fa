"""An agent's card on Helpdesk's ticket page, as the tests use it."""

from __future__ import annotations

from functools import partial

from conftest import Browser, on_site
from portal import enter, until
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

made = partial(on_site, module="agent_data")
CARD = ".sc-slot-agent section"
COMPACT = ".sc-slot-top section"


def open_ticket(browser: Browser, data: dict[str, str], *texts: str) -> None:
	enter(browser, data, f"/helpdesk/tickets/{data['ticket']}")
	says(browser, "Credits", *texts)


def says(browser: Browser, *texts: str, css: str = CARD) -> str:
	"""Wait until the card says all of ``texts``; returns what it says."""
	shown: list[str] = []

	def said() -> bool:
		found = browser.driver.find_elements(By.CSS_SELECTOR, css)
		shown[:] = [found[0].text] if found else []
		return bool(shown) and all(text in shown[0] for text in texts)

	try:
		until(browser, f"the card never said {texts}", said)
	except Exception as error:
		raise AssertionError(f"{texts} not in {shown}") from error
	return shown[0]


def gone(browser: Browser, text: str) -> None:
	until(browser, f"the card still says {text}", lambda: text not in browser.wait(CARD).text)


def act(browser: Browser, name: str) -> None:
	"""Press one of the card's own buttons."""

	def pressed() -> bool:
		for button in browser.driver.find_elements(By.CSS_SELECTOR, f"{CARD} button"):
			if button.text.strip() == name and button.is_enabled():
				browser.driver.execute_script("arguments[0].scrollIntoView({block: 'nearest'})", button)
				button.click()
				return True
		return False

	until(browser, f"the card has no button {name}", pressed)


def field(browser: Browser, label: str) -> WebElement:
	path = f"//section//label[span[contains(., '{label}')]]//*[self::input or self::textarea or self::select]"
	until(browser, f"no field {label}", lambda: browser.driver.find_elements(By.XPATH, path))
	return browser.driver.find_elements(By.XPATH, path)[0]


def fill(browser: Browser, label: str, text: str) -> None:
	found = field(browser, label)
	found.clear()
	found.send_keys(text)


def state(data: dict[str, str]) -> dict[str, object]:
	return made("state", ticket=data["ticket"], account=data["account"])


def focused(browser: Browser) -> WebElement:
	return browser.driver.switch_to.active_element
