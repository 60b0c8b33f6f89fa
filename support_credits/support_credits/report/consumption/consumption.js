// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Consumption"] = {
	filters: [
		...support_credits.filters.days(
			__("Posted From"),
			__("Posted Until"),
			support_credits.filters.months_ago(11),
		),
		{
			fieldname: "by",
			label: __("By"),
			fieldtype: "Select",
			options: [
				{ value: "Customer", label: __("Customer") },
				{ value: "Tier", label: __("Tier") },
				{ value: "Reason", label: __("Reason") },
			],
			default: "Customer",
			reqd: 1,
		},
		support_credits.filters.customer(),
		support_credits.filters.page(),
	],
};
