"""The list of emergency sessions in Desk: a file for invoicing."""

from __future__ import annotations

from conftest import Browser
from desk import confirm, field, fill, refused
from orders_page import made


def test_an_export_that_is_not_there_is_refused_and_the_dialog_keeps_what_was_asked(browser: Browser) -> None:
	till = made("manager")
	browser.login(till["user"], till["password"])
	browser.open("/app/emergency-session")
	browser.click_text("Export for Invoicing")
	fill(browser, "export", "No such export")
	confirm(browser)
	refused(browser, "No such export")
	assert field(browser, "export").get_attribute("value") == "No such export"
