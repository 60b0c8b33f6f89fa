frappe.listview_settings["Credit Order"] = {
	add_fields: ["state", "credits", "total", "currency"],
	colors: { Open: "blue", Paid: "green", Cancelled: "gray", Expired: "orange", Reversed: "red" },
	get_indicator(doc) {
		return [__(doc.state), this.colors[doc.state] || "gray", `state,=,${doc.state}`];
	},
	// The list has no form for a new one: an order is raised, priced by its pack.
	refresh(list) {
		list.page.set_primary_action(
			__("Raise Order"),
			() => this.raise_order({}, () => list.refresh()),
			"add",
		);
	},
	/** Ask for pack and quantity and raise the order; ``given`` are fields that are known. */
	raise_order(given, then) {
		// A key per dialog: pressing the button twice, or a retry after a lost answer, raises one order.
		const key = frappe.utils.get_random(16);
		const raise = (values) =>
			frappe
				.call({
					method: "support_credits.api.orders.raise_order",
					type: "POST",
					args: { ...values, key },
					freeze: true,
				})
				.then((answer) => {
					const { order } = answer.message;
					const link = frappe.utils.get_form_link("Credit Order", order, true);
					frappe.show_alert({
						message: __("Order {0} is raised. The customer is asked by mail.", [link]),
						indicator: "green",
					});
					then?.(order);
				});
		support_credits.ask(order_fields(given), raise, __("Raise an order"), __("Raise Order"));
	},
};

function order_fields(given) {
	return [
		{
			fieldname: "customer",
			fieldtype: "Link",
			options: "HD Customer",
			label: __("Customer"),
			reqd: 1,
			default: given.customer,
			read_only: given.customer ? 1 : 0,
		},
		{
			fieldname: "pack",
			fieldtype: "Link",
			options: "Credit Pack",
			label: __("Pack"),
			reqd: 1,
			get_query: () => ({ filters: { on_sale: 1 } }),
		},
		{ fieldname: "quantity", fieldtype: "Int", label: __("Quantity"), reqd: 1, default: 1 },
		{
			fieldname: "note",
			fieldtype: "Data",
			label: __("Note"),
			length: 140,
			description: __(
				"For your colleagues. The customer accepts the terms and pays; nothing is granted before.",
			),
		},
	];
}
