// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Credit Ledger"] = {
	filters: [
		...support_credits.filters.days(__("Posted From"), __("Posted Until"), frappe.datetime.month_start()),
		support_credits.filters.customer(),
		{
			fieldname: "kind",
			label: __("Kind"),
			fieldtype: "Select",
			options: ["", "Grant", "Charge", "Refund", "Expiry", "Void", "Adjustment", "Transfer"],
		},
		{ fieldname: "lot", label: __("Lot"), fieldtype: "Link", options: "Credit Lot" },
		{ fieldname: "ticket", label: __("Ticket"), fieldtype: "Data" },
		support_credits.filters.page(),
	],
	formatter: support_credits.filters.plain_text("kind"),
};
