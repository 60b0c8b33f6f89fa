// Choices for fields that name ERPNext's records: most sites have no such DocTypes to link to.
const OF_COMPANY = (frm) => ({ company: frm.doc.company || ["is", "set"] });
const CHOICES = {
	company: ["Company", () => ({})],
	income_account: ["Account", (frm) => ({ ...OF_COMPANY(frm), root_type: "Income", is_group: 0 })],
	deferred_account: ["Account", (frm) => ({ ...OF_COMPANY(frm), root_type: "Liability", is_group: 0 })],
	tax_template: ["Sales Taxes and Charges Template", OF_COMPANY],
	item_group: ["Item Group", () => ({ is_group: 0 })],
	session_item: ["Item", () => ({ is_stock_item: 0, is_sales_item: 1 })],
	customer_group: ["Customer Group", () => ({ is_group: 0 })],
	territory: ["Territory", () => ({ is_group: 0 })],
};

async function offer(frm, field) {
	const [doctype, filters] = CHOICES[field];
	if (!frappe.model.can_read(doctype)) return; // it can still be typed
	const names = await frappe.db.get_list(doctype, { filters: filters(frm), pluck: "name", limit: 200 });
	frm.fields_dict[field].set_data(names);
}

frappe.ui.form.on("Credit Invoicing Settings", {
	refresh(frm) {
		Object.keys(CHOICES).forEach((field) => offer(frm, field));
	},
	company(frm) {
		["income_account", "deferred_account", "tax_template"].forEach((field) => offer(frm, field));
	},
});
