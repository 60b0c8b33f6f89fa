frappe.query_reports["Credit Ledger"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Posted From"),
			fieldtype: "Date",
			default: frappe.datetime.month_start(),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Posted Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" },
		{
			fieldname: "kind",
			label: __("Kind"),
			fieldtype: "Select",
			options: ["", "Grant", "Charge", "Refund", "Expiry", "Void", "Adjustment", "Transfer"],
		},
		{ fieldname: "lot", label: __("Lot"), fieldtype: "Link", options: "Credit Lot" },
		{ fieldname: "ticket", label: __("Ticket"), fieldtype: "Data" },
		{ fieldname: "page", label: __("Page"), fieldtype: "Int", default: 1 },
	],
	// What people have typed is shown as they typed it, never as HTML.
	formatter(value, row, column, data, original) {
		return column.fieldtype === "Data"
			? frappe.utils.escape_html(column.fieldname === "kind" ? __(value) : value || "")
			: original(value, row, column, data);
	},
};
