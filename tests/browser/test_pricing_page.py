"""The public pricing page in a real browser: without JavaScript, on a phone, in the dark, and with a login."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe import grave_findings
from conftest import QUIET, SITE, URL, Browser, on_site
from credits_page import until
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

PAGE = "/support-credits"
DATA = "portal_data_pricing"
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
NO_SCRIPTS = {"profile.managed_default_content_settings.javascript": 2}


@pytest.fixture
def plain(tmp_path: Path, browser: Browser) -> Iterator[Browser]:
	"""The same browser with JavaScript switched off."""
	options = Options()
	options.binary_location = (
		browser.driver.capabilities.get("chrome", {}).get("binary", "") or "/usr/bin/chromium"
	)
	options.add_experimental_option("prefs", NO_SCRIPTS)
	rules = f"--host-resolver-rules=MAP {urlsplit(URL).hostname} 127.0.0.1"
	for flag in (*QUIET, rules, f"--user-data-dir={tmp_path / 'plain'}"):
		options.add_argument(flag)
	driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
	driver.set_window_size(1280, 900)
	yield Browser(driver, browser.shots)
	driver.quit()


def subject() -> str:
	return f"Move our mail server {time.time_ns()}"


def fill(browser: Browser, **fields: str) -> None:
	for name, text in fields.items():
		field = browser.wait(f"#sc-{name}")
		field.clear()
		field.send_keys(text)


def emulate(browser: Browser, shade: str) -> None:
	features = [{"name": "prefers-color-scheme", "value": shade}]
	browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def narrow(browser: Browser, size: str) -> None:
	width, height = SIZES[size]
	metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"}
	browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def test_a_visitor_without_javascript_reads_the_offer_and_asks_for_a_pack(plain: Browser) -> None:
	packs = on_site("provider", DATA, name="extremeshok")["packs"]
	plain.open(PAGE)
	cards = plain.driver.find_elements(By.CSS_SELECTOR, ".sc-card h3")
	assert [card.text for card in cards] == packs
	for said in ("You save US$317.00" if "US$" in plain.driver.page_source else "You save $317.00",
		"Response times", "Support hours", "1 h 30 min", "Pre-sales or product availability questions"):  # fmt: skip
		plain.wait_text(said)

	plain.driver.find_elements(By.LINK_TEXT, "Ask for this pack")[1].click()
	until(plain, lambda: plain.driver.current_url.endswith("?pack=INCIDENT-4#services"), "it leads elsewhere")
	assert Select(plain.wait("#sc-kind")).first_selected_option.text == "Buy credits"
	assert Select(plain.wait("#sc-pack")).first_selected_option.text == packs[1]
	wanted = subject()
	fill(plain, name="Rui Costa", email="rui@nowhere.example", subject=wanted, details="For our two offices.")
	plain.click_text("Send the request")
	plain.wait_text("Thank you. Your request has number")
	made = on_site("request", DATA, subject=f"Buy credits: {wanted}")
	assert (made["raised_by"], made["sc_state"], made["sc_credits"]) == (
		"rui@nowhere.example",
		"Not chargeable",
		0,
	)


def test_what_is_wrong_is_said_without_javascript_and_the_text_is_still_there(plain: Browser) -> None:
	plain.open(f"{PAGE}?kind=services#services")
	fill(plain, name="Rui", email="rui@nowhere", subject="Is <this> right?", details="Kept as it is.")
	plain.click_text("Send the request")
	assert (
		"cannot hold HTML" in plain.wait("[role=alert]").text or "e-mail" in plain.wait("[role=alert]").text
	)
	assert plain.wait("#sc-details").text == "Kept as it is."
	assert plain.wait("#sc-name").get_attribute("value") == "Rui"


def test_a_customer_who_is_logged_in_asks_as_himself(browser: Browser) -> None:
	data = on_site("provider", DATA, name="extremeshok")
	browser.login(data["user"], data["password"])
	browser.open(PAGE)
	assert data["customer"] not in browser.driver.page_source
	browser.click_text("Write a request")
	assert not browser.driver.find_elements(By.ID, "sc-email")
	wanted = subject()
	fill(browser, subject=wanted, details="By March.")
	browser.click_text("Send the request")
	browser.wait_text("Thank you. Your request has number")
	made = on_site("request", DATA, subject=f"Professional services: {wanted}")
	assert (made["raised_by"], made["customer"]) == (data["user"], data["customer"])
	assert (made["sc_state"], made["sc_credits"]) == ("Not chargeable", 0)


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("provider", ["extremeshok", "rockstor"])
def test_it_has_no_grave_finding_and_nothing_sticks_out(
	browser: Browser, provider: str, size: str, shade: str
) -> None:
	on_site("provider", DATA, name=provider)
	narrow(browser, size)
	emulate(browser, shade)
	for path in (PAGE, f"{PAGE}?kind=services#services"):
		browser.open(path)
		assert grave_findings(browser) == []
		wide = browser.driver.execute_script("return document.documentElement.scrollWidth")
		assert wide <= SIZES[size][0], f"{path} is {wide} wide"
	if SITE and shade == "light":
		browser.open(PAGE)
		browser.shot(f"pricing-{provider}-{size}")


def test_every_anchor_leads_to_a_heading_by_the_keyboard_alone(browser: Browser) -> None:
	browser.open(PAGE)
	first = browser.driver.switch_to.active_element
	first.send_keys("\ue004")  # Tab
	skip = browser.driver.switch_to.active_element
	assert skip.text == "Skip to the content"
	levels = [int(found.tag_name[1]) for found in browser.driver.find_elements(By.CSS_SELECTOR, "h1, h2, h3")]
	assert levels[0] == 1
	assert levels.count(1) == 1
	assert all(after <= before + 1 for before, after in pairwise(levels))
