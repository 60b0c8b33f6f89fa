// What the provider does about an order. The server checks who may do what, and in which state.
const ORDER_API = "support_credits.api.orders.";
const MANAGERS = ["Agent Manager", "System Manager"];

frappe.ui.form.on("Credit Order", {
	refresh(frm) {
		frm.disable_save();
		const { colors } = frappe.listview_settings["Credit Order"];
		frm.page.set_indicator(__(frm.doc.state), colors[frm.doc.state] || "gray");
		if (frm.doc.trouble) {
			frm.dashboard.add_comment(text(frm.doc.trouble).replaceAll("\n", "<br>"), "red", true);
		}
		const is_manager = frappe.user.has_role(MANAGERS);
		if (is_manager && ["Open", "Expired"].includes(frm.doc.state)) {
			frm.add_custom_button(__("Mark Paid"), () => mark_paid(frm)).addClass("btn-primary");
		}
		if (frm.doc.state === "Open" && frappe.user.has_role(["Agent", "Agent Manager"])) {
			frm.add_custom_button(__("Cancel Order"), () => cancel(frm));
		}
		if (is_manager && frm.doc.state === "Paid") {
			frm.add_custom_button(__("Reverse"), () => reverse(frm));
		}
	},
});

function post(frm, method, args, said) {
	return frappe
		.call({
			method: ORDER_API + method,
			type: "POST",
			args: { order: frm.doc.name, ...args },
			freeze: true,
		})
		.then((answer) => {
			frappe.show_alert({ message: said(answer.message), indicator: "green" });
			frm.reload_doc();
		});
}

function what_of(frm) {
	return __("{0} credit(s) for {1}, {2}", [
		frm.doc.credits,
		frm.doc.customer,
		frappe.format(frm.doc.total, frm.get_docfield("total"), { only_value: true }, frm.doc),
	]);
}

function mark_paid(frm) {
	const reference = {
		fieldname: "reference",
		fieldtype: "Data",
		label: __("Payment Reference"),
		reqd: 1,
		length: 140,
		description: __(
			"What proves the payment, such as the bank's reference. The customer reads it on his receipt.",
		),
	};
	const about = { fieldname: "about", fieldtype: "HTML", options: `<p>${text(what_of(frm))}</p>` };
	const said = (done) =>
		done.replayed
			? __("It was paid before; nothing was granted now.")
			: __("{0} credit(s) granted. Balance {1}.", [done.credits, done.balance]);
	support_credits.ask(
		[about, reference],
		(values) => post(frm, "mark_paid", { reference: values.reference }, said),
		__("Was order {0} paid?", [frm.doc.name]),
		__("Mark Paid"),
	);
}

function cancel(frm) {
	const reason = { fieldname: "reason", fieldtype: "Data", label: __("Reason"), length: 140 };
	support_credits.ask(
		[reason],
		(values) => post(frm, "cancel", { reason: values.reason || "" }, () => __("The order is cancelled.")),
		__("Cancel order {0}?", [frm.doc.name]),
		__("Cancel Order"),
	);
}

function reverse(frm) {
	const about = __(
		"For money that went back. What is left of the {0} credit(s) becomes void; what was spent stays spent and is reported. It cannot be undone.",
		[frm.doc.credits],
	);
	const fields = [
		{ fieldname: "about", fieldtype: "HTML", options: `<p>${text(about)}</p>` },
		{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
	];
	support_credits.ask(
		fields,
		(values) => post(frm, "reverse", { reason: values.reason }, (done) => text(done.message)),
		__("Reverse order {0}?", [frm.doc.name]),
		__("Reverse"),
	);
}

function text(value) {
	return frappe.utils.escape_html(String(value ?? ""));
}
