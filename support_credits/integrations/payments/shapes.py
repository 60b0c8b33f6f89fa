"""What is read and what is found: requests of the payments app, and charges that a provider confirms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Request:
	"""An Integration Request about an order. Nothing of its ``data`` is believed; it only says what to ask for."""

	name: str
	status: str
	created_at: datetime  # aware
	data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Charge:
	"""Money that a provider says it took and has not given back. ``reference`` is its own id, one for each payment."""

	service: str
	reference: str
	amount: Decimal
	currency: str

	@property
	def key(self) -> str:
		"""One payment pays one order, whatever callback or request brought it."""
		return f"gateway:{self.service}:{self.reference}"
