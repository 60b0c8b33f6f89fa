"""An admin sees what a Support Calendar means before he saves it: its week, its holidays, and when a ticket would be due."""

from __future__ import annotations

import pytest
from conftest import URL, Browser, on_site
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.skipif(not URL, reason="needs a bench: make test-browser")

PHONE = (390, 844)


def open_calendar(browser: Browser) -> dict:
	made = on_site("support_hours")
	browser.login(made["manager"], made["password"])
	browser.open(f"/app/support-calendar/{made['calendar']}")
	browser.wait(".sc-preview [role=table]")
	return made


def cells(browser: Browser) -> list[str]:
	found = browser.driver.find_elements(By.CSS_SELECTOR, ".sc-preview [role=cell]")
	return [cell.get_attribute("aria-label") for cell in found]


def test_the_week_the_holidays_and_the_deadlines_are_drawn(browser: Browser) -> None:
	made = open_calendar(browser)
	drawn = cells(browser)
	assert len(drawn) == 7
	assert any("08:00–24:00 all tickets" in cell for cell in drawn), drawn
	assert any("09:00–20:00 from Urgent up" in cell for cell in drawn), drawn
	page = browser.driver.find_element(By.CSS_SELECTOR, ".sc-preview").text
	assert made["tier"] in page
	assert "covered hours" in page
	assert made["holiday"] in page
	browser.shot("desk-calendar-hours")
	show_drawing(browser)
	browser.shot("desk-calendar")
	browser.driver.set_window_size(*PHONE)
	browser.driver.refresh()  # Desk lays its sidebar out when it loads
	browser.wait(".sc-preview [role=table]")
	show_drawing(browser)
	browser.shot("desk-calendar-phone")
	width = browser.driver.execute_script("return document.querySelector('.sc-preview').scrollWidth")
	assert width <= PHONE[0]


def show_drawing(browser: Browser) -> None:
	browser.driver.execute_script(
		"document.querySelector('.sc-preview').scrollIntoView(); window.scrollBy(0, -120)"
	)


def test_another_week_is_drawn_without_saving(browser: Browser) -> None:
	open_calendar(browser)
	first = browser.driver.find_element(By.CSS_SELECTOR, ".sc-preview [role=rowheader]").text
	browser.click_text("Week after")
	browser.wait_gone(".sc-preview [role=rowheader]", first)
	assert browser.driver.find_elements(By.CSS_SELECTOR, ".indicator-pill.orange") == []


def test_a_slip_is_said_where_the_week_would_be(browser: Browser) -> None:
	open_calendar(browser)
	browser.driver.execute_script(
		"cur_frm.doc.windows[0].ends = '25:00'; cur_frm.script_manager.trigger('time_zone')"
	)
	browser.wait_text('"25:00" is not a time of day from 00:00 to 24:00')


def test_an_incident_says_when_it_is_due_and_why(browser: Browser) -> None:
	made = open_calendar(browser)
	browser.open(f"/app/support-incident/{made['incident']}")
	browser.wait_text("Promised:")
	browser.wait_text("covered hours")
	browser.driver.execute_script(
		"document.querySelector('[data-fieldname=explanation]').scrollIntoView({ block: 'center' })"
	)
	browser.shot("desk-incident-deadline")


def test_an_agent_reads_the_deadline_and_its_reason_on_helpdesks_ticket_page(browser: Browser) -> None:
	made = on_site("support_hours")
	browser.login(made["manager"], made["password"])
	browser.open(f"/helpdesk/tickets/{made['ticket']}")
	browser.wait_text("Credits: Charged 1")
	browser.click_text("Credits: Charged 1")
	browser.wait_text("First response due")
	browser.wait_text("Aim:")
	browser.shot("agent-deadline")
