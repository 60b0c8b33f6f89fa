// What the reports ask in the same words. Each report's script includes this file; the host puts both together.
frappe.provide("support_credits.filters");

Object.assign(support_credits.filters, {
	/** The first and the last day; both are needed. */
	days(from, until, first, last = frappe.datetime.get_today()) {
		return [
			{ fieldname: "from_date", label: from, fieldtype: "Date", default: first, reqd: 1 },
			{ fieldname: "to_date", label: until, fieldtype: "Date", default: last, reqd: 1 },
		];
	},
	/** The first day of the month so many months ago. */
	months_ago(count) {
		return frappe.datetime.add_months(frappe.datetime.month_start(), -count);
	},
	as_at() {
		return { fieldname: "as_at", label: __("At the End Of (empty: now)"), fieldtype: "Date" };
	},
	customer() {
		return { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "HD Customer" };
	},
	page() {
		return { fieldname: "page", label: __("Page Shown"), fieldtype: "Int" };
	},
	/** Text columns as people have typed them, never as HTML; those of ``words`` are ours and translated. */
	plain_text(...words) {
		return (value, row, column, data, original) =>
			column.fieldtype === "Data"
				? frappe.utils.escape_html(words.includes(column.fieldname) ? __(value) : value || "")
				: original(value, row, column, data);
	},
});
