frappe.listview_settings["Emergency Session"] = {
	add_fields: ["state", "kind", "amount", "currency"],
	colors: { Running: "red", Paused: "orange", Stopped: "green", Cancelled: "gray" },
	get_indicator(doc) {
		return [__(doc.state), this.colors[doc.state] || "gray", `state,=,${doc.state}`];
	},
	// The list has no form for a new one: a session is started on its ticket.
	refresh(list) {
		if (frappe.user.has_role(["Agent Manager", "System Manager"])) {
			list.page.set_primary_action(__("Export for Invoicing"), () => ask_for_days(list), "download");
		}
	},
};

function ask_for_days(list) {
	const about = __(
		"A CSV file of the sessions that are on no invoice and in no export yet. They are marked: the next file does not have them.",
	);
	const fields = [
		{ fieldname: "about", fieldtype: "HTML", options: `<p>${frappe.utils.escape_html(about)}</p>` },
		{ fieldname: "since", fieldtype: "Date", label: __("From") },
		{ fieldname: "until", fieldtype: "Date", label: __("Until") },
		{
			fieldname: "export",
			fieldtype: "Data",
			label: __("Export"),
			description: __("The name of an earlier export, to have the same file again."),
		},
	];
	support_credits.ask(
		fields,
		({ since, until, export: earlier }) => {
			const asked = { since: since || "", until: until || "", export: earlier || "" };
			return download_sessions(asked);
		},
		__("Export for invoicing"),
		__("Export"),
		() => list.refresh(),
	);
}

async function download_sessions(asked) {
	const answer = await fetch("/api/method/support_credits.api.sessions.export_csv", {
		method: "POST",
		headers: {
			Accept: "application/json",
			"Content-Type": "application/json",
			"X-Frappe-CSRF-Token": frappe.csrf_token,
		},
		body: JSON.stringify(asked),
	});
	if (!answer.ok) {
		const body = await answer.json().catch(() => ({}));
		const said = JSON.parse(body._server_messages || "[]").map((one) => JSON.parse(one).message);
		frappe.msgprint({
			title: __("Not exported"),
			indicator: "red",
			message: said.join("<br>") || __("The server did not answer. Try again."),
		});
		throw answer; // the days stay in the dialog
	}
	const link = document.createElement("a");
	link.href = URL.createObjectURL(await answer.blob());
	const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"));
	link.download = named ? named[1] : "sessions.csv";
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
