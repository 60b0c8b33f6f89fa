// For our forms and lists in Desk. frappe.prompt closes before the server has answered: what was typed would be gone when it
// refuses, and with the dialog the key by which the same request again is done once.
frappe.provide("support_credits");

/**
 * A dialog of `fields` that closes when the promise of `send(values)` is kept, then calls `done` with what came, and
 * otherwise stays as it was filled in. While it waits it sends nothing else: the host's Enter presses a disabled button too.
 */
support_credits.ask = function (fields, send, title, label, done) {
	let waits = false;
	const dialog = new frappe.ui.Dialog({
		title,
		fields,
		primary_action_label: label,
		async primary_action(values) {
			if (waits) {
				return;
			}
			waits = true;
			dialog.disable_primary_action();
			try {
				const answer = await send(values);
				dialog.hide();
				done?.(answer);
			} catch (error) {
				dialog.enable_primary_action();
				say_if_lost(error);
			} finally {
				waits = false;
			}
		},
	});
	dialog.show();
};

// An answer with a status has been shown by the host.
function say_if_lost(error) {
	if (!error?.status) {
		console.error(error);
		frappe.show_alert({ message: __("The server did not answer. Try again."), indicator: "red" });
	}
}

/** What became of credits entered by hand, `said(done)`: so many may wait until another manager agrees. */
support_credits.say_entered = function (done, said) {
	const waits = done.approval && done.message;
	frappe.show_alert({ message: waits || said(done), indicator: waits ? "orange" : "green" });
};
