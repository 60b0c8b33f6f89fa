"""How a scheduled job stands: what its last run came to, and whether it should have run since.

Owns the words for it. Whoever shows a job passes what was noted of its last run, how often it runs, and the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

LONGEST_RUN = timedelta(hours=2)  # what has not ended by then was killed: no queue lets a job run as long
GRACE = timedelta(hours=1)  # a busy server is no reason to call anybody


class JobState(str, Enum):
	"""What is said of a job. Only the first two need nobody."""

	DONE = "Done"
	RUNNING = "Running"
	NEVER = "Never ran"
	LATE = "Late"
	FAILED = "Failed"
	CUT_OFF = "Cut off"


FINE = frozenset((JobState.DONE, JobState.RUNNING, JobState.NEVER))


@dataclass(frozen=True, slots=True)
class LastRun:
	"""What was noted of a job. ``known_since`` is when the site learned of it; before its first run nothing else is there."""

	known_since: datetime
	started: datetime | None = None
	ended: datetime | None = None
	failed: bool = False


def state_of(run: LastRun, every: timedelta, at: datetime) -> JobState:
	"""How a job that should run ``every`` so often stands at ``at``."""
	late = at - (run.started or run.known_since) > 2 * every + GRACE
	if run.started is None:
		return JobState.LATE if late else JobState.NEVER
	if run.ended is None or run.ended < run.started:
		return JobState.CUT_OFF if at - run.started > LONGEST_RUN else JobState.RUNNING
	if late:
		return JobState.LATE
	return JobState.FAILED if run.failed else JobState.DONE
