// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Emergency Hours"] = {
	filters: [
		...support_credits.filters.days(
			__("Stopped From"),
			__("Stopped Until"),
			support_credits.filters.months_ago(2),
		),
		{
			fieldname: "by",
			label: __("By"),
			fieldtype: "Select",
			options: [
				{ value: "Customer", label: __("Customer") },
				{ value: "Agent", label: __("Agent") },
				{ value: "Kind", label: __("Kind") },
				{ value: "Month", label: __("Month") },
			],
			default: "Customer",
			reqd: 1,
		},
		support_credits.filters.customer(),
		{
			fieldname: "kind",
			label: __("Kind"),
			fieldtype: "Select",
			options: ["", "Emergency", "After Hours"],
		},
		support_credits.filters.page(),
	],
};
