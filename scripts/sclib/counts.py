"""Passed, failed and skipped, read from what pytest and unittest print."""

from __future__ import annotations

import re
from dataclasses import dataclass

PYTEST = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?)+|no tests ran) in [\d.]+s")
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ")
UNITTEST_END = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Counts:
	"""What a suite came to; `skips` are whole suites that did not run, with the reason."""

	passed: int = 0
	failed: int = 0
	skipped: int = 0

	def __add__(self, other: Counts) -> Counts:
		return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

	@property
	def total(self) -> int:
		return self.passed + self.failed + self.skipped

	def __str__(self) -> str:
		return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def from_pytest(output: str) -> Counts:
	"""Read pytest's last summary; an error counts as a failure, an expected failure as a pass."""
	for line in reversed(COLOUR.sub("", output).splitlines()):
		found = PYTEST.match(line.strip())
		if found:
			return _pytest_counts(found[1])
	return Counts()


def _pytest_counts(summary: str) -> Counts:
	number = {word.rstrip("s"): int(n) for n, word in re.findall(r"(\d+) (\w+)", summary)}
	return Counts(
		number.get("passed", 0) + number.get("xfailed", 0),
		number.get("failed", 0) + number.get("error", 0) + number.get("xpassed", 0),
		number.get("skipped", 0),
	)


def from_unittest(output: str) -> Counts:
	"""Add up every "Ran N tests" block; bench prints one per kind of test."""
	total, ran = Counts(), None
	for line in COLOUR.sub("", output).splitlines():
		if found := UNITTEST_RAN.match(line.strip()):
			ran = int(found[1])
		elif ran is not None and (found := UNITTEST_END.match(line.strip())):
			total, ran = total + _unittest_counts(ran, found[1] or ""), None
	return total + Counts(failed=ran or 0)  # a block without an end: the run was cut short


def _unittest_counts(ran: int, detail: str) -> Counts:
	number = {key.strip(): int(n) for key, n in re.findall(r"([a-z ]+)=(\d+)", detail)}
	failed = number.get("failures", 0) + number.get("errors", 0) + number.get("unexpected successes", 0)
	skipped = number.get("skipped", 0)
	# An error in a class's or module's set-up is counted as an error but not as a test that ran.
	return Counts(max(ran - failed - skipped, 0), failed, skipped)


def checked(counts: Counts, status: int) -> Counts:
	"""Never let a suite pass that ran nothing or ended badly."""
	if counts.failed == 0 and (status != 0 or counts.total == 0):
		return counts + Counts(failed=1)
	return counts
