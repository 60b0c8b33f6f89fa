frappe.query_reports["Response by Tier"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Came In From"),
			fieldtype: "Date",
			default: frappe.datetime.add_days(frappe.datetime.get_today(), -90),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Came In Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" },
		{ fieldname: "tier", label: __("Tier"), fieldtype: "Link", options: "Support Tier" },
	],
};
