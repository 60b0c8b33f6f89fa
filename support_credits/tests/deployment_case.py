"""What tests of a deployment's credits begin with: the setting on, a serial of their own, and an agent who records it."""

from __future__ import annotations

import frappe
from frappe.utils import today

from support_credits.tests import factories as make
from support_credits.tests.code_case import CodeCase
from support_credits.tests.server import Answer, Portal, agent

RESOURCE = "/api/resource/Deployment"


class DeploymentCase(CodeCase):
	"""Each deployment brings two credits for twelve months, as eXtremeSHOK's servers do."""

	def setUp(self) -> None:
		super().setUp()
		self.enterContext(self.site_settings(deployment_credits=2, deployment_months=12))
		self.serial = make.unique("SRV").replace(" ", "-")

	def values(self, customer: str, **fields: object) -> dict[str, object]:
		said = {"customer": customer, "product": "Server EX", "serial": self.serial, "deployed_on": today()}
		return {**said, **fields}

	def record_it(self, customer: str, who: Portal | None = None, **fields: object) -> Answer:
		return (who or agent()).request("POST", RESOURCE, self.values(customer, **fields))

	def deployed(self, customer: str, **fields: object) -> frappe._dict:
		answer = self.assert_ok(self.record_it(customer, **fields))
		return frappe._dict(answer.body["data"])
