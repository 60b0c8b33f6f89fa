// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Outstanding Credits"] = {
	filters: [
		support_credits.filters.as_at(),
		support_credits.filters.customer(),
		{ fieldname: "currency", label: __("Currency"), fieldtype: "Data" },
	],
};
