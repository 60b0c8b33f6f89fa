"""What the attack suites share: a victim with a record of every DocType of ours, and people who want something of it."""

from __future__ import annotations

from functools import cached_property

import frappe

from support_credits.ledger import grants
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company, Person
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.ledger_case import rows_of
from support_credits.tests.server import Answer, Portal

SETTINGS = "Support Credits Settings"
LEDGER = ("Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident")
CATALOGUE = ("Credit Pack", "Support Tier", "Exemption Reason", "Deployment", SETTINGS)
OURS = (*LEDGER, *CATALOGUE)
# Columns the host keeps for its own pages on every table (likes, tags, comments, assignments); anybody may fill them.
HOST_COLUMNS = frozenset({"_liked_by", "_user_tags", "_comments", "_assign", "_seen"})

Rows = dict[str, list[dict[str, object]]]


class Victim:
	"""A company with credits, a charged ticket, and one record of every DocType of ours.

	What they say contains ``secret``, and no name does: an answer to an outsider that contains it has told him something.
	"""

	def __init__(self, credits: int = 5) -> None:
		self.secret = f"secret{make.unique_code('x').replace('-', '')}"
		self.person = make.portal_user("victim")
		self.customer = make.customer(self.person, label="Victim")
		self.account = make.account(self.customer)
		order = grants.GrantOrder(credits, f"attack:{self.secret}", reason=self.secret)
		grants.grant(self.account, order)
		self.ticket = str(make.ticket(self.person, subject=self.secret).name)
		self.names = self._records()
		publish()

	def _records(self) -> dict[str, str]:
		return {
			"Credit Account": self.account,
			"Credit Lot": f"{self.account}-L000001",
			"Credit Ledger Entry": f"{self.account}-E0000001",
			"Support Incident": make.incident_of(self.ticket).name,
			"Credit Pack": make.pack(tax_note=self.secret, on_sale=0),
			"Support Tier": make.tier(description=self.secret),
			"Exemption Reason": make.exemption_reason("Agent Manager", description=self.secret),
			"Deployment": make.deployment(self.customer, days_ago=300, product=self.secret),
			SETTINGS: SETTINGS,
		}

	@cached_property
	def company(self) -> Company:
		return Company(self.customer, self.person, self.account)

	def rows(self) -> Rows:
		"""Everything of ours as stored, without the host's own columns."""
		look_again()
		found = rows_of(self.account)
		for doctype in CATALOGUE:
			if doctype == SETTINGS:
				found[doctype] = [frappe.db.get_singles_dict(SETTINGS)]
			else:
				query = f"SELECT * FROM `tab{doctype}` WHERE name = %s"
				found[doctype] = frappe.db.sql(query, self.names[doctype], as_dict=True)
		return {doctype: [_ours(row) for row in rows] for doctype, rows in found.items()}


def _ours(row: dict[str, object]) -> dict[str, object]:
	return {column: value for column, value in row.items() if column not in HOST_COLUMNS}


class AttackCase(HttpTestCase):
	"""Assertions about what an attack has changed, whatever it was answered."""

	def watch(self, victim: Victim) -> Victim:
		self.verified.append(victim.account)
		return victim

	def boss(self, credits: int = 0, **account: object) -> tuple[Person, Company]:
		"""Somebody who manages his own company, with its account: role HD Customer Manager."""
		someone = make.portal_user("boss")
		name = make.customer(managers=(someone,))
		company = Company(name, someone, make.account(name, credits, **account))
		self.verified.append(company.account)
		publish()
		return someone, company


def insert(portal: Portal, doctype: str, **fields: object) -> Answer:
	return portal.call("frappe.client.insert", doc={"doctype": doctype, **fields})


def set_value(portal: Portal, doctype: str, name: str, field: object, value: object = None) -> Answer:
	return portal.call("frappe.client.set_value", doctype=doctype, name=name, fieldname=field, value=value)
