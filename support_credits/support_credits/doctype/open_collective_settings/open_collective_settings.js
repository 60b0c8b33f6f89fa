frappe.ui.form.on("Open Collective Settings", {
	setup(frm) {
		frm.set_query("pack", "tiers", () => ({ filters: { price: [">", 0] } }));
	},
});
