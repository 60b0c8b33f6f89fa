"""The site's defaults: one site is one provider."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.support_credits.doctype import checks

DAYS = (
	"refund_grace_days",
	"deployment_days",
	"reopen_days",
	"expired_notice_days",
	"proposal_days",
	"order_days",
	"approval_days",
	"verify_days",
	"tier_notice_days",
	"tier_return_days",
)
MINUTES = (1, 24 * 60)
LINKS = ("buy_url", "redeem_url", "emergency_url", "documentation_url", "community_url")


class SupportCreditsSettings(Document):
	def validate(self) -> None:
		days = dict.fromkeys(DAYS, checks.DAYS)
		numbers = {"overdraft_limit": checks.CREDITS, "deployment_credits": checks.CREDITS}
		numbers["second_person_from"] = checks.CREDITS
		numbers |= {"cover_minutes": MINUTES, "deployment_months": (0, checks.MONTHS[1])}
		numbers["work_step_minutes"] = MINUTES
		checks.whole_numbers(self, {**numbers, **days})
		checks.links(self, *LINKS)
		self.validate_gateway()
		self.validate_time_zone()
		self.validate_parked_status()
		self.validate_notices()

	def validate_gateway(self) -> None:
		from support_credits.integrations import payments

		if self.payment_gateway and self.has_value_changed("payment_gateway"):
			payments.check_gateway(self.payment_gateway)

	def validate_time_zone(self) -> None:
		if not self.time_zone:
			return
		try:
			ZoneInfo(self.time_zone)
		except (ZoneInfoNotFoundError, ValueError):
			frappe.throw(
				_("{0} is not a time zone. Use an IANA name, for example Europe/Lisbon.").format(
					self.time_zone
				)
			)

	def validate_parked_status(self) -> None:
		"""Any other category would let the host's clock run, or close the ticket, while it waits."""
		if not self.parked_status:
			return
		if frappe.db.get_value("HD Ticket Status", self.parked_status, "category") != "Paused":
			frappe.throw(
				_("Status {0} cannot be used while a ticket waits: its category is not Paused.").format(
					self.parked_status
				)
			)

	def validate_notices(self) -> None:
		from support_credits.ledger import notices

		checks.numbers(self, {"low_balance_at": notices.THRESHOLD_MAX, "expiring_days": notices.DAYS_MAX})
		kinds = [row.kind for row in self.notices]
		for kind in kinds:
			if kinds.count(kind) > 1:
				frappe.throw(_("The notice {0} is listed twice. Keep one of the rows.").format(_(kind)))
		self.validate_missed_target()

	def validate_missed_target(self) -> None:
		"""From the moment it is switched on: what was late before gives nothing back."""
		from support_credits.engine.model import stamp_text
		from support_credits.ledger import clock, missed

		if not self.missed_target_credit:
			self.missed_target_since_utc = ""
		elif not self.missed_target_since_utc or not self.get_db_value("missed_target_credit"):
			if not missed.reason():
				frappe.throw(
					_(
						"There is no enabled Exemption Reason that applies by itself to a missed target. Make one first; it is what the credits are given back for."
					)
				)
			self.missed_target_since_utc = stamp_text(clock.now())

	def on_update(self) -> None:
		if self.everyone_must_have_credits and self.has_value_changed("everyone_must_have_credits"):
			# One insert per customer: not in the request of the person who ticked a box.
			frappe.enqueue(
				"support_credits.ledger.accounts.open_missing_accounts",
				queue="long",
				enqueue_after_commit=True,
			)
