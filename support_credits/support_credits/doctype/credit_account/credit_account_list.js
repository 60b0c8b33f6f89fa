// From the list: the first credits of a customer open his account, so that nobody has to make one first.
frappe.listview_settings["Credit Account"] = {
	onload(list) {
		if (frappe.user.has_role(["Agent Manager", "System Manager"])) {
			list.page.add_inner_button(__("Grant a Pack"), () => this.grant_pack(list));
		}
	},
	grant_pack(list) {
		// A key per dialog: pressing the button twice, or a retry after a lost answer, grants once.
		const key = frappe.utils.get_random(16);
		const link = (fieldname, label, options) => ({
			fieldname,
			label,
			options,
			fieldtype: "Link",
			reqd: 1,
		});
		const fields = [
			link("customer", __("Customer"), "HD Customer"),
			link("pack", __("Pack"), "Credit Pack"),
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
		];
		const grant = (values) =>
			frappe
				.call({
					method: "support_credits.api.account.grant",
					type: "POST",
					args: { ...values, key },
					freeze: true,
				})
				.then(({ message: done }) => {
					support_credits.say_entered(done, () => __("{0} credit(s) granted.", [done.credits]));
					list.refresh();
				});
		support_credits.ask(fields, grant, __("Grant a pack"), __("Grant"));
	},
};
