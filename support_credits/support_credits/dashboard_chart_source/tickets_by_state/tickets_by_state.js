frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Tickets by State"] = {
	method: "support_credits.api.figures.tickets_by_state",
	filters: [],
};
