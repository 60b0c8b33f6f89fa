"""Which severity counts for a ticket: its customer's word, up to what his tier allows. Nobody buys weekend hours with a menu."""

from __future__ import annotations

from collections.abc import Callable


def counting(said: str, most: str, severity_of: Callable[[str], int]) -> str:
	"""``said`` where the tier lets its customers say as much, else ``most``, the highest it lets them say."""
	return said if severity_of(said) <= severity_of(most) else most
