// What splitting, merging and reopening a ticket costs, in Helpdesk's agent desk before the agent does it.
//
// Loaded by an HD Form Script (install.py), once per page. The server works the costs out and words them; all it says
// is put on the page as text. Nothing here stops an agent: when the server cannot answer, nothing is shown.

const API = "support_credits.api.";

// Helpdesk's own dialogs by their titles, which it does not translate, and what an agent does there.
const ACTS = new Map([
	["Split ticket", "split"],
	["Merge with another ticket", "merge"],
]);

// What began without a charge, and can be charged when it turns out to be an incident.
const FREE_SO_FAR = {
	Automatic: () =>
		__("It began as an automatic mail, so nothing was charged. Charge it when it is an incident."),
	"Not chargeable": () =>
		__("It began as a request or an import, so nothing was charged. Charge it when it is an incident."),
};

let shown = null; // the ticket on the page, with Helpdesk's way to call the server
let watching = false;
const own_titles = new Set();

/** What Helpdesk asks of a form script, anew for every ticket it shows: the buttons in the ticket's header. */
export function setupForm({ doc, call, toast, $dialog }) {
	shown = doc?.name ? { ticket: String(doc.name), state: doc.sc_state, call } : null;
	watch_dialogs();
	if (!doc?.sc_state) {
		return { actions: [] };
	}
	const page = { ...shown, toast, $dialog };
	return { actions: [{ label: label_of(doc), onClick: () => show_costs(page) }] };
}

function label_of({ sc_state, sc_credits }) {
	const labels = {
		Charged: __("Credits: Charged {0}", sc_credits),
		Overdrawn: __("Credits: Overdrawn {0}", sc_credits),
		Parked: __("Credits: Waiting"),
		Exempt: __("Credits: Exempt"),
		"Best effort": __("Credits: Best effort"),
		Unidentified: __("Credits: No customer"),
		Automatic: __("Credits: Automatic mail"),
		Withdrawn: __("Credits: Withdrawn"),
		Refunded: __("Credits: Given back"),
	};
	return labels[sc_state] || __("Credits: Not charged");
}

async function show_costs(page) {
	const costs = await costs_of(page);
	if (!costs) {
		page.toast.error(__("The costs of this ticket could not be asked. Please try again."));
		return;
	}
	const title = __("Credits of ticket #{0}", page.ticket);
	own_titles.add(title);
	page.$dialog({
		title,
		message: lines_of(costs, page).join("\n"),
		actions: [
			...(page.state in FREE_SO_FAR ? [charge_action(page)] : []),
			...(costs.response?.claimed ? [confirm_action(page, costs.response.claimed)] : []),
		],
	});
}

function lines_of(costs, page) {
	const { customer, balance } = costs.split;
	return [
		customer && __("{0}: {1} credit(s) left.", customer, balance) + "\n",
		...deadline_lines(costs.response),
		...["split", "merge", "reopen"].map((act) => sentence(act, costs[act])),
		FREE_SO_FAR[page.state]?.(),
	].filter(Boolean);
}

/** When the first response is due and why; the aim is ours alone, and customers have no such button. */
function deadline_lines(response) {
	const lines = response ? [response.summary, response.aim, response.claim].filter(Boolean) : [];
	return lines.length ? [lines.join("\n") + "\n"] : [];
}

function charge_action(page) {
	return act(page, __("Charge this ticket"), "charge", {});
}

function confirm_action(page, severity) {
	return act(page, __("Confirm severity {0}", severity), "confirm_severity", { severity });
}

function act(page, label, method, args) {
	return {
		label,
		variant: "solid",
		onClick: async ({ close }) => {
			try {
				await page.call(`${API}incident.${method}`, { ticket: page.ticket, ...args });
			} catch (error) {
				page.toast.error(error.messages?.join(" ") || error.message);
				return;
			}
			close();
			window.location.reload(); // as Helpdesk does after a split: marks, status and timeline have changed
		},
	};
}

/** One observer for the page's life. Helpdesk puts a dialog directly into the body: nothing below is watched. */
function watch_dialogs() {
	if (watching) {
		return;
	}
	watching = true;
	const opened = (node) => {
		const title = node.dataset?.dialog;
		if (ACTS.has(title)) {
			explain(node, ACTS.get(title));
		} else if (own_titles.has(title)) {
			break_lines(node);
		}
	};
	const observer = new window.MutationObserver((changes) =>
		changes.forEach(({ addedNodes }) => addedNodes.forEach(opened)),
	);
	observer.observe(document.body, { childList: true });
}

/** Helpdesk shows a dialog's message as one paragraph of plain text. */
function break_lines(dialog) {
	for (const paragraph of dialog.querySelectorAll("p")) {
		paragraph.style.whiteSpace = "pre-line";
	}
}

async function explain(dialog, act) {
	const page = shown;
	const costs = page && (await costs_of(page));
	const said = costs?.[act];
	// Without an incident and without a decision there is no account: credits play no part.
	if (
		said &&
		(said.state || page.state) &&
		dialog.isConnected &&
		!dialog.querySelector("[data-sc-costs]")
	) {
		const is_warning = is_refused(act, said) || ["Parked", "Overdrawn"].includes(said.state);
		add_note(dialog, [sentence(act, said), change(said)].join(" ").trim(), is_warning);
	}
}

function sentence(act, said) {
	if (is_refused(act, said)) {
		return said.message;
	}
	return said.state === "Parked" && act !== "merge"
		? `${said.summary} ${__("It has to wait for credits: the balance is {0}.", said.balance)}`
		: said.summary;
}

function change(said) {
	return said.balance === said.balance_after
		? ""
		: __("The balance goes from {0} to {1}.", said.balance, said.balance_after);
}

/** Nothing would be decided, and the server says why. A merge is never refused: it has nothing to give back. */
function is_refused(act, said) {
	return act !== "merge" && !said.state && Boolean(said.message);
}

/** Put the note below the dialog's own warning, as a copy of it with another text. */
function add_note(dialog, text, is_warning) {
	const warning = dialog.querySelector(".ring-1");
	const note = warning ? warning.cloneNode(true) : document.createElement("p");
	(note.lastElementChild || note).textContent = text;
	note.dataset.scCosts = "";
	if (warning) {
		warning.after(note); // last, so that Helpdesk's own parts come and go above it
		const icon = note.querySelector("svg");
		if (icon) {
			icon.style.flexShrink = "0"; // the dialog's own text never takes two lines
		}
		if (icon && !is_warning) {
			calm(icon);
		}
		return;
	}
	note.className = "text-p-base text-ink-gray-7";
	[...dialog.querySelectorAll("button")].at(-1)?.before(note);
}

/** Turn the copied sign of warning into one of information: a circle with an i. */
function calm(icon) {
	const path = icon.querySelector("path");
	if (!path) {
		return;
	}
	icon.classList.replace("text-ink-yellow-5", "text-ink-gray-5");
	path.setAttribute("d", "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M12 16v-4M12 8h.01");
	icon.replaceChildren(path);
}

/** Asked fresh each time; null when the server cannot answer. */
async function costs_of({ ticket, call }) {
	try {
		return await call(`${API}preview.costs`, { ticket });
	} catch {
		return null;
	}
}
