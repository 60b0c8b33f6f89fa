"""The last run of one scheduled job. Written by ``support_credits.run_record`` alone."""

from functools import cached_property

from frappe.model.document import Document

from support_credits import scheduled
from support_credits.ledger import clock


class CreditJob(Document):
	@property
	def purpose(self) -> str:
		return scheduled.title_of(self.name)

	@property
	def state(self) -> str:
		return self._standing.said if self._standing else ""

	@cached_property
	def _standing(self) -> scheduled.Standing | None:
		found = scheduled.standings(clock.now())
		return next((one for one in found if one.job.method == self.name), None)
