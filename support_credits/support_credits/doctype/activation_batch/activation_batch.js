// Make what is left of a batch worthless, for example when its box was stolen. The server checks who may.
frappe.ui.form.on("Activation Batch", {
	refresh(frm) {
		const left = frm.doc.size - frm.doc.redeemed - frm.doc.revoked;
		frm.page.set_indicator(__("{0} left", [left]), left ? "blue" : "gray");
		if (left && frappe.user.has_role(["Agent Manager", "System Manager"])) {
			frm.add_custom_button(__("Revoke What Is Left"), () => revoke_left(frm, left));
		}
	},
});

function revoke_left(frm, left) {
	const method = "support_credits.api.codes.revoke_batch";
	frappe.confirm(__("{0} code(s) of this batch become worthless for good. Revoke them?", [left]), () =>
		frappe.call({ method, args: { batch: frm.doc.name }, freeze: true }).then((answer) => {
			frappe.show_alert({
				message: __("{0} code(s) revoked.", [answer.message.revoked]),
				indicator: "green",
			});
			return frm.reload_doc();
		}),
	);
}
