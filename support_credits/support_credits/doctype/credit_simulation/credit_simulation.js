// A past period under another catalogue: start from the loaded one or a file, change it, run, read the table.
const SIMULATION_API = "support_credits.api.simulations.";

frappe.ui.form.on("Credit Simulation", {
	refresh(frm) {
		show_table(frm);
		if (frm.is_new() && !frm.doc.catalogue) {
			start_from_loaded(frm);
		}
		frm.add_custom_button(
			__("Start From the Loaded Catalogue"),
			() => start_from_loaded(frm),
			__("Catalogue"),
		);
		frm.add_custom_button(__("Upload a Catalogue"), () => upload(frm), __("Catalogue"));
		if (!frm.is_new() && !frm.is_dirty() && frm.doc.state !== "Running") {
			frm.page.set_primary_action(__("Run"), () => run(frm));
		}
		if (frm.doc.state === "Running") {
			frm.add_custom_button(__("Run Again"), () => run(frm));
		}
	},
});

function start_from_loaded(frm) {
	return frappe
		.call({ method: SIMULATION_API + "loaded_catalogue", type: "GET" })
		.then((answer) => frm.set_value("catalogue", answer.message.catalogue));
}

// Read here: the file itself is not kept, the record holds its text.
function upload(frm) {
	const input = $('<input type="file" accept=".json,application/json">');
	input.on("change", () => input[0].files[0].text().then((text) => frm.set_value("catalogue", text)));
	input.trigger("click");
}

function run(frm) {
	return frappe
		.call({ method: SIMULATION_API + "run", type: "POST", args: { name: frm.doc.name }, freeze: true })
		.then(() => frm.reload_doc());
}

// Names of customers are shown as text: never as HTML.
function show_table(frm) {
	const target = frm.fields_dict.preview.$wrapper.empty();
	const rows = JSON.parse(frm.doc.first_rows || "[]");
	frm.toggle_display("table_section", rows.length > 2);
	if (rows.length < 3) {
		return;
	}
	const [titles, total, ...lines] = rows;
	const table = $('<table class="table table-bordered table-sm small">').appendTo(target);
	table.wrap('<div style="overflow-x: auto">');
	const add = (cells, tag, part) => {
		const row = $("<tr>").appendTo(part);
		cells.forEach((cell) => {
			const place = $(`<${tag}>`).text(cell).appendTo(row);
			place.toggleClass("text-right", typeof cell === "number");
		});
	};
	add(titles, "th", $("<thead>").appendTo(table));
	const body = $("<tbody>").appendTo(table);
	add(total, "th", body);
	lines.forEach((cells) => add(cells, "td", body));
	if (frm.doc.row_count > lines.length) {
		$('<p class="text-muted small">')
			.text(
				__("The first {0} of {1} rows. All of them are in the report.", [
					lines.length,
					frm.doc.row_count,
				]),
			)
			.appendTo(target);
	}
}
