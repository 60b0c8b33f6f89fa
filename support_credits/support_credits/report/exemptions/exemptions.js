// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Exemptions"] = {
	filters: [
		...support_credits.filters.days(__("From"), __("Until"), support_credits.filters.months_ago(2)),
		support_credits.filters.customer(),
		{
			fieldname: "reason",
			label: __("Exemption Reason"),
			fieldtype: "Link",
			options: "Exemption Reason",
		},
		{ fieldname: "agent", label: __("Set By"), fieldtype: "Link", options: "HD Agent" },
	],
	formatter: support_credits.filters.plain_text(),
};
