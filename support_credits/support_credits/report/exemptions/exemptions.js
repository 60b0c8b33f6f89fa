frappe.query_reports["Exemptions"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.month_start(), -2),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" },
		{
			fieldname: "reason",
			label: __("Exemption Reason"),
			fieldtype: "Link",
			options: "Exemption Reason",
		},
		{ fieldname: "agent", label: __("Set By"), fieldtype: "Link", options: "HD Agent" },
	],
	// A reason's label is shown as it was typed, never as HTML.
	formatter(value, row, column, data, original) {
		return column.fieldtype === "Data"
			? frappe.utils.escape_html(value || "")
			: original(value, row, column, data);
	},
};
