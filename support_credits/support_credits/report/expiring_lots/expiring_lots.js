// {% include "support_credits/reports/filters.js" %}

frappe.query_reports["Expiring Lots"] = {
	filters: [
		...support_credits.filters.days(
			__("Last Day From"),
			__("Last Day Until"),
			frappe.datetime.get_today(),
			frappe.datetime.add_days(frappe.datetime.get_today(), 90),
		),
		support_credits.filters.customer(),
		support_credits.filters.page(),
	],
	formatter(value, row, column, data, original) {
		const shown = original(column.fieldname === "source" ? __(value) : value, row, column, data);
		const soon = column.fieldname === "days_left" && data && data.days_left <= 7;
		return soon ? `<span style="color: var(--red-600)">${shown}</span>` : shown;
	},
};
