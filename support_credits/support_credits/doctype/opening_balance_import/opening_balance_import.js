// Dry run first, then the import of the same file. Both are jobs; the server says what may be done.
const IMPORT_API = "support_credits.api.imports.";

frappe.ui.form.on("Opening Balance Import", {
	refresh(frm) {
		show_rows(frm);
		if (frm.is_new() || frm.is_dirty() || !frm.doc.file) {
			return;
		}
		if (frm.doc.state !== "Imported") {
			frm.add_custom_button(__("Dry Run"), () => call(frm, "dry_run"));
		}
		if (frm.doc.state === "Checked" && frm.doc.grants) {
			frm.page.set_primary_action(__("Import"), () => confirm_import(frm));
		}
	},
});

function call(frm, method) {
	return frappe
		.call({ method: IMPORT_API + method, type: "POST", args: { name: frm.doc.name }, freeze: true })
		.then(() => frm.reload_doc());
}

function confirm_import(frm) {
	const text = __(
		"Grant {0} credit(s) in {1} row(s), and open {2} account(s)? It cannot be undone, only voided lot by lot.",
		[frm.doc.credits, frm.doc.grants, frm.doc.new_accounts],
	);
	frappe.confirm(text, () => call(frm, "run"));
}

// Text of the file is shown as text: never as HTML.
function show_rows(frm) {
	const target = frm.fields_dict.preview.$wrapper.empty();
	const rows = JSON.parse(frm.doc.first_rows || "[]");
	if (rows.length < 2) {
		return;
	}
	const [titles, ...lines] = rows;
	const table = $('<table class="table table-bordered table-sm small">').appendTo(target);
	table.wrap('<div style="overflow-x: auto">');
	const add = (cells, tag) => {
		const row = $("<tr>").appendTo(table);
		cells.forEach((cell) => $(`<${tag}>`).text(cell).appendTo(row));
	};
	add(titles, "th");
	lines.forEach((cells) => add(cells, "td"));
	const total = frm.doc.errors || frm.doc.total_rows;
	if (total > lines.length) {
		$('<p class="text-muted small">')
			.text(__("The first {0}. All of them are in the report.", [lines.length]))
			.appendTo(target);
	}
}
