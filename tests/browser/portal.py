"""Helpdesk's portal as a customer uses it, with our parts on it."""

from __future__ import annotations

from functools import partial

from conftest import Browser, clicked, on_site
from selenium.webdriver.common.by import By

made = partial(on_site, module="portal_data")
NEW = "/helpdesk/my-tickets/new"
ENTRY = "[data-sc-entry]"
CARD = ".sc-slot section"
SUBJECT = '#app input[maxlength="140"]'

# Every frame in which the subject is on the page: where it is, and what of ours is there.
WATCH = """
window.scFrames = [];
(function frame() {
	const subject = document.querySelector(arguments_subject);
	if (subject) {
		const top = Math.round(subject.getBoundingClientRect().top);
		const [slot, said] = [".sc-slot", ".sc-slot h2"].map((css) => document.querySelector(css) !== null);
		window.scFrames.push({ top, slot, said });
	}
	requestAnimationFrame(frame);
})();
""".replace("arguments_subject", f"'{SUBJECT}'")


# What the page finds for a subject moves the editor and the button down.
ARTICLES = (
	"return performance.getEntriesByType('resource').some((one) => one.name.includes('api.article.search'))"
)


def log_in(browser: Browser, someone: dict[str, str]) -> None:
	browser.login(someone["user"], someone["password"])


def enter(browser: Browser, someone: dict[str, str], path: str) -> None:
	log_in(browser, someone)
	browser.open(path)


def phone(browser: Browser, width: int = 390) -> None:
	screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True}
	browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def until(browser: Browser, what: str, true: object) -> None:
	"""Wait until ``true()``; an element that the page has just replaced is looked up again."""
	browser.until(true, what)


def count(browser: Browser, css: str) -> int:
	return len(browser.driver.find_elements(By.CSS_SELECTOR, css))


def card_says(browser: Browser, *texts: str) -> str:
	"""Wait until the card says all of ``texts``; returns what it says."""

	def said() -> bool:
		shown = browser.driver.find_elements(By.CSS_SELECTOR, CARD)
		return bool(shown) and all(text in shown[0].text for text in texts)

	until(browser, f"the card never said {texts}", said)
	return browser.driver.find_element(By.CSS_SELECTOR, CARD).text


def choose(browser: Browser, label: str, option: str) -> None:
	"""Choose in one of Helpdesk's fields above the subject, by its label."""
	field = f"//div[span[contains(., '{label}')]]//button | //div[span[contains(., '{label}')]]//input"
	found = f"//*[@role='option'][contains(., '{option}')] | //li[contains(., '{option}')]"
	for path, what in ((field, f"no field {label}"), (found, f"no option {option}")):

		def pressed(path: str = path) -> bool:
			found = browser.driver.find_elements(By.XPATH, path)
			return clicked(next((one for one in found if one.is_displayed()), None))

		until(browser, what, pressed)


def send(browser: Browser, subject: str) -> None:
	"""Fill in and send Helpdesk's form. Its editor appears once a subject is typed."""
	browser.wait(SUBJECT)
	# The template's answer, with which our script comes, empties the editor.
	ready = "return Boolean(window.support_credits_form)"
	until(browser, "the form is not ready", lambda: browser.driver.execute_script(ready))
	browser.wait(SUBJECT).send_keys(subject)
	editor = browser.wait(".ProseMirror")
	editor.click()
	editor.send_keys("It does not print.")
	until(browser, "no articles were looked for", lambda: browser.driver.execute_script(ARTICLES))
	browser.click_text("Submit")


def wait_for_ticket(browser: Browser) -> str:
	until(browser, "no ticket was opened", lambda: browser.driver.current_url.rsplit("/", 1)[-1].isdigit())
	return browser.driver.current_url.rsplit("/", 1)[-1]
