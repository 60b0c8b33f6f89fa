"""A manager plays yesterday under another catalogue, and two managers enter what one may not: in a real browser."""

from __future__ import annotations

from datetime import date, timedelta

from conftest import Browser, on_site
from desk import fill

DATA = "simulation_data"


def script(browser: Browser, text: str) -> object:
	return browser.driver.execute_script(text)


def until(browser: Browser, text: str) -> None:
	browser.until(lambda: script(browser, text), text)


def test_a_manager_plays_the_past_under_an_edited_catalogue(browser: Browser) -> None:
	made = on_site("past", DATA)
	try:
		browser.login(made["manager"], made["password"])
		browser.open("/app/credit-simulation/new")
		until(browser, "return (window.cur_frm?.doc.catalogue || '').includes('INCIDENT-8')")
		today = date.today()
		script(
			browser,
			f"""const data = JSON.parse(cur_frm.doc.catalogue);
			data.tiers.forEach((tier) => (tier.credits_per_incident = 2));
			cur_frm.set_value({{since: "{today - timedelta(days=1)}", until: "{today}",
				purchases: "Buys a pack when empty", pack: "INCIDENT-2", catalogue: JSON.stringify(data, null, 1)}});""",
		)
		until(browser, "return cur_frm.doc.pack === 'INCIDENT-2'")
		script(browser, "cur_frm.save()")
		until(browser, "return !cur_frm.is_new() && !cur_frm.is_dirty()")
		browser.click_text("Run")
		until(browser, "return cur_frm.doc.state === 'Running'")
		name = script(browser, "return cur_frm.doc.name")
		assert on_site("run_job", DATA, name=name) == {"state": "Done"}
		browser.open(f"/app/credit-simulation/{name}")
		browser.wait_text(made["customer"])
		shown = script(
			browser,
			"""return [...document.querySelectorAll("[data-fieldname=preview] tr")]
			.map((row) => [...row.children].map((cell) => cell.textContent))""",
		)
		row = next(row for row in shown if row[0] == made["customer"])
		heads = dict(zip(shown[0], row, strict=True))
		assert (heads["Tickets"], heads["Credits needed"], heads["Credits charged"]) == ("3", "6", "6")
		assert heads["Revenue at list price"].endswith("USD")
		browser.shot("simulation")
		script(browser, "document.querySelector('[data-fieldname=preview]').scrollIntoView()")
		browser.shot("simulation-table")
		browser.driver.set_window_size(390, 900)
		browser.shot("simulation-phone")
	finally:
		on_site("set_back", DATA, catalogue=made["before"])


def test_a_mistake_in_the_catalogue_is_named_by_its_place(browser: Browser) -> None:
	made = on_site("past", DATA)
	try:
		browser.login(made["manager"], made["password"])
		browser.open("/app/credit-simulation/new")
		until(browser, "return (window.cur_frm?.doc.catalogue || '').includes('INCIDENT-8')")
		today = date.today()
		script(
			browser,
			f"""cur_frm.set_value({{since: "{today}", until: "{today}",
				catalogue: cur_frm.doc.catalogue.replace('"credits_per_incident": 1', '"credits_per_incident": -1')}});""",
		)
		until(browser, "return cur_frm.doc.catalogue.includes('-1')")
		script(browser, "cur_frm.save()")
		until(browser, "return !cur_frm.is_new() && !cur_frm.is_dirty()")
		browser.click_text("Run")
		browser.wait_text("tiers[0].credits_per_incident")
		browser.shot("simulation-refused")
	finally:
		on_site("set_back", DATA, catalogue=made["before"])


def test_a_big_grant_waits_until_another_manager_approves_it(browser: Browser) -> None:
	made = on_site("second_person", DATA)
	try:
		browser.login(made["asks"], made["password"])
		browser.open(f"/app/credit-account/{made['account']}")
		until(browser, "return window.cur_frm?.doc.doctype === 'Credit Account'")
		browser.click_text("Credits")
		browser.click_text("Grant Credits")
		fill(browser, "credits", "10")
		fill(browser, "reason", "A big order")
		browser.click_text("Grant")
		browser.wait_text("wait for a second person")
		browser.shot("approval-asked")
		browser.open("/app/credit-approval")
		browser.wait_text("Waiting")
		browser.logout()
		browser.login(made["answers"], made["password"])
		browser.open(f"/app/credit-approval?customer={made['customer'].replace(' ', '+')}")
		browser.wait_text(made["customer"])
		name = script(
			browser,
			f"""return frappe.db.get_list("Credit Approval", {{filters: {{account: "{made["account"]}"}}}})
			.then((rows) => rows[0].name)""",
		)
		browser.shot("approval-list")
		browser.open(f"/app/credit-approval/{name}")
		browser.wait_text("A big order")
		browser.shot("approval")
		browser.click_text("Approve")
		fill(browser, "note", "Seen the order")
		script(browser, "cur_dialog.get_primary_btn().click()")
		browser.wait_text("Approved and entered. The balance is 10.")
		until(browser, "return cur_frm.doc.state === 'Approved'")
	finally:
		on_site("set_back", DATA, second_person_from="0")
