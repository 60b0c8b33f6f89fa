"""Everything the app holds for a customer, as a file for the provider's managers."""

from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO

import frappe
from frappe import _
from werkzeug.wrappers import Response

from support_credits import customer_export as exporting
from support_credits.api.account import MANAGERS
from support_credits.api.limits import limited
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger.accounts import account_of

FILES_A_MINUTE = 10
TYPES = {"json": ("application/json", "json"), "csv": ("application/zip", "zip")}
CHUNK = 1 << 16


@frappe.whitelist(methods=["GET"])
@limited(FILES_A_MINUTE)
def customer_export(customer: str, format: str = "json") -> Response:
	"""All rows of ``customer``: as JSON, or as a zip of CSV files. Managers only.

	Customers download their statement; this one names who did what, and their colleagues' tickets.
	"""
	frappe.only_for(MANAGERS)
	if format not in TYPES:
		frappe.throw(_("An export is made as json or csv."), SupportCreditsError)
	exporting.check_customer(customer)
	with ExitStack() as stack:
		file = stack.enter_context(TemporaryFile())
		exporting.write(customer, format, file)
		file.seek(0)
		return _answer(customer, format, _chunks(file, stack.pop_all()))


def _answer(customer: str, format: str, chunks: Iterator[bytes]) -> Response:
	content_type, ending = TYPES[format]
	# By the account: the host's headers spoil names that are not ASCII.
	name = f"customer-{account_of(customer) or 'without-account'}.{ending}"
	headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
	return Response(chunks, headers=headers, content_type=content_type)


def _chunks(file: BinaryIO, held: ExitStack) -> Iterator[bytes]:
	with held:
		while chunk := file.read(CHUNK):
			yield chunk
