"""The desk's dialogs for the browser tests: how people fill them in."""

from __future__ import annotations

from conftest import Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

MODAL = ".modal.show"
MAY_SEND = ".btn-modal-primary:not(.disabled)"  # the host says it by a class


def field(browser: Browser, name: str) -> WebElement:
	browser.dialog()
	return browser.wait(f"{MODAL} [data-fieldname={name}] :is(input, textarea)")


def fill(browser: Browser, name: str, text: str) -> None:
	found = field(browser, name)
	found.clear()
	found.send_keys(text)


def choose(browser: Browser, name: str, value: str) -> None:
	"""Fill in a link and take what it offers."""
	fill(browser, name, value)
	found = f"{MODAL} [data-fieldname={name}] [role=option]"

	def taken() -> bool:
		for one in browser.driver.find_elements(By.CSS_SELECTOR, found):
			if one.is_displayed() and value in one.text:
				one.click()
				return True
		return False

	browser.until(taken, f"{value!r} is not offered")
	# Until the server has confirmed it the field knows but its title.
	got = "return cur_dialog.get_value(arguments[0])"
	browser.until(lambda: browser.driver.execute_script(got, name) == value, f"{value!r} is not taken")


def refused(browser: Browser, text: str) -> None:
	"""Until the host has shown this message in full; then close it: while it moves, it does not listen."""
	browser.wait_text(text)
	browser.until(
		lambda: browser.driver.execute_script("return frappe.msg_dialog?.display"), "no message of the host's"
	)
	browser.driver.execute_script("frappe.hide_msgprint(true)")
	browser.until(
		lambda: browser.driver.execute_script("return !frappe.msg_dialog.$wrapper.is(':visible')"),
		"the message stays",
	)


def confirm(browser: Browser) -> None:
	browser.click(f"{MODAL} .btn-modal-primary")
