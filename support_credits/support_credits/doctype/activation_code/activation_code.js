// Make one code worthless, for example a card that was lost. The server checks who may.
frappe.ui.form.on("Activation Code", {
	refresh(frm) {
		const colors = { Issued: "blue", Redeemed: "green", Revoked: "gray" };
		frm.page.set_indicator(__(frm.doc.state), colors[frm.doc.state]);
		if (frm.doc.state === "Issued" && frappe.user.has_role(["Agent Manager", "System Manager"])) {
			frm.add_custom_button(__("Revoke"), () => revoke(frm));
		}
	},
});

function revoke(frm) {
	const method = "support_credits.api.codes.revoke";
	frappe.confirm(__("The code becomes worthless for good. Revoke it?"), () =>
		frappe.call({ method, args: { code: frm.doc.name }, freeze: true }).then(() => frm.reload_doc()),
	);
}
