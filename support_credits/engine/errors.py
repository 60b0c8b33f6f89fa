"""What the rules refuse, as exceptions. Each carries its facts, so that a caller can word it for its
reader."""

from __future__ import annotations


class EngineError(ValueError):
	"""A rule was given something it cannot work with.

	``template`` and ``values`` are its sentence before the values went in, so that a shell can translate what a
	person may read; where no values are given the text is meant for a developer.
	"""

	def __init__(self, template: str, **values: object) -> None:
		super().__init__(template.format(**values) if values else template)
		self.template = template
		self.values = values


class NotEnoughCredits(EngineError):
	"""``needed`` credits were asked for and only ``available`` can be spent at that instant; nothing was
	taken."""

	def __init__(self, needed: int, available: int) -> None:
		super().__init__(f"{needed} credits needed, {available} available")
		self.needed = needed
		self.available = available


class InvalidAmount(EngineError):
	"""A number of credits that is not a positive whole number within bounds."""


class NotAllowed(EngineError):
	"""An act the rules forbid on this lot or incident as it stands, for example a void of an expired lot."""


class BrokenBounds(EngineError):
	"""A posting would leave a lot below zero, above what came into it, or past its overdraft limit."""
