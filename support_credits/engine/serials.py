"""Serial numbers of what was sold: whatever a person makes of one while typing, it names the same thing.

A serial is a serial of a product: two products may count from 1 both.
"""

from __future__ import annotations

from hashlib import sha256
from unicodedata import category, normalize

from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _

SERIAL_LENGTH = 100
EXAMPLE = "SN-0042"
SHOWN = 4  # characters of a serial on a card, which tell one card from another
_SHOWN_FROM = 2 * SHOWN
_BETWEEN = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\u2014\t\u00a0")


def checked_serial(typed: str) -> str:
	"""A serial as it is kept: as typed, without white space around it. EngineError for what can be none."""
	serial = normalize("NFC", typed.strip())
	if not _plain(serial):
		raise EngineError(_("a serial number has letters or digits, for example {example}"), example=EXAMPLE)
	if len(serial) > SERIAL_LENGTH:
		raise EngineError(_("a serial number has at most {most} characters"), most=SERIAL_LENGTH)
	if any(category(sign).startswith("C") for sign in serial):
		raise EngineError(
			_("a serial number has characters that can be printed, for example {example}"), example=EXAMPLE
		)
	return serial


def serial_key(product: str, typed: str) -> str:
	"""The SHA-256 that stands for ``typed`` of ``product``: the same for capital and small letters, with and without
	blanks and hyphens. Of any text, so that a wrong serial takes as long as the right one.
	"""
	named = " ".join(normalize("NFKC", product).casefold().split())
	return sha256(f"{named}\n{_plain(typed)}".encode("utf-8", "surrogatepass")).hexdigest()


def _plain(typed: str) -> str:
	return normalize("NFKC", typed).casefold().translate(_BETWEEN).strip()


def shown_serial(serial: str) -> str:
	"""Its end, for a card; nothing of a short one. Whoever finds a card cannot read off it what redeems it."""
	return f"…{serial[-SHOWN:]}" if len(_plain(serial)) >= _SHOWN_FROM else ""
