frappe.query_reports["Emergency Hours"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Stopped From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.month_start(), -2),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Stopped Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
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
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" },
		{
			fieldname: "kind",
			label: __("Kind"),
			fieldtype: "Select",
			options: ["", "Emergency", "After Hours"],
		},
	],
};
