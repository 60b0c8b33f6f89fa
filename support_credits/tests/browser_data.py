"""What the browser suite needs on the test site, made by ``bench execute``, because a browser test has no Frappe."""

from __future__ import annotations

import frappe

from support_credits.tests import factories


def first_journey() -> dict[str, str]:
	"""A customer with 2 credits and one member, an agent manager, and an exemption reason agents may set."""
	frappe.set_user("Administrator")
	ways = {f"{way}_url": f"/support-credits#{way}" for way in ("buy", "redeem", "emergency")}
	frappe.db.set_single_value("Support Credits Settings", ways)
	company = factories.company(2)
	manager = factories.agent_manager()
	frappe.db.commit()
	return {
		"customer": company.name,
		"account": company.account,
		"user": company.person.email,
		"agent": manager.email,
		"password": factories.PASSWORD,
		"reason": factories.exemption_reason(label=factories.unique("Vendor bug")),
	}


def account_state(account: str) -> dict[str, object]:
	"""Balance, statement and proof of an account, as the commands print them."""
	from support_credits.api import account as account_api

	said = account_api.statement(account)
	return {
		"balance": said["balance"],
		"kinds": [line["kind"] for line in said["lines"]],
		"ok": account_api.verify(account)["ok"],
		"tickets": frappe.db.count("Support Incident", {"account": account}),
	}
