"""Deployments that were recorded before serials had a key get theirs; they bring nothing by it."""

from __future__ import annotations

import frappe

from support_credits.engine.serials import serial_key


def execute() -> None:
	fields = ["name", "product", "serial"]
	for found in frappe.get_all(
		"Deployment", {"serial": ["is", "set"], "serial_key": ["is", "not set"]}, fields
	):
		key = serial_key(found.product, found.serial)
		frappe.db.set_value("Deployment", found.name, "serial_key", key, update_modified=False)
