"""Settings that came with an update get their defaults: the host gives those to new records only."""

import frappe

SETTINGS = "Support Credits Settings"


def execute() -> None:
	stored = {row[0] for row in frappe.db.sql("SELECT field FROM `tabSingles` WHERE doctype = %s", SETTINGS)}
	defaults = {
		field.fieldname: field.default
		for field in frappe.get_meta(SETTINGS).fields
		if field.default and field.fieldname not in stored
	}
	if stored and defaults:
		frappe.db.set_single_value(SETTINGS, defaults, update_modified=False)
