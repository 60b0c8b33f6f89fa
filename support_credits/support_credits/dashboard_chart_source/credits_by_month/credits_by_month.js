frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Credits by Month"] = {
	method: "support_credits.api.figures.credits_by_month",
	filters: [],
};
