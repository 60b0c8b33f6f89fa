"""Numbers of orders in an outside shop (Open Collective), as people type them and as they stand in a mail.

Only three forms exist: ``or_xxxxxxxx``, the older hash in groups of eight, and the number that is being retired. Nothing else is
ever looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _

LEGACY_MAX = 2**31 - 1  # a GraphQL Int
MOST_IN_A_MAIL = 5
MAIL_LENGTH = 100_000

_PUBLIC = re.compile(r"(or)_([A-Za-z0-9]{4,40})", re.IGNORECASE)
_HASH = re.compile(r"[a-z0-9]{8}(?:-[a-z0-9]{8}){3}", re.IGNORECASE)
_DIGITS = re.compile(r"#?\s?([0-9]{1,10})")

# What stands alone is no number of an order: the word has to be near it, except where the form says it.
_MENTION = re.compile(
	r"\b(?:order|contribution|pedido|bestellung|commande)s?(?:[ \t]+(?:number|id|no\b\.?|nr\b\.?|n[\u00ba\u00b0]|nummer|n[u\u00fa]mero))?"
	r"[ \t]*(?:(?:is|was|ist|lautet|\u00e9|est|:|=)[ \t]*){0,2}#?[ \t]?(?P<digits>[0-9]{3,10})\b(?![.,/-]?[0-9])"
	r"|/(?:orders|contributions)/(?P<linked>[0-9]{3,10})\b"
	r"|\b(?P<public>or_[A-Za-z0-9]{4,40})\b"
	r"|(?<![\w-])(?P<hash>[a-z0-9]{8}(?:-[a-z0-9]{8}){3})(?![\w-])",
	re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
	"""An order as it is asked for: by ``id``, or by the number that is being retired."""

	kind: Literal["id", "legacyId"]
	value: str

	@property
	def variables(self) -> dict[str, object]:
		"""The reference of the query; one of the two, never both."""
		return {self.kind: int(self.value) if self.kind == "legacyId" else self.value}


def asked_for(typed: str) -> Asked:
	"""The order that somebody typed. EngineError for what can be none: it is never looked up."""
	text = typed.strip()
	public = _PUBLIC.fullmatch(text)
	if public:
		return Asked("id", f"or_{public[2]}")
	if _HASH.fullmatch(text):
		return Asked("id", text.lower())
	digits = _DIGITS.fullmatch(text)
	if digits and 0 < int(digits[1]) <= LEGACY_MAX:
		return Asked("legacyId", str(int(digits[1])))
	raise EngineError(
		_("an order number looks like {one} or {other}; you find it in the receipt"),
		one="or_1a2b3c4d",
		other="123456",
	)


def find_numbers(text: str) -> tuple[Asked, ...]:
	"""The order numbers a mail names, in its order, each once, five at the most."""
	found: dict[Asked, None] = {}
	for match in _MENTION.finditer(text[:MAIL_LENGTH]):
		said = match["public"] or match["hash"] or match["digits"] or match["linked"]
		try:
			found.setdefault(asked_for(said))
		except EngineError:
			continue  # a number, but too long for one of an order
		if len(found) == MOST_IN_A_MAIL:
			break
	return tuple(found)
