// A calendar is drawn as it will count, before it is saved: a real week, the year's holidays, and what is due when.
const HOURS_API = "support_credits.api.hours.";
const COLORS = ["var(--blue-400)", "var(--orange-400)", "var(--purple-400)", "var(--green-500)"];
const REDRAWN_BY = ["time_zone", "country", "subdivision", "categories", "language", "calendar_name"];
const PAUSE = 600; // milliseconds without typing before the draft is asked about

frappe.ui.form.on("Support Calendar", {
	setup(frm) {
		// The rows have no room for a severity: a dot says that there is one, in the colour of the drawing below.
		const dotted = (value, _df, _options, row) => text(value) + (row?.from_severity ? dot_of(row) : "");
		frm.fields_dict.windows.grid.update_docfield_property("ends", "formatter", dotted);
	},
	refresh(frm) {
		fill_choices(frm);
		frm.sc_week = null;
		draw(frm);
		follow_recompute(frm);
		if (frm.doc.recompute_due) {
			frm.dashboard.set_headline(__("Open tickets are being worked out again."));
		}
	},
	country(frm) {
		frm.set_value("subdivision", null);
		fill_subdivisions(frm);
	},
	windows_remove: draw_soon,
	own_days_remove: draw_soon,
});

for (const field of REDRAWN_BY) {
	frappe.ui.form.on("Support Calendar", field, draw_soon);
}
for (const [doctype, fields] of [
	[
		"Support Window",
		[
			"monday",
			"tuesday",
			"wednesday",
			"thursday",
			"friday",
			"saturday",
			"sunday",
			"on_holidays",
			"starts",
			"ends",
			"from_severity",
		],
	],
	["Support Calendar Day", ["day", "kind", "description"]],
]) {
	for (const field of fields) {
		frappe.ui.form.on(doctype, field, draw_soon);
	}
}

function fill_choices(frm) {
	frappe.call("frappe.core.doctype.user.user.get_timezones").then((answer) => {
		frm.fields_dict.time_zone.set_data(answer.message?.timezones || []);
	});
	frappe.call(`${HOURS_API}countries`).then((answer) => frm.fields_dict.country.set_data(answer.message));
	fill_subdivisions(frm);
}

function fill_subdivisions(frm) {
	if (frm.doc.country) {
		frappe
			.call(`${HOURS_API}subdivisions`, { country: frm.doc.country })
			.then((answer) => frm.fields_dict.subdivision.set_data(answer.message));
	}
}

function follow_recompute(frm) {
	frappe.realtime.off("support_credits_recompute");
	frappe.realtime.on("support_credits_recompute", ({ calendar, result }) => {
		if (calendar === frm.doc.name) {
			frm.dashboard.set_headline(frappe.utils.escape_html(result));
		}
	});
}

function draw_soon(frm) {
	clearTimeout(frm.sc_draws);
	frm.sc_draws = setTimeout(() => draw(frm), PAUSE);
}

async function draw(frm) {
	const target = frm.fields_dict.preview.$wrapper;
	if (!frm.doc.time_zone || !(frm.doc.windows || []).length) {
		target.html(note(__("Choose a time zone and add a window: the week is drawn here.")));
		return;
	}
	const asked = (frm.sc_asked = (frm.sc_asked || 0) + 1);
	const args = { doc: JSON.stringify(frm.doc), week_of: frm.sc_week };
	try {
		const answer = await frappe.xcall(`${HOURS_API}preview_calendar`, args, "POST", { silent: true });
		if (asked === frm.sc_asked) {
			show(frm, target, answer);
		}
	} catch (error) {
		if (asked === frm.sc_asked) {
			target.html(note(reason_of(error)));
		}
	}
}

function reason_of(error) {
	const lines = error?._server_messages ? JSON.parse(error._server_messages) : [];
	const said = lines.map((line) => frappe.utils.strip_html(JSON.parse(line).message));
	return said.join(" ") || __("The calendar cannot be drawn as it is.");
}

function show(frm, target, said) {
	target.html(
		`<div class="sc-preview">${week_of(said)}${legend_of(said)}${openings_of(said)}${due_of(said)}${holidays_of(said)}</div>`,
	);
	target.find("[data-sc-weeks]").on("click", (event) => {
		frm.sc_week = frappe.datetime.add_days(said.monday, Number(event.currentTarget.dataset.scWeeks) * 7);
		draw(frm);
	});
}

function text(value) {
	return frappe.utils.escape_html(String(value ?? ""));
}

function note(value) {
	return `<p class="text-muted">${text(value)}</p>`;
}

function dot_of(row) {
	const label = name_of(row.from_severity);
	return ` <span title="${text(label)}" aria-label="${text(label)}" style="color:${COLORS[1]}">●</span>`;
}

function color_of(said, severity) {
	return COLORS[said.severities.indexOf(severity) % COLORS.length];
}

function name_of(severity) {
	return severity ? __("from {0} up", [severity]) : __("all tickets");
}

function week_of(said) {
	const buttons = [
		[-1, __("Week before")],
		[1, __("Week after")],
	].map(
		([weeks, label]) =>
			`<button type="button" class="btn btn-xs btn-default" data-sc-weeks="${weeks}">${text(label)}</button>`,
	);
	const hours = [0, 6, 12, 18, 24].map(
		(hour) =>
			`<span style="position:absolute;left:${(hour / 24) * 100}%;transform:translateX(${hour === 24 ? -100 : hour ? -50 : 0}%)">${hour}</span>`,
	);
	return `<div class="flex justify-between align-center mb-2" style="gap:8px;flex-wrap:wrap">
			<span class="text-muted">${text(__("On the wall of {0}; it is {1} there.", [said.zone, said.now]))}</span>
			<span class="flex" style="gap:6px">${buttons.join("")}</span>
		</div>
		<div role="table" aria-label="${text(__("Hours of a week"))}">
			${said.week.map((day) => row_of(said, day)).join("")}
			<div class="flex text-muted small"><span style="flex:0 0 6.5rem"></span>
			<span style="position:relative;flex:1;height:1.2rem">${hours.join("")}</span></div>
		</div>`;
}

function row_of(said, day) {
	// The windows of a severity hold those of all tickets: drawn first, and lower.
	const spans = [...day.spans].sort(
		(a, b) => said.severities.indexOf(b.severity) - said.severities.indexOf(a.severity),
	);
	const bars = spans.map((span) => {
		const label = `${clock(span.from)}–${clock(span.to)} ${name_of(span.severity)}`;
		const place = said.severities.indexOf(span.severity);
		return `<span title="${text(label)}" style="position:absolute;left:${span.from / 14.4}%;width:${(span.to - span.from) / 14.4}%;
			top:${place ? 30 : 0}%;bottom:0;background:${color_of(said, span.severity)};border-radius:3px"></span>`;
	});
	const now =
		day.day === said.now_day
			? `<span style="position:absolute;left:${said.now_minute / 14.4}%;top:-2px;bottom:-2px;width:2px;background:var(--red-500)"></span>`
			: "";
	const spoken = spans.map((span) => `${clock(span.from)}–${clock(span.to)} ${name_of(span.severity)}`);
	return `<div role="row" class="flex align-center" style="margin-bottom:4px">
		<span role="rowheader" class="small" style="flex:0 0 6.5rem" title="${text(day.holiday || "")}">
			${text(day.label)}${day.holiday ? " •" : ""}</span>
		<span role="cell" aria-label="${text(spoken.join(", ") || __("closed"))}"
			style="position:relative;flex:1;height:1.4rem;background:var(--control-bg);border-radius:3px">${bars.join("")}${now}</span>
	</div>`;
}

function clock(minute) {
	const hours = String(Math.floor(minute / 60)).padStart(2, "0");
	return `${hours}:${String(minute % 60).padStart(2, "0")}`;
}

function legend_of(said) {
	const entries = said.severities.map(
		(severity) =>
			`<span class="small" style="margin-right:1rem"><span style="display:inline-block;width:.8rem;height:.8rem;border-radius:2px;
			vertical-align:-1px;background:${color_of(said, severity)}"></span> ${text(name_of(severity))}</span>`,
	);
	return `<div class="mb-3">${entries.join("")}<span class="small text-muted">${text(__("• holiday"))}</span></div>`;
}

function openings_of(said) {
	const lines = said.opening.map((one) => `<li>${text(name_of(one.severity))}: ${text(one.text)}</li>`);
	return `<h5>${text(__("Now"))}</h5><ul class="list-unstyled">${lines.join("")}</ul>`;
}

function due_of(said) {
	if (!said.due.length) {
		return note(__("No Support Tier uses this calendar yet."));
	}
	const rows = said.due.map(
		(one) =>
			`<tr><td>${text(one.tier)}</td><td>${text(one.kind)}</td><td>${text(name_of(one.severity))}</td>
			<td>${text(one.due)}</td><td class="text-muted small">${text(one.why)}</td></tr>`,
	);
	return `<h5>${text(__("A ticket now would be due"))}</h5>
		<div style="overflow-x:auto"><table class="table table-bordered small"><tbody>${rows.join("")}</tbody></table></div>`;
}

function holidays_of(said) {
	const rows = said.holidays.map(
		(one) => `<tr><td style="white-space:nowrap">${text(one.label)}</td><td>${text(one.name)}</td>
			<td>${text(one.hours || __("closed"))}</td></tr>`,
	);
	return rows.length
		? `<h5>${text(__("Holidays {0}", [said.year]))}</h5>
			<div style="overflow-x:auto"><table class="table table-bordered small"><tbody>${rows.join("")}</tbody></table></div>`
		: note(__("No holidays in {0}.", [said.year]));
}
