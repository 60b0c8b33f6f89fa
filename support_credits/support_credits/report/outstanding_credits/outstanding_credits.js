frappe.query_reports["Outstanding Credits"] = {
	filters: [
		{ fieldname: "as_at", label: __("At the End Of (empty: now)"), fieldtype: "Date" },
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" },
		{ fieldname: "currency", label: __("Currency"), fieldtype: "Data" },
	],
};
