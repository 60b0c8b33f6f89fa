// For our forms and lists in Desk. frappe.prompt closes before the server has answered: what was typed would be gone when it
// refuses, and with the dialog the key by which the same request again is done once.
frappe.provide("support_credits");

/** A dialog of `fields` that closes when the promise of `send(values)` is kept, and otherwise stays as it was filled in. */
support_credits.ask = function (fields, send, title, label) {
	const dialog = new frappe.ui.Dialog({
		title,
		fields,
		primary_action_label: label,
		async primary_action(values) {
			dialog.disable_primary_action();
			try {
				await send(values);
				dialog.hide();
			} catch {
				dialog.enable_primary_action(); // the host has said why
			}
		},
	});
	dialog.show();
};
