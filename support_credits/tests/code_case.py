"""What tests of activation codes begin with: a batch issued by a manager, and people who redeem from it."""

from __future__ import annotations

import frappe

from support_credits.engine.codes import digest_of
from support_credits.ledger import codes
from support_credits.ledger.retry import retry_whole
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, manager

API = "support_credits.api.codes."
NO_GOOD = "This code cannot be redeemed: it is unknown, was used, or is over."


class CodeCase(HttpTestCase):
	def issue(self, count: int = 1, **fields: object) -> list[str]:
		values = {"batch": make.unique("Cards"), "credits": 2, "months": 3, **fields}
		return self.assert_ok(manager().call(f"{API}issue", count=count, **values)).value["codes"]

	def boss(self, company: Company) -> Portal:
		"""A manager of the company, who may act for it."""
		someone = make.manager_of(company.name)
		publish()
		return Portal(someone)

	def redeem(self, who: Portal, code: str, **fields: object) -> Answer:
		return who.call(f"{API}redeem", code=code, **fields)

	def bound(self, serial: str = "", product: str = "NAS 4", **fields: object) -> tuple[str, str]:
		"""A serial number, and the code that is bound to it."""
		serial = serial or make.unique("SN").replace(" ", "-")
		return serial, self.issue(product=product, serials=serial, **fields)[0]

	def record(self, code: str) -> frappe._dict:
		look_again()
		return frappe.db.get_value("Activation Code", {"code_hash": digest_of(code)}, "*", as_dict=True)

	def deployments(self, customer: str) -> list[frappe._dict]:
		look_again()
		fields = ["name", "product", "serial", "deployed_on", "lot"]
		return frappe.get_all("Deployment", {"customer": customer}, fields, order_by="creation asc")


def redeem_whole(**arguments: str) -> None:
	"""What the endpoint does once it knows who asks: for processes without a request."""
	retry_whole(lambda: codes.redeem(**arguments))
