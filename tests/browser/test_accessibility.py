"""axe-core finds nothing serious on the customer's pages: each as it is on a desk, on a phone, and in the dark."""

from __future__ import annotations

import time

import pytest
from axe import grave_findings
from conftest import Browser
from credits_page import BALANCE, DIGEST, PAGE, made, open_page, resize, theme
from portal import wait_for_ticket
from test_first_journey import open_ticket

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
CARDS = ".sc-root"


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_credits_page_has_no_grave_finding(browser: Browser, size: str, shade: str) -> None:
	data = made("member_and_manager")
	made("proposal_for", ticket=data["ticket"], credits="2", reason="A second server needs the same work.")
	resize(browser, *SIZES[size])
	open_page(browser, data["manager"], data["password"])
	theme(browser, shade)
	browser.wait(DIGEST)
	for details in browser.driver.find_elements("css selector", "details"):
		browser.driver.execute_script("arguments[0].open = true", details)
	assert grave_findings(browser) == []
	browser.click_text("Accept")
	browser.wait("[role=dialog]")
	time.sleep(0.5)  # it fades in, and half faded has no contrast
	assert grave_findings(browser) == []


def test_what_a_member_sees_without_rights_or_credits_has_no_grave_finding(browser: Browser) -> None:
	data = made("in_need")
	open_page(browser, data["user"], data["password"])
	browser.wait(BALANCE)
	browser.wait(DIGEST)
	assert grave_findings(browser) == []
	browser.open(f"{PAGE}?customer=Nobody")
	browser.wait("[role=alert]")
	assert grave_findings(browser) == []


def test_somebody_without_an_account_meets_no_grave_finding(browser: Browser) -> None:
	data = made("without_account")
	open_page(browser, data["user"], data["password"])
	browser.wait("h2")
	assert grave_findings(browser) == []


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_the_cards_on_helpdesks_pages_have_no_grave_finding(browser: Browser, shade: str) -> None:
	data = made("member_and_manager")
	open_page(browser, data["member"], data["password"])
	theme(browser, shade)
	browser.open("/helpdesk/my-tickets/new")
	browser.wait(".sc-slot h2")
	assert grave_findings(browser, CARDS) == []
	open_ticket(browser, "The gateway is down")
	wait_for_ticket(browser)
	browser.wait(".sc-slot dl")
	assert grave_findings(browser, CARDS) == []


@pytest.mark.parametrize("size", list(SIZES))
def test_the_pricing_page_has_no_grave_finding(browser: Browser, size: str) -> None:
	resize(browser, *SIZES[size])
	browser.open("/support-credits")
	browser.wait("h1")
	assert grave_findings(browser) == []
