"""Activation codes on paper: cards to cut out, or a sheet, each code with a QR code that opens the page to redeem it.

Made of the codes as their issuer sends them. Nothing of it is kept.
"""

import base64
import io
from dataclasses import dataclass
from datetime import date

import frappe
import pyqrcode
from frappe import _
from frappe.utils import formatdate, get_url
from PIL import Image

from support_credits.engine.codes import code_of, digest_of
from support_credits.engine.errors import EngineError
from support_credits.engine.serials import shown_serial
from support_credits.exceptions import SupportCreditsError, WrongState
from support_credits.ledger import settings as site
from support_credits.ledger.codes import BATCH, DOCTYPE

REDEEM_PAGE = "/support-credits/redeem"
TEMPLATES = {
	"cards": "support_credits/templates/activation_cards.html",
	"sheet": "support_credits/templates/activation_sheet.html",
}
MOST_IN_A_FILE = 200  # a tenth of a second each: more would outlast a request
QR_DOTS = 8  # of a module: at a card's size about 300 an inch
FIELDS = (
	"code_hash", "state", "number", "batch", "product", "serial", "credits", "months", "redeem_until",
)  # fmt: skip


@dataclass(frozen=True)
class Card:
	"""One code and what stands beside it."""

	code: str
	number: int
	size: int
	batch: str
	product: str
	serial: str
	serial_end: str
	credits: int
	months: int
	redeem_until: str
	qr: str


def answer(typed: list[str], layout: str) -> None:
	"""Put the PDF on the response. Raises SupportCreditsError for what cannot be printed, naming the line."""
	if layout not in TEMPLATES:
		frappe.throw(_("Codes are printed as {0} or {1}.").format(*TEMPLATES), SupportCreditsError)
	if not 0 < len(typed) <= MOST_IN_A_FILE:
		frappe.throw(_("Print from 1 to {0} codes at once.").format(MOST_IN_A_FILE), SupportCreditsError)
	shown = cards(typed)
	frappe.response["filename"] = f"{shown[0].batch}-{layout}.pdf"
	frappe.response["filecontent"] = as_pdf(shown, layout)
	frappe.response["type"] = "pdf"


def cards(typed: list[str]) -> list[Card]:
	"""What is printed of codes, in their order. Each has to be one that can still be redeemed."""
	digests = [_digest(number, code) for number, code in enumerate(typed, start=1)]
	found = frappe.get_all(DOCTYPE, {"code_hash": ["in", digests]}, list(FIELDS))
	known = {row.code_hash: row for row in found}
	sizes = dict(
		frappe.get_all(BATCH, {"name": ["in", {row.batch for row in found}]}, ["name", "size"], as_list=True)
	)
	for number, digest in enumerate(digests, start=1):
		if digest not in known or known[digest].state != "Issued":
			frappe.throw(
				_(
					"Line {0} is not a code that can be redeemed. Only the codes of the answer are printed."
				).format(number),
				WrongState,
			)
	return [_card(code_of(code), known[digest], sizes) for code, digest in zip(typed, digests, strict=True)]


def _digest(number: int, code: str) -> str:
	try:
		return digest_of(code)
	except EngineError as error:
		reason = _(error.template).format(**error.values)
		frappe.throw(_("Line {0} cannot be a code: {1}.").format(number, reason), SupportCreditsError)


def _card(code: str, row: frappe._dict, sizes: dict[str, int]) -> Card:
	return Card(
		code=code,
		number=row.number,
		size=sizes.get(row.batch, row.number),
		batch=row.batch,
		product=row.product or "",
		serial=row.serial or "",
		serial_end=shown_serial(row.serial) if row.serial else "",
		credits=row.credits,
		months=row.months,
		redeem_until=_day(row.redeem_until),
		qr=qr_image(redeem_address(code)),
	)


def _day(day: date | None) -> str:
	return formatdate(day) if day else ""


def redeem_address(code: str) -> str:
	"""Where a code is redeemed. It stands behind the ``#``: a browser sends no server what follows it."""
	return f"{get_url(REDEEM_PAGE)}#{code}"


def qr_image(text: str) -> str:
	"""A QR code as the address of a picture that is the picture itself."""
	rows = _with_border(pyqrcode.create(text, error="M").code)
	picture = Image.new("1", (len(rows), len(rows)))
	picture.putdata([255 * (1 - dark) for row in rows for dark in row])
	file = io.BytesIO()
	size = QR_DOTS * len(rows)
	picture.resize((size, size), Image.Resampling.NEAREST).save(file, "PNG", optimize=True)
	return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _with_border(rows: list[list[int]], width: int = 4) -> list[list[int]]:
	"""The quiet zone, four modules wide, without which scanners look in vain."""
	beside, empty = [0] * width, [[0] * (len(rows) + 2 * width)] * width
	return [*empty, *([*beside, *row, *beside] for row in rows), *empty]


def as_pdf(shown: list[Card], layout: str) -> bytes:
	"""A document on A4. Raises SupportCreditsError where the host has nothing that makes one."""
	said = {
		"cards": shown,
		"provider": site.settings().provider_name or frappe.local.site,
		"page": get_url(REDEEM_PAGE).partition("://")[2],
	}
	html = frappe.render_template(TEMPLATES[layout], said)
	try:
		# The host's other maker of documents: in this one a millimetre is a millimetre on every server, and a card a card.
		from weasyprint import HTML
	except OSError:
		frappe.log_error(title="Support Credits: no PDF could be made")
		frappe.throw(
			_("No PDF can be made on this server. Download the CSV file instead."), SupportCreditsError
		)
	return HTML(string=html).write_pdf()
