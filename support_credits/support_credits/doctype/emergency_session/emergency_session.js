// Help by the hour, and what agents and managers do about it. The server checks who may do what, and in which state.
const SESSIONS_API = "support_credits.api.sessions.";

frappe.ui.form.on("Emergency Session", {
	refresh(frm) {
		frm.disable_save();
		const { state } = frm.doc;
		const { colors } = frappe.listview_settings["Emergency Session"];
		frm.page.set_indicator(__(state), colors[state] || "gray");
		if (frm.doc.trouble) {
			frm.dashboard.add_comment(session_text(frm.doc.trouble).replaceAll("\n", "<br>"), "red", true);
		}
		const is_open = ["Running", "Paused"].includes(state);
		if (is_open && frm.doc.ticket) show_so_far(frm);
		if (is_open && frappe.user.has_role(["Agent", "Agent Manager"])) {
			frm.add_custom_button(__("Stop"), () => stop_session(frm)).addClass("btn-primary");
			if (state === "Running") frm.add_custom_button(__("Pause"), () => post_session(frm, "pause"));
			else frm.add_custom_button(__("Resume"), () => post_session(frm, "resume"));
		}
		if (is_open && frappe.user.has_role(["Agent Manager", "System Manager"])) {
			frm.add_custom_button(__("Cancel Session"), () => cancel_session(frm));
		}
	},
});

/** What it would come to if it were stopped now: nothing of that is in the record before. */
async function show_so_far(frm) {
	const answer = await frappe.call({
		method: SESSIONS_API + "of_ticket",
		type: "GET",
		args: { ticket: frm.doc.ticket },
	});
	const line = answer.message.sessions.find((one) => one.session === frm.doc.name);
	if (!line) return;
	const minutes = Math.floor(line.worked_seconds / 60);
	const said = __("{0} minutes so far: {1} at {2} an hour.", [minutes, line.amount_text, line.rate_text]);
	frm.dashboard.clear_headline();
	frm.dashboard.set_headline(session_text(said));
}

function post_session(frm, method, args = {}) {
	return frappe
		.call({
			method: SESSIONS_API + method,
			type: "POST",
			args: { session: frm.doc.name, ...args },
			freeze: true,
		})
		.then((answer) => {
			frappe.show_alert({ message: session_text(answer.message.message), indicator: "green" });
			frm.reload_doc();
		});
}

function stop_session(frm) {
	const fields = [
		{
			fieldname: "summary",
			fieldtype: "Small Text",
			label: __("Summary"),
			description: __("What was done. The customer reads it, and the invoice says it."),
		},
	];
	support_credits.ask(
		fields,
		(values) => post_session(frm, "stop", { summary: values.summary || "" }),
		__("Stop session {0}?", [frm.doc.name]),
		__("Stop"),
	);
}

function cancel_session(frm) {
	const about = __("For one that was started by mistake: nothing of it is billed. It cannot be undone.");
	const fields = [
		{ fieldname: "about", fieldtype: "HTML", options: `<p>${session_text(about)}</p>` },
		{ fieldname: "reason", fieldtype: "Data", label: __("Reason"), reqd: 1, length: 140 },
	];
	support_credits.ask(
		fields,
		(values) => post_session(frm, "cancel", { reason: values.reason }),
		__("Cancel session {0}?", [frm.doc.name]),
		__("Cancel Session"),
	);
}

function session_text(value) {
	return frappe.utils.escape_html(String(value ?? ""));
}
