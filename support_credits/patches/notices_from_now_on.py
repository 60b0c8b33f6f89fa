"""Accounts that were there before notices: nobody is told of what happened to them long ago."""

from __future__ import annotations

import frappe


def execute() -> None:
	frappe.db.sql("UPDATE `tabCredit Account` SET noticed_seq = seq WHERE noticed_seq = 0")
