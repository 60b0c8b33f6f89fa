"""Run by the bench's own Python: settle a new site as the setup wizard would, without its questions."""

import sys

import frappe


def settle(site: str, time_zone: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	try:
		settings = frappe.get_single("System Settings")
		settings.update({"time_zone": time_zone, "language": "en", "country": settings.country or "Portugal"})
		settings.save()
		# Frappe 15.8x and later ask the first table, older ones the second.
		if frappe.db.has_column("Installed Application", "is_setup_complete"):
			for app in frappe.get_all("Installed Application", pluck="name"):
				frappe.db.set_value("Installed Application", app, "is_setup_complete", 1)
		frappe.db.set_single_value("System Settings", {"setup_complete": 1, "enable_onboarding": 1})
		frappe.db.set_default("desktop:home_page", "workspace")
		frappe.db.commit()
		frappe.clear_cache()
	finally:
		frappe.destroy()


if __name__ == "__main__":
	settle(*sys.argv[1:])
