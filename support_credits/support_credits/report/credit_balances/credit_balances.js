// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Credit Balances"] = {
	filters: [
		support_credits.filters.as_at(),
		support_credits.filters.customer(),
		{
			fieldname: "show",
			label: __("Accounts"),
			fieldtype: "Select",
			options: [
				{ value: "All", label: __("All") },
				{ value: "With credits", label: __("With credits") },
				{ value: "Empty", label: __("Empty") },
				{ value: "Overdrawn", label: __("Overdrawn") },
			],
			default: "All",
		},
		support_credits.filters.page(),
	],
};
