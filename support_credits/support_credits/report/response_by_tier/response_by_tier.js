// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Response by Tier"] = {
	filters: [
		...support_credits.filters.days(
			__("Came In From"),
			__("Came In Until"),
			frappe.datetime.add_days(frappe.datetime.get_today(), -90),
		),
		support_credits.filters.customer(),
		{ fieldname: "tier", label: __("Tier"), fieldtype: "Link", options: "Support Tier" },
	],
};
