frappe.query_reports["Support Credits Jobs"] = {
	filters: [{ fieldname: "needs_a_look", label: __("Only those that need a look"), fieldtype: "Check" }],
	formatter(value, row, column, data, original) {
		const shown = original(value, row, column, data);
		if (column.fieldname !== "state" || !data) {
			return shown;
		}
		return `<span class="indicator-pill ${data.color}">${shown}</span>`;
	},
};
