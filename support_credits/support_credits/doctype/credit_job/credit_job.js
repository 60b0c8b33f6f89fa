// Where to look further. Running a job at once is the host's own button, on its record of the job.
frappe.ui.form.on("Credit Job", {
	refresh(frm) {
		frm.add_custom_button(__("Jobs"), () => frappe.set_route("query-report", "Support Credits Jobs"));
		if (!frappe.user.has_role("System Manager")) {
			return;
		}
		frm.add_custom_button(__("Errors"), () =>
			frappe.set_route("List", "Error Log", { method: ["like", "Support Credits%"] }),
		);
		frm.add_custom_button(__("Scheduler"), () =>
			frappe.set_route("List", "Scheduled Job Type", { method: frm.doc.name }),
		);
	},
});
