frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Response Against Target"] = {
	method: "support_credits.api.figures.answers_by_month",
	filters: [],
};
