// What the provider does about an order that somebody wants to redeem. The server checks who may do what, and in which state.
const REDEMPTION_API = "support_credits.api.external_orders.";
const REDEMPTION_MANAGERS = ["Agent Manager", "System Manager"];

frappe.ui.form.on("Order Redemption", {
	refresh(frm) {
		frm.disable_save();
		const { colors } = frappe.listview_settings["Order Redemption"];
		frm.page.set_indicator(__(frm.doc.state), colors[frm.doc.state] || "gray");
		if (frm.doc.trouble) {
			frm.dashboard.add_comment(frappe.utils.escape_html(frm.doc.trouble), "red", true);
		}
		if (frm.doc.state === "Found in Mail") {
			frm.add_custom_button(__("Redeem"), () => redeem_found(frm)).addClass("btn-primary");
			frm.add_custom_button(__("Decline"), () => decline_redemption(frm));
		}
		const is_open = ["Pending", "Link Sent", "Manual"].includes(frm.doc.state);
		if (is_open && frappe.user.has_role(REDEMPTION_MANAGERS)) {
			frm.add_custom_button(__("Approve"), () => approve_redemption(frm)).addClass("btn-primary");
			frm.add_custom_button(__("Decline"), () => decline_redemption(frm));
		}
	},
});

function post_redemption(frm, method, args) {
	return frappe
		.call({
			method: REDEMPTION_API + method,
			type: "POST",
			args: { redemption: frm.doc.name, ...args },
			freeze: true,
		})
		.then((answer) => {
			const green = answer.message.state === "Granted";
			frappe.show_alert({
				message: frappe.utils.escape_html(answer.message.message),
				indicator: green ? "green" : "orange",
			});
			frm.reload_doc();
		});
}

function redeem_found(frm) {
	frappe.confirm(
		__(
			"Look up order {0} for the customer of ticket {1}? Its credits are granted only when the sender is its contributor.",
			[frappe.utils.escape_html(frm.doc.number), frappe.utils.escape_html(frm.doc.ticket)],
		),
		() => post_redemption(frm, "redeem_found"),
	);
}

function approve_redemption(frm) {
	frappe.confirm(
		__("Is order {0} really {1}'s? Nobody has shown it. Its credits are granted if it is paid.", [
			frappe.utils.escape_html(frm.doc.number),
			frappe.utils.escape_html(frm.doc.customer),
		]),
		() => post_redemption(frm, "approve_redemption"),
	);
}

function decline_redemption(frm) {
	const reason = { fieldname: "reason", fieldtype: "Data", label: __("Reason"), reqd: 1, length: 140 };
	support_credits.ask(
		[reason],
		(values) => post_redemption(frm, "decline_redemption", { reason: values.reason }),
		__("Decline order {0}?", [frm.doc.number]),
		__("Decline"),
	);
}
