frappe.listview_settings["Support Incident"] = {
	add_fields: ["state", "credits"],
	hide_name_column: true,
	get_indicator(doc) {
		const colors = {
			Charged: "blue",
			Exempt: "green",
			Parked: "orange",
			Overdrawn: "red",
			Unidentified: "yellow",
		};
		return [__(doc.state), colors[doc.state] || "gray", `state,=,${doc.state}`];
	},
};
