"""A real headless Chromium against the bench's own web server, and the data of one journey on its test site."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
import requests
from selenium import webdriver
from selenium.common.exceptions import (
	ElementClickInterceptedException,
	ElementNotInteractableException,
	StaleElementReferenceException,
	WebDriverException,
)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

T = TypeVar("T")

URL = os.environ.get("SC_TEST_URL", "")
SITE = os.environ.get("SC_TEST_SITE", "")
BENCH = os.environ.get("SC_BENCH", "")
WAIT_SECONDS = 60
POLL_SECONDS = 0.1
# A page that is being drawn anew, or on which something moves or goes away: look again.
PASSING = [
	StaleElementReferenceException,
	ElementClickInterceptedException,
	ElementNotInteractableException,
]
QUIET = (
	"--headless=new",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-dev-shm-usage",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
)


def clicked(element: WebElement | None) -> bool:
	if element:
		element.click()
	return bool(element)


@dataclass
class Browser:
	"""One browser window of one person."""

	driver: webdriver.Chrome
	shots: Path
	taken: list[str] = field(default_factory=list)

	def open(self, path: str) -> None:
		self.driver.get(f"{URL}{path}")

	def until(self, true: Callable[[], T], otherwise: str) -> T:
		"""What ``true`` returns as soon as that is something; what the page has just replaced or moved is looked up again."""
		waiting = WebDriverWait(self.driver, WAIT_SECONDS, POLL_SECONDS, ignored_exceptions=PASSING)
		return waiting.until(lambda _driver: true(), otherwise)

	def shown(self, css: str) -> WebElement | None:
		"""The first element of ``css`` that a reader sees."""
		found = self.driver.find_elements(By.CSS_SELECTOR, css)
		return next((one for one in found if one.is_displayed()), None)

	def wait(self, css: str) -> WebElement:
		return self.until(lambda: self.shown(css), f"{css} did not appear on {self.driver.current_url}")

	def wait_text(self, text: str) -> None:
		"""Until the page says ``text`` somewhere a reader sees it."""
		body = lambda: self.driver.find_element(By.TAG_NAME, "body").text  # noqa: E731
		self.until(lambda: text in body(), f"{text!r} was never shown")

	def wait_gone(self, css: str, text: str) -> None:
		"""Until the first element of ``css`` says something else than ``text``."""

		def other() -> bool:
			found = self.driver.find_elements(By.CSS_SELECTOR, css)
			return bool(found) and found[0].text != text

		self.until(other, f"{css} still says {text!r}")

	def click(self, css: str) -> None:
		"""Click the first visible element of ``css``, once it can be clicked: what moves or is covered is tried again."""
		where = self.driver.current_url
		self.until(lambda: clicked(self.shown(css)), f"{css} could not be clicked on {where}")

	def click_text(self, text: str) -> None:
		"""Click the button, link or menu entry that says exactly ``text``, once it can be clicked."""

		def found() -> WebElement | None:
			for element in self.driver.find_elements(
				By.CSS_SELECTOR, "button, a, [role=menuitem], .dropdown-item"
			):
				if element.is_displayed() and element.text.strip() == text and element.is_enabled():
					return element
			return None

		self.until(lambda: clicked(found()), f"no {text!r} to click")

	def dialog(self) -> WebElement:
		"""The desk's dialog once it has come up: while it fades in it takes the focus, and ``cur_dialog`` is nobody."""
		script = "return window.cur_dialog?.display ? cur_dialog.$wrapper.find('.modal-content')[0] : null"
		where = self.driver.current_url
		return self.until(lambda: self.driver.execute_script(script), f"no dialog on {where}")

	def login(self, user: str, password: str) -> None:
		"""Without the login page, which other tests fill in, and without a page at all.

		The host answers whatever a visitor's page still asks for, if only its icon, with a visitor's cookie; an answer that
		comes late would end the session that had just begun.
		"""
		self.driver.get("about:blank")
		words, address = {"usr": user, "pwd": password}, urlsplit(URL)
		login = f"http://127.0.0.1:{address.port}/api/method/login"
		answer = requests.post(login, data=words, headers={"Host": address.netloc}, timeout=WAIT_SECONDS)
		answer.raise_for_status()
		for cookie in answer.cookies:
			self.driver.execute_cdp_cmd(
				"Network.setCookie", {"name": cookie.name, "value": cookie.value or "", "url": URL}
			)

	def login_on_its_page(self, user: str, password: str) -> None:
		self.open("/login")
		self.wait("#login_email").send_keys(user)
		self.wait("#login_password").send_keys(password)
		self.click("button.btn-login")
		self.until(lambda: "/login" not in self.driver.current_url, "the login page stays")

	def logout(self) -> None:
		"""Leave the page first: its late answers would bring the session's cookies back."""
		self.driver.get("about:blank")
		self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

	def shot(self, name: str) -> None:
		self.driver.save_screenshot(str(self.shots / f"{name}.png"))


class Chromium:
	"""One for all tests: half of a test's time would go into starting it and into compiling the same pages again."""

	def __init__(self, profiles: pytest.TempPathFactory) -> None:
		self.profiles = profiles
		self.driver: webdriver.Chrome | None = None

	def start(self) -> webdriver.Chrome:
		options = Options()
		options.binary_location = os.environ.get("SC_CHROME") or "/usr/bin/chromium"
		host = urlsplit(URL).hostname
		for flag in (
			*QUIET,
			f"--host-resolver-rules=MAP {host} 127.0.0.1",
			f"--user-data-dir={self.profiles.mktemp('profile')}",
		):
			options.add_argument(flag)
		self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
		self.driver.set_script_timeout(2 * WAIT_SECONDS)  # axe looks at a whole page
		return self.driver

	def as_new(self) -> webdriver.Chrome:
		"""Another one only where a test has left it crashed, or with a question that it asks the person."""
		driver = self.driver or self.start()
		try:
			forget(driver)
		except WebDriverException:
			self.quit()
			forget(driver := self.start())
		return driver

	def quit(self) -> None:
		if self.driver:
			self.driver.quit()


def forget(driver: webdriver.Chrome) -> None:
	"""Leave one empty tab, which nothing has been told, and no memory of the site but files that never change."""
	old = driver.window_handles
	driver.switch_to.new_window("tab")
	new = driver.current_window_handle
	for handle in old:
		driver.switch_to.window(handle)
		driver.close()
	driver.switch_to.window(new)
	driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
	driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": URL, "storageTypes": "all"})
	driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "default"})
	driver.execute_cdp_cmd("Browser.resetPermissions", {})
	driver.set_window_size(1280, 900)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
	found = Chromium(tmp_path_factory)
	yield found
	found.quit()


@pytest.fixture
def browser(chromium: Chromium, tmp_path: Path) -> Browser:
	return Browser(chromium.as_new(), Path(os.environ.get("SC_SHOTS") or tmp_path))


@cache
def site_process() -> subprocess.Popen[str]:
	"""The process in which functions run on the test site; it ends with the tests."""
	python, script = Path(BENCH) / "env" / "bin" / "python", Path(__file__).with_name("site_process.py")
	process = subprocess.Popen(
		[python, "-W", "ignore", script, SITE],
		cwd=Path(BENCH) / "sites",
		stdin=subprocess.PIPE,
		stdout=subprocess.PIPE,
		stderr=subprocess.DEVNULL,
		text=True,
	)
	atexit.register(process.terminate)
	return process


def on_site(function: str, module: str = "browser_data", **arguments: str) -> dict:
	"""Run a function of a module of the server suite's on the test site and return what it returns."""
	process = site_process()
	call = {"path": f"support_credits.tests.{module}.{function}", "arguments": arguments}
	process.stdin.write(json.dumps(call) + "\n")
	process.stdin.flush()
	said = json.loads(process.stdout.readline())
	assert "error" not in said, said["error"]
	return said["answer"]
