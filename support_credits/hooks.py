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
before_uninstall = "support_credits.uninstall.before_uninstall"
after_uninstall = "support_credits.uninstall.after_uninstall"

# What happens on the host's DocTypes. Handlers guard, translate and call; the rules are in engine/.
doc_events = {
	"HD Customer": {
		"after_insert": "support_credits.overrides.hd_customer.after_insert",
		"before_rename": "support_credits.overrides.hd_customer.before_rename",
		"on_trash": "support_credits.overrides.hd_customer.on_trash",
	},
	"HD Ticket": {
		# Customer, name and key are final here and it is before the SLA runs in the controller's before_save.
		"before_validate": "support_credits.overrides.hd_ticket.before_validate",
		"before_save": "support_credits.overrides.hd_ticket.before_save",
		"on_update": "support_credits.overrides.hd_ticket.on_update",
		"on_trash": "support_credits.overrides.hd_ticket.on_trash",
	},
}

scheduler_events = {
	"hourly": ["support_credits.ledger.jobs.expire_lots", "support_credits.ledger.jobs.release_waiting"],
	# A release that a crash cut short between the ledger and the ticket's own row.
	"all": ["support_credits.ledger.jobs.finish_releases"],
}
