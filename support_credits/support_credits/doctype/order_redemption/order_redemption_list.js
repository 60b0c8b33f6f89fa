frappe.listview_settings["Order Redemption"] = {
	add_fields: ["state", "customer", "reason"],
	colors: {
		"Found in Mail": "purple",
		Pending: "blue",
		"Link Sent": "blue",
		Manual: "orange",
		Granted: "green",
		Frozen: "red",
		Refused: "gray",
	},
	get_indicator(doc) {
		return [__(doc.state), this.colors[doc.state] || "gray", `state,=,${doc.state}`];
	},
};
