"""Answers Frappe's setup wizard on a new site: a company in Lisbon with its accounts. Called once, before the site is dumped.

env/bin/python wizard.py SITE
"""

from __future__ import annotations

import sys

import frappe

COMPANY = "Support House"
ANSWERS = {
	"language": "English",
	"country": "Portugal",
	"timezone": "UTC",
	"currency": "EUR",
	"full_name": "Support House",
	"email": "owner@support-house.example",
	"company_name": COMPANY,
	"company_abbr": "SH",
	"chart_of_accounts": "Standard",
	"bank_account": "House Bank",
}


def main(site: str) -> None:
	from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

	frappe.init(site, sites_path=".")
	frappe.connect()
	try:
		frappe.set_user("Administrator")
		year = frappe.utils.getdate().year
		years = {"fy_start_date": f"{year}-01-01", "fy_end_date": f"{year}-12-31"}
		setup_complete({**ANSWERS, **years})
		frappe.db.commit()
		if not frappe.db.exists("Company", COMPANY):
			sys.exit(f"the setup wizard made no company {COMPANY} on {site}")
	finally:
		frappe.destroy()


if __name__ == "__main__":
	main(sys.argv[1])
