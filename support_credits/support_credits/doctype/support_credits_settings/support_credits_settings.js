// The zone decides when credits end, so it is chosen from the list and not typed from memory.
frappe.ui.form.on("Support Credits Settings", {
	refresh(frm) {
		frappe.call("frappe.core.doctype.user.user.get_timezones").then((answer) => {
			frm.fields_dict.time_zone.set_data(answer.message?.timezones || []);
		});
	},
	after_save() {
		// The host's onboarding hangs its way back on the one dialog of all messages, and leaves it there: the next step's
		// message would lead back too, away from the page it speaks of.
		frappe.router.once("change", () => {
			if (frappe.msg_dialog) {
				frappe.msg_dialog.custom_onhide = null;
			}
		});
	},
});
