frappe.query_reports["Expiring Lots"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Last Day From"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Last Day Until"),
			fieldtype: "Date",
			default: frappe.datetime.add_days(frappe.datetime.get_today(), 90),
			reqd: 1,
		},
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" },
		{ fieldname: "page", label: __("Page"), fieldtype: "Int", default: 1 },
	],
	formatter(value, row, column, data, original) {
		const shown = original(column.fieldname === "source" ? __(value) : value, row, column, data);
		const soon = column.fieldname === "days_left" && data && data.days_left <= 7;
		return soon ? `<span style="color: var(--red-600)">${shown}</span>` : shown;
	},
};
