frappe.query_reports["Credit Balances"] = {
	filters: [
		{ fieldname: "as_at", label: __("At the End Of (empty: now)"), fieldtype: "Date" },
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" },
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
		{ fieldname: "page", label: __("Page"), fieldtype: "Int", default: 1 },
	],
};
