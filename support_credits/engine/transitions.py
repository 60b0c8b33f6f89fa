"""What may follow what: a table of states and events as the answer to "what becomes of this?"."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from support_credits.engine.errors import NotAllowed

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


def follow(table: Mapping[tuple[S, E], S], state: S, event: E, refusal: str) -> S:
	"""The state after ``event``. NotAllowed, with the ``refusal`` that names the ``{state}``, when that cannot happen."""
	try:
		return table[state, event]
	except KeyError:
		raise NotAllowed(refusal, state=str(state.value).lower()) from None
