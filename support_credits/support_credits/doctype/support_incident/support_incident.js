// The actions on an incident. Each asks the server, which decides who may do what in which state.
const INCIDENT_API = "support_credits.api.incident.";

const CAN_EXEMPT = ["Charged", "Overdrawn", "Best effort", "Parked", "Unidentified"];
const CAN_PARK = ["Best effort", "Not enforced"];

frappe.ui.form.on("Support Incident", {
	refresh(frm) {
		frm.disable_save();
		if (!frm.doc.ticket) {
			return;
		}
		frm.page.set_indicator(__(frm.doc.state), indicator_of(frm.doc.state));
		frm.add_custom_button(__("Open in Helpdesk"), () => {
			window.open(`/helpdesk/tickets/${encodeURIComponent(frm.doc.ticket)}`);
		});
		if (CAN_EXEMPT.includes(frm.doc.state)) {
			add_action(frm, __("Exempt"), () => ask_exemption(frm));
		}
		if (frm.doc.state === "Exempt") {
			add_action(frm, __("Remove Exemption"), () => confirm_unexempt(frm));
		}
		if (frm.doc.state === "Parked") {
			add_action(frm, __("Release"), () => call(frm, "release"));
		}
		if (["Automatic", "Not chargeable"].includes(frm.doc.state)) {
			add_action(frm, __("Charge"), () => confirm_charge(frm));
		}
		if (CAN_PARK.includes(frm.doc.state)) {
			add_action(frm, __("Park"), () => call(frm, "park"));
		}
		add_action(frm, __("Set Customer"), () => ask_customer(frm));
		if (frm.doc.severity) {
			add_action(frm, __("Confirm Severity"), () => ask_severity(frm));
		}
		explain_deadline(frm);
	},
});

// When the first response is due and why, on the provider's wall and on the reader's; what we aim for is for agents alone.
function explain_deadline(frm) {
	const target = frm.fields_dict.explanation.$wrapper.empty();
	if (!frm.doc.due_at_utc) {
		return;
	}
	const line = (label, said, here) => {
		const row = $("<p>").appendTo(target);
		$("<strong>").text(`${label}: ${said.due_there}`).appendTo(row);
		$("<div>").addClass("text-muted small").text(said.why).appendTo(row);
		if (here && said.due_here !== said.due_there) {
			$("<div>")
				.addClass("text-muted small")
				.text(__("On your own clock: {0}", [said.due_here]))
				.appendTo(row);
		}
	};
	frappe.call("support_credits.api.hours.deadline", { ticket: frm.doc.ticket }).then((answer) => {
		const said = answer.message;
		if (said.due) {
			line(__("Promised"), said, true);
		}
		if (said.aim) {
			line(said.aim.passed ? __("Aim, passed") : __("Aim"), said.aim, false);
		}
	});
}

function indicator_of(state) {
	const colors = {
		Charged: "blue",
		Exempt: "green",
		Parked: "orange",
		Overdrawn: "red",
		Unidentified: "yellow",
	};
	return colors[state] || "gray";
}

function add_action(frm, label, action) {
	frm.add_custom_button(label, action, __("Credits"));
}

function call(frm, method, args = {}) {
	return frappe
		.call({ method: INCIDENT_API + method, args: { ticket: frm.doc.ticket, ...args }, freeze: true })
		.then((answer) => {
			const done = answer.message;
			const text = done.credits_back
				? __("{0} credit(s) given back.", [done.credits_back])
				: __("Ticket {0}: {1}.", [frm.doc.ticket, __(done.state)]);
			frappe.show_alert({ message: text, indicator: "green" });
			frm.reload_doc(); // not waited for: its promise may never be kept
		});
}

function ask_exemption(frm) {
	support_credits.ask(
		[
			{
				fieldname: "reason",
				fieldtype: "Link",
				options: "Exemption Reason",
				label: __("Reason"),
				reqd: 1,
				get_query: () => ({ filters: { enabled: 1, who: ["!=", "System"] } }),
			},
			{ fieldname: "note", fieldtype: "Small Text", label: __("Note") },
			{ fieldname: "url", fieldtype: "Data", options: "URL", label: __("Issue URL") },
		],
		(values) => call(frm, "exempt", values),
		__("Exempt ticket {0}", [frm.doc.ticket]),
		frm.doc.credits ? __("Give back {0} credit(s)", [frm.doc.credits]) : __("Exempt"),
	);
}

function confirm_unexempt(frm) {
	ask_charge(
		frm,
		"unexempt",
		__("The ticket will be charged again, or wait for credits when there are none. Go on?"),
	);
}

function confirm_charge(frm) {
	ask_charge(
		frm,
		"charge",
		__("An automatic mail costs nothing. Charge this ticket all the same? Without credits it will wait."),
	);
}

async function is_closed(frm) {
	const { message } = await frappe.db.get_value("HD Ticket", frm.doc.ticket, "status_category");
	return message.status_category === "Resolved";
}

// A closed ticket is charged for a reason only: its customer thinks it is over.
async function ask_charge(frm, method, question) {
	if (!(await is_closed(frm))) {
		frappe.confirm(question, () => call(frm, method));
		return;
	}
	support_credits.ask(
		[
			{
				fieldname: "reason",
				fieldtype: "Small Text",
				label: __("Reason for the Charge"),
				description: question,
				reqd: 1,
			},
		],
		(values) => call(frm, method, values),
		__("The ticket is closed. Why is it charged all the same?"),
		__("Charge"),
	);
}

function ask_severity(frm) {
	support_credits.ask(
		[
			{
				fieldname: "severity",
				fieldtype: "Link",
				options: "HD Ticket Priority",
				label: __("Severity"),
				default: frm.doc.severity,
				reqd: 1,
				description: __(
					"From now on the hours count that are open for it. The ticket's priority follows.",
				),
			},
		],
		(values) =>
			frappe.call({
				method: `${INCIDENT_API}confirm_severity`,
				args: { ticket: frm.doc.ticket, ...values },
				freeze: true,
			}),
		__("How severe is ticket {0}?", [frm.doc.ticket]),
		__("Confirm"),
		() => frm.reload_doc(),
	);
}

async function ask_customer(frm) {
	const closed = await is_closed(frm);
	support_credits.ask(
		[
			{
				fieldname: "customer",
				fieldtype: "Link",
				options: "HD Customer",
				label: __("Customer"),
				default: frm.doc.customer,
				description: __("Who paid until now is refunded; this customer is charged instead."),
			},
			// Not mandatory_depends_on: while the server looks for the customer chosen, the host would draw the field anew
			// and what is being typed would be gone. The server refuses an empty one.
			{
				fieldname: "reason",
				fieldtype: "Small Text",
				label: __("The ticket is closed. Why is it charged all the same?"),
				hidden: !closed,
			},
		],
		(values) =>
			call(frm, "set_customer", { customer: values.customer || "", reason: values.reason || "" }),
		__("Set the customer of ticket {0}", [frm.doc.ticket]),
		__("Set"),
	);
}
