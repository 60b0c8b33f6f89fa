// The server says who may answer; whoever asked for it only takes it back.
const APPROVAL_API = "support_credits.api.approvals.";

frappe.ui.form.on("Credit Approval", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.state !== "Waiting" || !frappe.user.has_role(["Agent Manager", "System Manager"])) {
			return;
		}
		if (frm.doc.requested_by === frappe.session.user) {
			frm.set_intro(__("You have asked for this. Another manager has to approve it."), "orange");
			frm.add_custom_button(__("Take Back"), () => answer(frm, "withdraw", {}));
			return;
		}
		frm.page.set_primary_action(__("Approve"), () => ask_note(frm, "approve", __("Approve")));
		frm.add_custom_button(__("Decline"), () => ask_note(frm, "decline", __("Decline")));
	},
});

function ask_note(frm, act, title) {
	const note = { fieldname: "note", fieldtype: "Small Text", label: __("Note") };
	support_credits.ask([note], (values) => answer(frm, act, { note: values.note || "" }), title, title);
}

function answer(frm, act, more) {
	const args = { approval: frm.doc.name, ...more };
	return frappe.call({ method: APPROVAL_API + act, type: "POST", args, freeze: true }).then((said) => {
		frappe.show_alert({ message: said.message.message, indicator: "green" });
		frm.reload_doc();
	});
}
