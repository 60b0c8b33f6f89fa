"""Every report in the desk: it opens with rows, exports to CSV and Excel, and says so when there is nothing."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

from conftest import Browser, on_site
from credits_page import until
from desk import confirm
from selenium.webdriver.common.by import By

YEAR = {"from_date": "2026-01-01", "to_date": "2099-12-31"}
LATELY = {
	"from_date": str(date.today() - timedelta(days=7)),
	"to_date": str(date.today() + timedelta(days=1)),
}
PAST = {"from_date": "2026-01-01", "to_date": "2026-12-31"}
# Its filters, a column that has to be there, and what is said where there is nothing.
REPORTS = {
	"Credit Ledger": (YEAR, "Takes Effect", "No entry was posted in this time"),
	"Credit Balances": ({}, "Spendable", "No Credit Account answers these filters."),
	"Expiring Lots": (YEAR, "Days Left", "No credits end in this time."),
	"Outstanding Credits": ({}, "At Price Paid", "Nobody has credits that can be spent"),
	"Breakage": (PAST, "Expired In", "No credits expired unused in this time."),
	"Consumption": (PAST, "Given Back", "Nothing was charged or given back in this time."),
	"Exemptions": (PAST, "Set By", "No ticket that is exempt answers these filters."),
	"Response by Tier": (PAST, "Promise Kept", "No ticket of a tier came in during this time."),
	"Emergency Hours": (LATELY, "Billed (h)", "No session was stopped in this time"),
}
ROWS = ".datatable .dt-scrollable .dt-row"


@cache
def year() -> dict[str, str]:
	return on_site("year", module="report_data")


OPENED = """
const report = window.frappe?.query_report;
return report?.report_name === arguments[0] && report.filters?.length > 0;
"""


ANSWERED = """
const report = frappe.query_report;
return report.get_filter_values().customer === arguments[0] && report.last_ajax?.readyState === 4;
"""


def open_report(browser: Browser, name: str, **chosen: str) -> None:
	"""With its filters in the address; the host may draw the report before it has read them there, so they are set again."""
	browser.open(f"/app/query-report/{quote(name)}?{urlencode(chosen)}")
	browser.wait(".page-title .title-text")
	until(browser, lambda: browser.driver.execute_script(OPENED, name), f"{name} did not open")
	browser.driver.execute_script("frappe.query_report.set_filter_value(arguments[0])", chosen)
	customer = chosen["customer"]
	until(browser, lambda: browser.driver.execute_script(ANSWERED, customer), f"{name} is not filtered")


def rows(browser: Browser) -> int:
	return sum(one.is_displayed() for one in browser.driver.find_elements(By.CSS_SELECTOR, ROWS))


def export(browser: Browser, kind: str, folder: Path) -> Path:
	"""Through the page's own menu and dialog."""
	before = set(folder.iterdir())
	browser.click(".menu-btn-group button")
	browser.click_text("Export")
	browser.dialog()
	browser.driver.execute_script("cur_dialog.set_value('file_format', arguments[0])", kind)
	confirm(browser)

	def came() -> list[Path]:
		return [one for one in folder.iterdir() if one not in before and one.suffix in (".csv", ".xlsx")]

	until(browser, came, f"no {kind} file came")
	gone = lambda: not browser.driver.find_elements(By.CSS_SELECTOR, ".modal-backdrop")  # noqa: E731
	until(browser, gone, "the dialog stays")
	return came()[0]


def test_every_report_opens_with_rows_and_is_exported(browser: Browser, tmp_path: Path) -> None:
	folder = tmp_path / "files"
	folder.mkdir()
	browser.driver.execute_cdp_cmd(
		"Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
	)
	data = year()
	browser.login(data["manager"], data["password"])
	for name, (chosen, heading, _nothing) in REPORTS.items():
		open_report(browser, name, customer=data["customer"], **chosen)
		until(browser, lambda: rows(browser) > 0, f"{name} has no rows")
		until(
			browser,
			lambda: browser.driver.find_elements(By.CSS_SELECTOR, ".report-summary .summary-item"),
			name,
		)
		until(
			browser,
			lambda: browser.driver.find_elements(By.CSS_SELECTOR, ".chart-wrapper svg"),
			f"{name}: no chart",
		)
		browser.shot(f"report-{name.lower().replace(' ', '-')}")
		count = rows(browser)
		with export(browser, "CSV", folder).open(encoding="utf-8-sig", newline="") as file:
			table = list(csv.reader(file))
		assert heading in table[0], (name, table[0])
		assert len(table) - 1 >= count > 0, name  # the page draws as many as fit
		book = export(browser, "Excel", folder)
		with zipfile.ZipFile(book) as parts:
			assert "xl/worksheets/sheet1.xml" in parts.namelist(), name


def test_a_report_without_data_says_so(browser: Browser) -> None:
	data = year()
	browser.login(data["manager"], data["password"])
	for name, (chosen, _heading, nothing) in REPORTS.items():
		open_report(browser, name, customer=data["nobody"], **chosen)
		browser.wait_text(nothing)
		assert rows(browser) == 0, name
	browser.shot("report-nothing")
