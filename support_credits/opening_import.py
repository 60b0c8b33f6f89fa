"""An Opening Balance Import on its way: a dry run of the attached file, then the same file brought in, as jobs.

| state | dry run | import | then |
| --- | --- | --- | --- |
| Draft | yes | no | |
| Checking | if its job is gone | no | Refused, Checked; Failed when the job breaks |
| Refused: rows with errors | yes | no | |
| Checked | yes | yes | |
| Importing | if its job is gone | no | Imported, Failed |
| Failed: nothing was written | yes | no | |
| Imported | no | no | |

Another file makes it a Draft again, unless it is Imported. "Imported" is committed with the credits themselves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress

import frappe
from frappe import _
from frappe.utils import strip_html
from frappe.utils.background_jobs import is_job_enqueued

from support_credits import opening_report
from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.exceptions import WrongState
from support_credits.ledger import clock, opening, wording
from support_credits.ledger.opening import Outcome
from support_credits.ledger.opening_plan import Plan

DOCTYPE = "Opening Balance Import"
QUEUE, SECONDS = "long", 4 * 3_600
RUNNING = ("Checking", "Importing")


def job_of(name: str, state: str) -> str:
	return f"support_credits:opening_balances:{name}:{state}"


def ask_check(name: str) -> str:
	"""Queue the dry run; returns the new state. WrongState, saying why, where there is nothing to check."""
	doc = _locked(name)
	_refuse_running(doc)
	if doc.state == "Imported":
		frappe.throw(_("{0} was imported. Make a new import for another file.").format(name), WrongState)
	return _queue(doc, "Checking", run_check)


def ask_import(name: str) -> str:
	"""Queue the import of the file as it was checked. WrongState before a dry run without an error."""
	doc = _locked(name)
	_refuse_running(doc)
	if doc.state != "Checked":
		frappe.throw(
			_(
				"{0} is {1}. Only a file whose dry run had no error can be imported: do the dry run first."
			).format(name, _(doc.state)),
			WrongState,
		)
	return _queue(doc, "Importing", run_import)


def _locked(name: str) -> frappe._dict:
	doc = frappe.get_doc(DOCTYPE, name, for_update=True)
	doc.check_permission("write")
	return doc


def _refuse_running(doc: frappe._dict) -> None:
	if doc.state in RUNNING and is_job_enqueued(job_of(doc.name, doc.state)):
		frappe.throw(_("{0} is being worked on. Wait until it is done.").format(doc.name), WrongState)


def _queue(doc: frappe._dict, state: str, work: Callable[[str], None]) -> str:
	path_of(doc)
	_note(doc, state=state, message="")
	frappe.enqueue(
		work,
		queue=QUEUE,
		timeout=SECONDS,
		job_id=job_of(doc.name, state),
		deduplicate=True,
		enqueue_after_commit=True,
		name=doc.name,
	)
	return state


def path_of(doc: frappe._dict) -> str:
	"""Where the attached file is. It must be attached to this record, and private: it names customers."""
	filters = {"file_url": doc.file, "attached_to_doctype": DOCTYPE, "attached_to_name": doc.name}
	found = frappe.get_all("File", filters, ["name", "is_private"], limit=1)
	if not found:
		frappe.throw(_("Attach the CSV file to {0} first.").format(doc.name))
	if not found[0].is_private:
		frappe.throw(_("The file can be read by anybody. Attach it again as a private file."))
	return frappe.get_doc("File", found[0].name).get_full_path()


def _note(doc: frappe._dict, **values: object) -> None:
	frappe.db.set_value(DOCTYPE, doc.name, values)
	doc.notify_update()


class Shown:
	"""Progress as the host's pages show it, on the record's own."""

	def __init__(self, doc: frappe._dict) -> None:
		self.doc, self.percent = doc, -1

	def show(self, _account: str, what: str, done: int, total: int) -> None:
		percent = 100 * done // total if total else 0
		if percent == self.percent:
			return
		self.percent = percent
		granting = what == "rows granted"
		title = _("Granting") if granting else _("Checking the rows")
		counted = f"{done:,} / {total:,}" if granting else ""
		frappe.publish_progress(
			percent, title=title, doctype=DOCTYPE, docname=self.doc.name, description=counted
		)


def run_check(name: str) -> None:
	"""The dry run's job: counts, the first rows and the report are on the record afterwards."""

	def check(doc: frappe._dict, report: Report) -> dict[str, object]:
		outcome = opening.check(path_of(doc), Shown(doc).show, report.take)
		return {
			"state": "Checked" if outcome.ok else "Refused",
			"message": _verdict(outcome),
			"file_digest": outcome.digest,
			"checked_at_utc": stamp_text(clock.now()),
			**_numbers(outcome),
		}

	_run(name, "Checking", check)


def run_import(name: str) -> None:
	"""The import's job: all rows and the state of the record in one transaction, or none of them."""

	def bring_in(doc: frappe._dict, report: Report) -> dict[str, object]:
		outcome = opening.bring_in(path_of(doc), Shown(doc).show, report.take, digest=doc.file_digest)
		return {
			"state": "Imported",
			"message": _("{0} credit(s) granted in {1} row(s).").format(
				outcome.counts.credits, outcome.counts.grants
			),
			"imported_by": frappe.session.user,
			"imported_at_utc": stamp_text(clock.now()),
			**_numbers(outcome),
		}

	_run(name, "Importing", bring_in)


def _run(name: str, state: str, work: Callable[[frappe._dict, Report], dict[str, object]]) -> None:
	doc = frappe.get_doc(DOCTYPE, name)
	if doc.state != state:
		return  # a job that was queued before and comes late: what it was for is over
	report = Report(doc)
	try:
		values = work(doc, report)
		_note(doc, **values, **report.kept())
		frappe.db.commit()  # the job's own: what was granted and that it was are one
	except Exception as error:
		frappe.db.rollback()
		report.drop()
		_fail(doc, error)


def _fail(doc: frappe._dict, error: Exception) -> None:
	"""Nothing of the file was written. What a person can put right is said on the record, the rest is logged too."""
	known = isinstance(error, frappe.ValidationError | EngineError)
	said = wording.of_error(error) if isinstance(error, EngineError) else strip_html(str(error))
	if not known:
		frappe.log_error(title=f"Support Credits: {doc.name} failed")
		said = _("Something went wrong; an administrator finds it in the Error Log: {0}").format(said)
	text = _("Nothing was imported. {0}").format(frappe.utils.html_utils.unescape_html(said))
	_note(doc, state="Failed", message=text)
	frappe.db.commit()


def _verdict(outcome: Outcome) -> str:
	if outcome.trouble:
		return _("Nothing can be imported yet. {0}").format(opening.said(outcome.trouble))
	if not outcome.counts.grants:
		return _("Nothing would change: every row was granted before or is left out.")
	return _("{0} credit(s) in {1} row(s) would be granted.").format(
		outcome.counts.credits, outcome.counts.grants
	)


def _numbers(outcome: Outcome) -> dict[str, int]:
	counts = outcome.counts
	return {
		"total_rows": counts.rows,
		"grants": counts.grants,
		"credits": counts.credits,
		"granted_before": counts.before,
		"left_out": counts.left_out,
		"errors": counts.errors,
		"new_accounts": counts.new_accounts,
	}


class Report:
	"""The record's report: a private file of the host's, written row by row."""

	def __init__(self, doc: frappe._dict) -> None:
		self.doc, self.file, self.rows = doc, None, []

	def take(self, plan: Plan) -> None:
		self.file = self._new_file()
		path = self.file.get_full_path()
		with open(path, "wb") as file:
			opening_report.write(plan, file)
		frappe.db.set_value("File", self.file.name, "file_size", os.path.getsize(path))
		self.rows = opening_report.first_rows(plan)

	def _new_file(self) -> frappe._dict:
		# The host would take all of it into memory: it gets a word, and the rows follow on disk.
		fields = {
			"file_name": f"{self.doc.name}-{frappe.generate_hash(length=6)}.csv",
			"content": frappe.generate_hash(),
			"is_private": 1,
			"attached_to_doctype": DOCTYPE,
			"attached_to_name": self.doc.name,
			"attached_to_field": "report",
		}
		return frappe.get_doc({"doctype": "File", **fields}).insert(ignore_permissions=True)

	def kept(self) -> dict[str, object]:
		"""The record's fields for it; the report before it goes."""
		for name in frappe.get_all("File", self._filters({"file_url": self.doc.report}), pluck="name"):
			frappe.delete_doc("File", name, ignore_permissions=True)
		return {"report": self.file.file_url, "first_rows": json.dumps(self.rows, ensure_ascii=False)}

	def _filters(self, more: dict[str, object]) -> dict[str, object]:
		return {"attached_to_doctype": DOCTYPE, "attached_to_name": self.doc.name, **more}

	def drop(self) -> None:
		"""Its record went with the transaction; the file may be gone with it."""
		if self.file:
			with suppress(FileNotFoundError):
				os.remove(self.file.get_full_path())
