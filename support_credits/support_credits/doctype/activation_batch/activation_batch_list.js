// Issue codes, see them once, and take them along as a table, cards or a sheet. The server checks who may.
const CODES_API = "support_credits.api.codes.";
const CODES_IN_A_FILE = 200;

frappe.listview_settings["Activation Batch"] = {
	hide_name_column: false,
	// At each refresh: the host takes the button away where nobody creates records by hand.
	refresh(list) {
		if (frappe.user.has_role(["Agent Manager", "System Manager"])) {
			list.page.set_primary_action(__("Issue Codes"), () => ask_what_to_issue(list), "add");
		}
	},
};

function ask_what_to_issue(list) {
	// No mandatory_depends_on: the host draws such fields anew whenever another is changed, over what is being typed. The
	// server asks for a pack or a number, and the dialog stays until it has them.
	const fields = [
		{
			fieldname: "batch",
			fieldtype: "Data",
			label: __("Batch"),
			reqd: 1,
			description: __("For whom or for what they are, so that they can be found again."),
		},
		{
			fieldname: "brings",
			fieldtype: "Select",
			label: __("Each code brings"),
			default: "pack",
			reqd: 1,
			options: [
				{ value: "pack", label: __("A pack") },
				{ value: "credits", label: __("A number of credits") },
			],
		},
		{
			fieldname: "pack",
			fieldtype: "Link",
			options: "Credit Pack",
			label: __("Pack"),
			depends_on: "eval:doc.brings=='pack'",
		},
		{
			fieldname: "credits",
			fieldtype: "Int",
			label: __("Credits"),
			depends_on: "eval:doc.brings=='credits'",
		},
		{
			fieldname: "months",
			fieldtype: "Int",
			label: __("Valid for (months)"),
			depends_on: "eval:doc.brings=='credits'",
			description: __("0: for ever"),
		},
		{
			fieldname: "redeem_until",
			fieldtype: "Date",
			label: __("Redeemable until"),
			description: __("Empty: any day."),
		},
		{ fieldname: "column", fieldtype: "Column Break" },
		{ fieldname: "product", fieldtype: "Data", label: __("Product") },
		{
			fieldname: "serials",
			fieldtype: "Small Text",
			label: __("Serial numbers"),
			description: __(
				"One a line: each gets a code that is redeemed with it alone. Empty: bound to nothing.",
			),
		},
		{
			fieldname: "count",
			fieldtype: "Int",
			label: __("Number of codes"),
			default: 1,
			depends_on: "eval:!doc.serials",
		},
		{ fieldname: "note", fieldtype: "Small Text", label: __("Note") },
	];
	const issue = (values) => {
		const { brings, pack, credits, months, ...rest } = values;
		const offer = brings === "pack" ? { pack } : { credits, months: months || 0 };
		return frappe.call({ method: CODES_API + "issue", args: { ...rest, ...offer }, freeze: true });
	};
	support_credits.ask(fields, issue, __("Issue activation codes"), __("Issue"), (answer) => {
		list.refresh();
		show_issued(answer.message);
	});
}

function show_issued(issued) {
	const rows = issued.codes.map((code, index) => [index + 1, code, issued.serials[index] || ""]);
	const dialog = new frappe.ui.Dialog({
		title: __("{0} code(s) of batch {1}", [issued.codes.length, issued.batch]),
		size: "large",
		static: true, // a click beside it would lose them
		fields: [{ fieldname: "codes", fieldtype: "HTML" }],
		primary_action_label: __("Cards (PDF)"),
		primary_action: () => download_pdf(issued, "cards"),
		secondary_action_label: __("I have them"),
		secondary_action: () => dialog.hide(),
	});
	dialog.fields_dict.codes.$wrapper.html(codes_table(rows));
	dialog.add_custom_action(__("Sheet (PDF)"), () => download_pdf(issued, "sheet"));
	dialog.add_custom_action(__("CSV"), () => download_csv(issued.batch, rows));
	dialog.show();
}

function codes_table(rows) {
	const escape = frappe.utils.escape_html;
	const lines = rows.map(
		([number, code, serial]) =>
			`<tr><td>${number}</td><td><code>${escape(code)}</code></td><td>${escape(serial)}</td></tr>`,
	);
	return `<p>${__("Print or save them now: they are shown once and kept nowhere.")}</p>
		<div style="max-height: 50vh; overflow: auto"><table class="table table-sm">
		<thead><tr><th>${__("No.")}</th><th>${__("Code")}</th><th>${__("Serial number")}</th></tr></thead>
		<tbody>${lines.join("")}</tbody></table></div>`;
}

// A sheet takes a text that begins like this for a formula.
function safe(text) {
	return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function download_csv(batch, rows) {
	const quoted = (text) => `"${safe(String(text)).replaceAll('"', '""')}"`;
	const table = [[__("No."), __("Code"), __("Serial number")], ...rows];
	const text = table.map((row) => row.map(quoted).join(",")).join("\r\n");
	save(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" }), `${batch}.csv`);
}

async function download_pdf(issued, layout) {
	for (let start = 0; start < issued.codes.length; start += CODES_IN_A_FILE) {
		const part = issued.codes.slice(start, start + CODES_IN_A_FILE);
		const name = start ? `${issued.batch}-${layout}-${start + 1}.pdf` : `${issued.batch}-${layout}.pdf`;
		frappe.dom.freeze(__("Printing…"));
		try {
			save(await printed(part, layout), name);
		} catch (error) {
			frappe.msgprint({ title: __("Not printed"), indicator: "red", message: error.message });
			return;
		} finally {
			frappe.dom.unfreeze();
		}
	}
}

// Not frappe.call, which reads every answer as text.
async function printed(codes, layout) {
	const answer = await fetch(`/api/method/${CODES_API}print_codes`, {
		method: "POST",
		headers: {
			Accept: "application/json",
			"Content-Type": "application/json",
			"X-Frappe-CSRF-Token": frappe.csrf_token,
		},
		body: JSON.stringify({ codes: codes.join("\n"), layout }),
	});
	if (answer.ok) return answer.blob();
	const body = await answer.json().catch(() => ({}));
	const said = JSON.parse(body._server_messages || "[]").map((line) => JSON.parse(line).message);
	throw new Error(said.join("<br>") || __("The server did not answer. Try again."));
}

function save(blob, name) {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
