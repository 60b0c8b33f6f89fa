// Grant, void, adjust, statement and proof of one account. The server checks who may do what.
const ACCOUNT_API = "support_credits.api.account.";

frappe.ui.form.on("Credit Account", {
	refresh(frm) {
		if (frm.is_new()) {
			return;
		}
		frm.page.set_indicator(
			__("Balance {0}", [frm.doc.balance]),
			frm.doc.balance > 0 ? "green" : "orange",
		);
		frm.add_custom_button(__("Statement"), () => show_statement(frm));
		frm.add_custom_button(__("Raise Order"), () => raise_order(frm));
		if (frappe.user.has_role(["Agent Manager", "System Manager"])) {
			frm.add_custom_button(__("Verify"), () => verify(frm));
			frm.add_custom_button(__("Grant Pack"), () => grant_pack(frm), __("Credits"));
			frm.add_custom_button(__("Grant Credits"), () => grant_credits(frm), __("Credits"));
			frm.add_custom_button(__("Void Lot"), () => void_lot(frm), __("Credits"));
			frm.add_custom_button(__("Adjust Lot"), () => adjust_lot(frm), __("Credits"));
		}
	},
});

const REASON = { fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 };

function post(frm, method, args, said) {
	return frappe.call({ method: ACCOUNT_API + method, args, freeze: true }).then((answer) => {
		support_credits.say_entered(answer.message, said);
		frm.reload_doc(); // not waited for: its promise may never be kept
	});
}

// A key per dialog: pressing the button twice, or a retry after a lost answer, grants once.
function grant(frm, key, values) {
	const args = { customer: frm.doc.customer, key, ...values };
	return post(frm, "grant", args, (done) => __("{0} credit(s) granted.", [done.credits]));
}

function grant_pack(frm) {
	const key = frappe.utils.get_random(16);
	const pack = {
		fieldname: "pack",
		fieldtype: "Link",
		options: "Credit Pack",
		label: __("Pack"),
		reqd: 1,
	};
	support_credits.ask([pack, REASON], (values) => grant(frm, key, values), __("Grant a pack"), __("Grant"));
}

function grant_credits(frm) {
	const key = frappe.utils.get_random(16);
	const fields = [
		{ fieldname: "credits", fieldtype: "Int", label: __("Credits"), reqd: 1 },
		{
			fieldname: "months",
			fieldtype: "Int",
			label: __("Valid for (months)"),
			description: __("Empty: until used."),
		},
		REASON,
	];
	support_credits.ask(fields, (values) => grant(frm, key, values), __("Grant credits"), __("Grant"));
}

// The dialog is the one of the list of orders, which comes with that DocType.
function raise_order(frm) {
	frappe.model.with_doctype("Credit Order", () =>
		frappe.listview_settings["Credit Order"].raise_order({ customer: frm.doc.customer }),
	);
}

function lot_field(frm) {
	return {
		fieldname: "lot",
		fieldtype: "Link",
		options: "Credit Lot",
		label: __("Lot"),
		reqd: 1,
		get_query: () => ({ filters: { account: frm.doc.name, remaining: [">", 0] } }),
	};
}

function void_lot(frm) {
	const said = (done) => __("{0} credit(s) voided.", [done.credits]);
	const fields = [lot_field(frm), REASON];
	support_credits.ask(
		fields,
		(values) => post(frm, "void", values, said),
		__("Void what remains on a lot"),
		__("Void"),
	);
}

function adjust_lot(frm) {
	const key = frappe.utils.get_random(16);
	const said = (done) => __("{0} credit(s) remain on the lot.", [done.remaining]);
	const credits = {
		fieldname: "credits",
		fieldtype: "Int",
		label: __("Change by"),
		reqd: 1,
		description: __("Negative takes credits away."),
	};
	support_credits.ask(
		[lot_field(frm), credits, REASON],
		(values) => post(frm, "adjust", { ...values, key }, said),
		__("Adjust a lot"),
		__("Adjust"),
	);
}

function verify(frm) {
	frappe
		.call({ method: ACCOUNT_API + "verify", args: { account: frm.doc.name }, freeze: true })
		.then((answer) => {
			const report = answer.message;
			const lines = report.findings.map((finding) => frappe.utils.escape_html(finding.message));
			frappe.msgprint({
				title: report.ok ? __("The ledger is as it was posted") : __("The ledger was tampered with"),
				indicator: report.ok ? "green" : "red",
				message: report.ok ? __("{0} entries checked.", [report.entries]) : lines.join("<br>"),
			});
		});
}

function show_statement(frm) {
	frappe.call({ method: ACCOUNT_API + "statement", args: { account: frm.doc.name } }).then((answer) => {
		const dialog = new frappe.ui.Dialog({
			title: __("Statement of {0}", [frm.doc.customer]),
			size: "large",
		});
		dialog.$body.append(statement_table(answer.message));
		dialog.show();
	});
}

function statement_table(statement) {
	const escape = frappe.utils.escape_html;
	const rows = statement.lines.map((line) => {
		const about = line.ticket ? __("Ticket {0}", [line.ticket]) : line.reason;
		return `<tr><td>${escape(line.at_utc.slice(0, 16).replace("T", " "))}</td><td>${escape(__(line.kind))}</td>
			<td class="text-right">${line.credits > 0 ? "+" : ""}${line.credits}</td>
			<td class="text-right">${line.balance}</td><td>${escape(about || "")}</td></tr>`;
	});
	return `<div class="table-responsive"><table class="table table-sm">
		<thead><tr><th>${__("When (UTC)")}</th><th>${__("What")}</th><th class="text-right">${__("Credits")}</th>
		<th class="text-right">${__("Balance")}</th><th>${__("For")}</th></tr></thead>
		<tbody>${rows.join("")}</tbody></table></div>
		<p class="text-muted small">${__("Balance {0}", [statement.balance])} · ${__("Digest")}
		<code>${escape(statement.digest || "-")}</code></p>`;
}
