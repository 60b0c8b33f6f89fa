"""Codes issued in Desk: shown once, taken along as a table and as a PDF, and nowhere to be found afterwards."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Browser
from credits_page import made, until
from desk import fill
from selenium.webdriver.common.by import By

CODE = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")


def test_a_manager_issues_codes_for_serials_and_takes_them_along(browser: Browser, tmp_path: Path) -> None:
	data = made("provider_manager")
	browser.driver.execute_cdp_cmd(
		"Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
	)
	browser.login(data["user"], data["password"])
	browser.open("/app/activation-batch")
	browser.click_text("Issue Codes")
	fill(browser, "batch", "Servers of May")
	fill(browser, "product", "Server EX")
	browser.driver.execute_script(
		"cur_dialog.set_value('brings', 'credits'); cur_dialog.set_value('credits', 2); cur_dialog.set_value('months', 12);"
		" cur_dialog.set_value('serials', arguments[0])",
		data["serials"],
	)
	browser.shot("issue-codes")
	browser.click_text("Issue")
	browser.wait_text("Print or save them now")
	codes = CODE.findall(browser.dialog().text)
	assert len(codes) == 2
	browser.shot("issued-codes")

	browser.click_text("CSV")
	browser.click_text("Cards (PDF)")
	until(
		browser, lambda: len([*tmp_path.glob("AB-*.pdf"), *tmp_path.glob("AB-*.csv")]) == 2, "no files came"
	)
	[table], [cards] = tmp_path.glob("AB-*.csv"), tmp_path.glob("AB-*.pdf")
	assert CODE.findall(table.read_text()) == codes
	assert data["serials"].splitlines()[0] in table.read_text()
	assert cards.read_bytes().startswith(b"%PDF")

	browser.click_text("I have them")
	browser.driver.refresh()
	browser.wait_text("Servers of May")
	browser.driver.find_element(By.LINK_TEXT, "Servers of May").click()
	browser.wait_text("2 left")
	assert not [code for code in codes if code in browser.driver.page_source]
