"""Credits granted by hand in Desk: from the list of accounts, and from an account's form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from conftest import Browser, on_site
from desk import MAY_SEND, MODAL, choose, confirm, field, fill, refused
from orders_page import made

# The server has granted; the browser hears nothing of it, and of what is asked next it does.
LOSE_THE_ANSWER = """
const call = frappe.call;
frappe.call = (...asked) => {
	if (asked[0].method !== "support_credits.api.account.grant") return call(...asked);
	frappe.call = call;
	return call(...asked).then(() => Promise.reject({ status: 0 }));
};
"""


def test_a_grant_whose_answer_was_lost_is_sent_again_from_the_same_dialog_and_granted_once(
	browser: Browser,
) -> None:
	data = begin(browser)
	browser.driver.execute_script(LOSE_THE_ANSWER)
	confirm(browser)
	browser.wait_text("The server did not answer. Try again.")
	browser.wait(f"{MODAL} {MAY_SEND}")
	assert made("granted", customer=data["customer"])["balance"] == 2
	assert field(browser, "reason").get_attribute("value") == "Paid by cheque"
	confirm(browser)
	browser.wait_text("2 credit(s) granted.")
	assert made("granted", customer=data["customer"]) == {"balance": 2, "waiting": []}


def test_a_grant_that_needs_a_second_person_says_so_and_grants_nothing(browser: Browser) -> None:
	with second_person():
		data = begin(browser)
		confirm(browser)
		browser.wait_text("Nothing is entered yet: 2 credits by hand wait for a second person.")
		browser.shot("desk-grant-waits")
		assert made("granted", customer=data["customer"]) == {"balance": 0, "waiting": [2]}


def test_pressing_twice_while_the_server_is_busy_asks_it_once(browser: Browser) -> None:
	data = begin(browser)
	browser.driver.execute_script("$('.modal.show .btn-modal-primary').trigger('click').trigger('click')")
	browser.wait_text("2 credit(s) granted.")
	asked = "return performance.getEntriesByType('resource').filter((one) => one.name.endsWith('account.grant')).length"
	assert browser.driver.execute_script(asked) == 1
	assert made("granted", customer=data["customer"])["balance"] == 2


def test_what_an_accounts_dialog_holds_stays_when_the_server_refuses_it(browser: Browser) -> None:
	data, till = made("buyer", policy="Refuse"), made("manager")
	browser.login(till["user"], till["password"])
	browser.open(f"/app/credit-account/{data['account']}")
	browser.click_text("Credits")
	browser.click_text("Grant Credits")
	fill(browser, "credits", "-2")
	fill(browser, "reason", "As agreed by phone")
	confirm(browser)
	refused(browser, "credits must be from 1 to")
	browser.shot("desk-grant-refused")
	assert field(browser, "reason").get_attribute("value") == "As agreed by phone"
	fill(browser, "credits", "2")
	confirm(browser)
	browser.wait_text("2 credit(s) granted.")
	assert made("granted", customer=data["customer"])["balance"] == 2


def begin(browser: Browser) -> dict:
	"""The dialog above the list of accounts, filled in."""
	data, till = made("buyer", policy="Refuse"), made("manager")
	browser.login(till["user"], till["password"])
	browser.open("/app/credit-account")
	browser.click_text("Grant a Pack")
	choose(browser, "customer", data["customer"])
	choose(browser, "pack", data["packs"][0])
	fill(browser, "reason", "Paid by cheque")
	return data


@contextmanager
def second_person() -> Iterator[None]:
	limit = partial(on_site, "set_back", "simulation_data")
	limit(second_person_from="2")
	try:
		yield
	finally:
		limit(second_person_from="0")
