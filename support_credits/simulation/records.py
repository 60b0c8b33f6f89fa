"""A Credit Simulation on its way: asked for in the desk, played in a job, its figures kept on the record.

| state | can be run | then |
| --- | --- | --- |
| Draft | yes | Running |
| Running | if its job is gone | Done, Failed |
| Done, Failed | yes | Running |

Other days, purchases or another catalogue make it a Draft again.
"""

from __future__ import annotations

import json

import frappe
from frappe import _
from frappe.utils import getdate, strip_html
from frappe.utils.background_jobs import is_job_enqueued

from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.engine.simulation_model import Purchases, total
from support_credits.exceptions import CatalogueRefused, WrongState
from support_credits.ledger import clock, wording
from support_credits.simulation import run, sheet
from support_credits.simulation.run import Outcome, Wish

DOCTYPE = "Credit Simulation"
QUEUE, SECONDS = "long", 4 * 3_600
PURCHASES = {
	"As they happened": Purchases.HAPPENED,
	"Buys a pack when empty": Purchases.BUYS,
	"None": Purchases.NONE,
}


def job_of(name: str) -> str:
	return f"support_credits:simulation:{name}"


def is_running(doc: frappe._dict) -> bool:
	return doc.state == "Running" and is_job_enqueued(job_of(doc.name))


def ask(name: str) -> str:
	"""Queue the record's simulation; returns its state. CatalogueRefused names every mistake by its place; WrongState while it runs."""
	doc = frappe.get_doc(DOCTYPE, name, for_update=True)
	doc.check_permission("write")
	if is_running(doc):
		frappe.throw(_("{0} is being worked on. Wait until it is done.").format(name), WrongState)
	_refuse_mistakes(doc)
	_note(doc, state="Running", message="")
	frappe.enqueue(
		run_job,
		queue=QUEUE,
		timeout=SECONDS,
		job_id=job_of(name),
		deduplicate=True,
		enqueue_after_commit=True,
		name=name,
	)
	return "Running"


def _refuse_mistakes(doc: frappe._dict) -> None:
	"""Refuse at once what the job would refuse, every mistake of the catalogue on a line of its own."""
	try:
		wish = wish_of(doc)
		catalogue = run.read(wish.catalogue)
		run.terms_of(wish, catalogue, run.period_of(wish, catalogue))
	except CatalogueRefused as error:
		lines = map(frappe.utils.escape_html, str(error).splitlines())
		frappe.throw("<br>".join(lines), CatalogueRefused, title=_("The catalogue cannot be used"))


def wish_of(doc: frappe._dict) -> Wish:
	return Wish(
		catalogue_of(doc.catalogue or ""),
		getdate(doc.since),
		getdate(doc.until),
		PURCHASES[doc.purchases],
		(doc.pack or "").strip(),
	)


def catalogue_of(text: str) -> dict[str, object]:
	try:
		data = json.loads(text)
	except ValueError as error:
		raise CatalogueRefused(_("The catalogue is not JSON: {0}").format(error)) from error
	if not isinstance(data, dict):
		raise CatalogueRefused(_("The catalogue must hold one JSON object."))
	return data


def run_job(name: str) -> None:
	"""The job: rows, totals and the CSV file are on the record afterwards, or why there are none."""
	doc = frappe.get_doc(DOCTYPE, name)
	if doc.state != "Running":
		return  # a job that was queued before and comes late: what it was for is over

	def show(done: int, count: int) -> None:
		said = _("{0} of {1} tickets").format(f"{done:,}", f"{count:,}")
		percent = 100 * done // count if count else 100
		frappe.publish_progress(
			percent, title=_("Simulation"), doctype=DOCTYPE, docname=name, description=said
		)

	try:
		outcome = run.simulate(wish_of(doc), show)
		_note(doc, **_kept(outcome), report=_file(doc, outcome))
	except Exception as error:
		frappe.db.rollback()
		_fail(doc, error)
	frappe.db.commit()


def _kept(outcome: Outcome) -> dict[str, object]:
	found = total(outcome.rows)
	said = _("{0} tickets of {1} customers in {2} seconds.")
	return {
		"state": "Done",
		"message": said.format(outcome.tickets, outcome.customers, round(outcome.seconds, 1)),
		"done_at_utc": stamp_text(clock.now()),
		"tickets": found.tickets,
		"credits_needed": found.needed,
		"credits_charged": found.charged,
		"refusals": found.refusals,
		"waited": found.waited,
		"deadlines": found.due,
		"deadlines_missed": found.missed,
		"packs": found.packs,
		"bought": outcome.bought,
		"revenue": sheet.money(found),
		"first_rows": json.dumps(sheet.first_rows(outcome.rows), ensure_ascii=False),
		"row_count": len(outcome.rows),
	}


def _file(doc: frappe._dict, outcome: Outcome) -> str:
	"""The record's private CSV file; the one before it goes."""
	attached = {"attached_to_doctype": DOCTYPE, "attached_to_name": doc.name, "attached_to_field": "report"}
	for name in frappe.get_all("File", attached, pluck="name"):
		frappe.delete_doc("File", name, ignore_permissions=True)
	fields = {
		"file_name": f"{doc.name}-{frappe.generate_hash(length=6)}.csv",
		"content": sheet.as_csv(outcome.rows),
		"is_private": 1,
	}
	return frappe.get_doc({"doctype": "File", **fields, **attached}).insert(ignore_permissions=True).file_url


def _fail(doc: frappe._dict, error: Exception) -> None:
	known = isinstance(error, frappe.ValidationError | EngineError)
	said = wording.of_error(error) if isinstance(error, EngineError) else strip_html(str(error))
	if not known:
		frappe.log_error(title=f"Support Credits: {doc.name} failed")
		said = _("Something went wrong; an administrator finds it in the Error Log: {0}").format(said)
	_note(doc, state="Failed", message=said)


def _note(doc: frappe._dict, **values: object) -> None:
	frappe.db.set_value(DOCTYPE, doc.name, values)
	doc.notify_update()
