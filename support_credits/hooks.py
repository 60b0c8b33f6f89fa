app_name = "support_credits"
app_title = "Support Credits"
app_publisher = "support_credits contributors"
app_description = "Sell support by the incident on Frappe Helpdesk"
app_email = "support-credits@example.com"
app_license = "AGPL-3.0-only"
required_apps = ["helpdesk"]

# Every whitelisted argument is annotated; Frappe 16 refuses calls that do not match.
require_type_annotated_api_methods = True
export_python_type_annotations = True

# Lifecycle
before_install = "support_credits.install.before_install"
after_install = "support_credits.install.after_install"
after_migrate = "support_credits.install.after_migrate"
after_app_install = "support_credits.integrations.erpnext.fields.after_app_install"
before_uninstall = "support_credits.uninstall.before_uninstall"
after_uninstall = "support_credits.uninstall.after_uninstall"

# The two the facts force: what a mail is, known when it comes in, and covered time where a Support Calendar counts.
override_doctype_class = {
	"Email Account": "support_credits.overrides.email_account.CreditsEmailAccount",
	"HD Service Level Agreement": "support_credits.overrides.hd_service_level_agreement.CreditsServiceLevelAgreement",
}

# The host's own functions do the work: merging locks the two tickets in one order and tries again after a deadlock, the
# banner is asked for the severity that counts.
override_whitelisted_methods = {
	"helpdesk.helpdesk.doctype.hd_ticket.api.merge_ticket": "support_credits.api.host.merge_ticket",
	"helpdesk.helpdesk.doctype.hd_ticket.api.split_ticket": "support_credits.api.host.split_ticket",
	"helpdesk.helpdesk.doctype.hd_ticket.api.show_outside_hours_banner": "support_credits.api.host.show_outside_hours_banner",
}

# The customer's pages: one of our own below the portal's address, and what the portal's own pages load.
website_route_rules = [
	{"from_route": "/helpdesk/credits", "to_route": "helpdesk_credits"},
	{"from_route": "/support-credits/redeem", "to_route": "redeem_code"},  # where a card's QR code leads
	{
		"from_route": "/support-credits/confirm-order",
		"to_route": "confirm_order",
	},  # where a one-time link leads
	{
		"from_route": "/support-credits/proposal",
		"to_route": "credit_proposal",
	},  # where a proposal is answered
	{
		"from_route": "/support-credits/no-notices",
		"to_route": "no_notices",
	},  # where notices are ended
]
after_request = ["support_credits.portal.inject", "support_credits.offer.caching.set_headers"]

# What a customer was told outlives the customer and the ticket it was about.
ignore_links_on_delete = ["Credit Notice"]

# The dialog of our forms and lists in Desk.
_ask = "public/js/ask.js"
doctype_js = {
	"Credit Account": _ask,
	"Credit Approval": _ask,
	"Credit Order": _ask,
	"Emergency Session": _ask,
	"Order Redemption": _ask,
	"Support Incident": _ask,
}
doctype_list_js = {
	"Activation Batch": _ask,
	"Credit Account": _ask,
	"Credit Order": _ask,
	"Emergency Session": _ask,
}

# Steps of the onboarding that are done are marked when a manager opens the desk.
extend_bootinfo = ["support_credits.onboarding.extend_bootinfo"]

# Our answers say that a machine wrote them.
make_email_body_message = ["support_credits.mail.answers.mark_as_automatic"]

# What happens on the host's DocTypes. Handlers guard, translate and call; the rules are in engine/.
doc_events = {
	# Ways for a portal user to reach what decides who pays, without touching a ticket.
	"Contact": {"before_validate": "support_credits.overrides.contact.before_validate"},
	# A mail's text is there when it is stored; its ticket was made before.
	"Communication": {"after_insert": "support_credits.integrations.open_collective.mail.after_insert"},
	"User": {"before_rename": "support_credits.overrides.user.before_rename"},
	"File": {"before_validate": "support_credits.overrides.file.before_validate"},
	"HD Customer": {
		"after_insert": "support_credits.overrides.hd_customer.after_insert",
		"before_rename": "support_credits.overrides.hd_customer.before_rename",
		"after_rename": "support_credits.integrations.erpnext.customers.renamed",
		"on_trash": "support_credits.overrides.hd_customer.on_trash",
	},
	# ERPNext's, where it is installed: what they say about paid invoices is settled at the commit.
	"Payment Ledger Entry": {"on_submit": "support_credits.integrations.erpnext.events.payment_ledger_entry"},
	"Unreconcile Payment": {"on_submit": "support_credits.integrations.erpnext.events.unreconciled"},
	"Sales Invoice": {
		"after_insert": "support_credits.integrations.erpnext.events.invoice_inserted",
		"before_submit": "support_credits.integrations.erpnext.events.invoice_submitting",
		"on_submit": "support_credits.integrations.erpnext.events.invoice_submitted_or_cancelled",
		"on_cancel": "support_credits.integrations.erpnext.events.invoice_submitted_or_cancelled",
		"on_trash": "support_credits.integrations.erpnext.events.invoice_deleted",
	},
	"HD Service Holiday List": {
		"before_save": "support_credits.overrides.hd_service_holiday_list.before_save"
	},
	"HD Ticket Priority": {
		"on_trash": "support_credits.overrides.hd_ticket_priority.on_trash",
		"on_update": "support_credits.overrides.hd_ticket_priority.follow",
		"after_delete": "support_credits.overrides.hd_ticket_priority.follow",
		"after_rename": "support_credits.overrides.hd_ticket_priority.after_rename",
	},
	"HD Ticket": {
		# Customer, name and key are final here and it is before the SLA runs in the controller's before_save.
		"before_validate": "support_credits.overrides.hd_ticket.before_validate",
		"before_save": "support_credits.overrides.hd_ticket.before_save",
		"on_update": "support_credits.overrides.hd_ticket.on_update",
		"on_trash": "support_credits.overrides.hd_ticket.on_trash",
		"before_insert": "support_credits.overrides.hd_ticket.before_insert",
		"before_rename": "support_credits.overrides.hd_ticket.before_rename",
	},
}

scheduler_events = {
	"hourly": [
		"support_credits.ledger.jobs.expire_lots",
		"support_credits.ledger.jobs.release_waiting",
		"support_credits.ledger.jobs.expire_proposals",
		"support_credits.ledger.jobs.expire_orders",
		"support_credits.ledger.jobs.raise_topups",
		"support_credits.ledger.approvals.expire_waiting",
		"support_credits.ledger.subscription_jobs.run_due",
		"support_credits.ledger.notice_clock.look_at_clock",
		"support_credits.ledger.missed.give_back_missed",
	],
	"daily_long": ["support_credits.ledger.reconciliation.prove_some"],
	# Every month, so that a January on which the server was off is caught up.
	"monthly_long": ["support_credits.hours.jobs.keep_years_ahead"],
	"hourly_long": [
		"support_credits.hours.recompute.run_due",
		"support_credits.integrations.payments.sweep_unanswered",
		"support_credits.integrations.erpnext.sweep",
		"support_credits.integrations.open_collective.jobs.look_again_at_all",
	],
	"cron": {"*/10 * * * *": ["support_credits.integrations.payments.sweep"]},
	# A release that a crash cut short between the ledger and the ticket's own row.
	"all": [
		"support_credits.ledger.jobs.finish_releases",
		"support_credits.mail.jobs.take_in_kept",
		"support_credits.mail.jobs.send_due_answers",
		"support_credits.mail.orders.send_due",
		"support_credits.ledger.notice_jobs.follow_ledger",
		"support_credits.mail.notices.send_due",
		"support_credits.integrations.open_collective.jobs.run_due",
	],
}
