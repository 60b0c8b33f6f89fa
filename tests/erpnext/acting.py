"""Acts of processes of their own: several that start at the same instant, or one that is killed before it commits.

Run as a script it is one of them: ``acting.py SITE FUNCTION JSON``; it says that it is ready, waits for a line on its
standard input, acts, commits, and prints what came of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import frappe
from frappe.utils import today

BANK = "House Bank - SH"


def pay(invoice: str, amount: float | None = None) -> str:
	"""An accountant's payment, up to but without its commit."""
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	doc = get_payment_entry("Sales Invoice", invoice, party_amount=amount, bank_account=BANK)
	doc.update({"reference_no": "Bank 4711", "reference_date": today()})
	doc.insert()
	doc.submit()
	return doc.name


def pay_and_settle(invoice: str) -> None:
	"""The same with what our part does at the commit."""
	from support_credits.integrations.erpnext import events

	pay(invoice)
	events.settle_noted()


def settle(invoice: str) -> int:
	from support_credits.integrations.erpnext import sweeping

	return sweeping.settle_one(invoice).changed


def order(customer: str, pack: str) -> str:
	"""What the API does for an order."""
	from support_credits.integrations import erpnext
	from support_credits.ledger import orders

	name = orders.place(orders.Wish(customer, pack, door="Agent"))
	erpnext.order_placed(name)
	return name


def bill(customer: str, minutes: int, key: str) -> str:
	from datetime import timedelta
	from decimal import Decimal

	from support_credits.integrations.erpnext.sessions import SessionCharge, line_for

	session = SessionCharge(customer, timedelta(minutes=minutes), Decimal(90), "EUR", "Emergency")
	return line_for(session, key).invoice


def stop_session(session: str) -> None:
	"""The stop is committed; what follows it in a request is not reached where this process is killed."""
	from support_credits.ledger import sessions

	sessions.stop(session)
	frappe.db.commit()


def bill_session(session: str) -> int:
	from support_credits.integrations.erpnext import session_bills

	return session_bills.bill_now(session)


def killed_after(name: str, **values: object) -> None:
	"""Run a function of this module in a process that is killed, uncommitted, when the call has returned."""
	done = subprocess.run(
		[sys.executable, "-W", "ignore", __file__, frappe.local.site, name, json.dumps(values), "die"],
		cwd=os.path.join(frappe.utils.get_bench_path(), "sites"),
		input="go\n",
		capture_output=True,
		text=True,
		timeout=600,
		check=False,
	)
	if done.returncode != -signal.SIGKILL or "worked" not in done.stdout:
		raise AssertionError(f"{name} did not come to its end: {done.stdout} {done.stderr[-2000:]}")


def at_once(*acts: tuple[str, dict[str, object]]) -> list[dict[str, object]]:
	"""Run these functions of this module in processes of their own, let go together; returns what each came to."""
	sites = os.path.join(frappe.utils.get_bench_path(), "sites")
	started = [
		subprocess.Popen(
			[sys.executable, "-W", "ignore", __file__, frappe.local.site, name, json.dumps(values)],
			cwd=sites,
			stdin=subprocess.PIPE,
			stdout=subprocess.PIPE,
			text=True,
		)
		for name, values in acts
	]
	for process in started:
		if process.stdout.readline().strip() != "ready":
			raise AssertionError("a process did not start")
	for process in started:
		process.stdin.write("go\n")
		process.stdin.flush()
	said = [process.communicate(timeout=600)[0].strip().splitlines() for process in started]
	return [json.loads(lines[-1]) for lines in said]


def work(site: str, name: str, values: str, end: str = "") -> None:
	from support_credits.ledger.retry import retry_whole

	frappe.init(site, sites_path=".")
	frappe.connect()
	sys.stdout.write("ready\n")
	sys.stdout.flush()
	sys.stdin.readline()

	def whole() -> object:
		done = globals()[name](**json.loads(values))
		if end == "die":
			sys.stdout.write("worked\n")
			sys.stdout.flush()
			os.kill(os.getpid(), signal.SIGKILL)
		frappe.db.commit()
		return done

	try:
		answer = {"done": retry_whole(whole)}
	except Exception as error:
		frappe.db.rollback()
		answer = {"error": f"{type(error).__name__}: {error}"}
	frappe.destroy()
	sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
	work(*sys.argv[1:])
