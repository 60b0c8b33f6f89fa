"""What ordering is shown with in the browser suite, made by ``bench execute``."""

from __future__ import annotations

import frappe

from support_credits.ledger import orders, queries
from support_credits.ledger.orders import Wish
from support_credits.tests import factories
from support_credits.tests.factories import Person

SETTINGS = "Support Credits Settings"
PACKS = (("Two incidents", 2, 3, 1798), ("Four incidents", 4, 6, 3279), ("Eight incidents", 8, 12, 5940.10))
TERMS = "Credits are not refunded. What is unused at the end of its term expires."
HOW = "Bank transfer to PT50 0002 0123 1234 5678 9015 4.\nWrite {0} as the reference."


def begin(**settings: object) -> list[str]:
	"""Three packs alone on sale, ordered in the portal and paid by bank; returns their codes."""
	frappe.set_user("Administrator")
	usual = {"customers_may_order": 1, "buy_url": "", "terms": TERMS, "members_may_act": 0}
	how = {"payment_instructions": HOW, "payment_gateway": ""}
	frappe.get_doc(SETTINGS).update({**usual, **how, **settings}).save(ignore_permissions=True)
	frappe.db.set_value("Credit Pack", {"on_sale": 1}, "on_sale", 0)
	return [_pack(*pack) for pack in PACKS]


def _pack(label: str, credits: int, months: int, price: float) -> str:
	name = factories.pack(credits, months, price, on_sale=1, tax_note="+ VAT")
	frappe.db.set_value("Credit Pack", name, "pack_name", label)
	return name


def _login(someone: Person) -> dict[str, str]:
	return {"user": someone.email, "password": someone.password}


def buyer(policy: str = "Park", language: str = "en") -> dict[str, object]:
	"""A customer without credits whose ticket waits for some, its manager, and a member who only looks."""
	packs = begin()
	manager, member = factories.portal_user("buyer"), factories.portal_user("looker")
	customer = factories.customer(member, managers=(manager,), label="Harbour")
	account = factories.account(customer, portal_policy=policy)
	ticket = factories.ticket(member, "Disk alert on the file server").name if policy == "Park" else ""
	name = {"first_name": "Rita", "full_name": "Rita", "language": language}
	frappe.db.set_value("User", manager.email, name)
	frappe.db.commit()
	return {
		**_login(manager),
		"member": member.email,
		"customer": customer,
		"account": account,
		"packs": packs,
		"ticket": str(ticket),
	}


def newcomer() -> dict[str, object]:
	"""The manager of a customer that has no account, and so never had a credit."""
	packs = begin()
	manager = factories.portal_user("new")
	customer = factories.customer(managers=(manager,), label="Newport")
	frappe.db.commit()
	return {**_login(manager), "customer": customer, "packs": packs}


def shop(url: str) -> dict[str, str]:
	"""The provider sells elsewhere."""
	begin(buy_url=url)
	frappe.db.commit()
	return {"url": url}


def taking_orders(taken: str) -> dict[str, str]:
	begin(customers_may_order=int(taken))
	frappe.db.commit()
	return {"taken": taken}


def raised(customer: str, pack: str, quantity: str = "1") -> dict[str, str]:
	"""An order that an agent has raised: its terms are not accepted yet."""
	frappe.set_user("Administrator")
	name = orders.place(Wish(customer, pack, int(quantity), door="Agent"))
	frappe.db.commit()
	return {"order": name}


def manager() -> dict[str, str]:
	"""Somebody of the provider who may mark an order paid, on the Desk too."""
	frappe.set_user("Administrator")
	someone = factories.person("till", ("Agent", "Agent Manager", "System Manager"))
	frappe.db.commit()
	return _login(someone)


def agent() -> dict[str, str]:
	frappe.set_user("Administrator")
	someone = factories.agent("helper")
	frappe.db.commit()
	return _login(someone)


def state_of(order: str) -> dict[str, object]:
	"""The order as it is kept."""
	fields = ["state", "quantity", "credits", "payment_reference", "terms_accepted_by", "door", "note", "lot"]
	return frappe.db.get_value("Credit Order", order, fields, as_dict=True)


def orders_of(customer: str) -> dict[str, object]:
	fields = ["name", "state", "pack", "quantity", "door", "terms_accepted_by"]
	return {
		"orders": frappe.get_all("Credit Order", {"customer": customer}, fields, order_by="creation desc")
	}


def balance(account: str) -> dict[str, int]:
	return {"balance": queries.balance(account)}


def dearer(pack: str, price: str) -> dict[str, str]:
	frappe.set_user("Administrator")
	frappe.db.set_value("Credit Pack", pack, "price", price)
	frappe.db.commit()
	return {"pack": pack}


def off_sale(pack: str) -> dict[str, str]:
	frappe.set_user("Administrator")
	frappe.db.set_value("Credit Pack", pack, "on_sale", 0)
	frappe.db.commit()
	return {"pack": pack}


def granted(customer: str) -> dict[str, object]:
	"""What the customer has, and what waits for a second person."""
	account = frappe.db.get_value("Credit Account", {"customer": customer})
	waiting = frappe.get_all("Credit Approval", {"account": account, "state": "Waiting"}, pluck="credits")
	return {"balance": queries.balance(account), "waiting": waiting}
