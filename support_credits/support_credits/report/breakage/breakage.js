// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Breakage"] = {
	filters: [
		...support_credits.filters.days(
			__("Last Day From"),
			__("Last Day Until"),
			support_credits.filters.months_ago(11),
		),
		support_credits.filters.customer(),
	],
};
