// What Helpdesk's portal tells a form script, for the cards; and a way to the credits where the cards cannot be.
//
// Loaded by two HD Form Scripts (form_scripts.py): Helpdesk's supported way to add something to its pages. Where the loader
// that comes with the page has found a place, only what the customer chooses in the new ticket's form is passed on.

const PAGE = "/helpdesk/credits";
const FIELDS = ["customer", "priority", "ticket_type"];

/** What Helpdesk asks of a form script: buttons of the page's header, and what to call when a field changes. */
export async function setupForm({ doc, call }) {
	const onChange = doc?.name ? null : passed_on(doc);
	if (!window.location.pathname.startsWith("/helpdesk/my-tickets")) {
		return { actions: [], onChange }; // an agent's new ticket
	}
	return { actions: (await is_placed()) ? [] : await button(call), onChange };
}

/** Whether the loader has put something on the page. It is given a second, where it is there at all. */
async function is_placed() {
	const is_coming = document.querySelector("script[data-sc-loader]");
	for (let waited = 0; is_coming && !window.support_credits_portal && waited < 1000; waited += 50) {
		await new Promise((done) => setTimeout(done, 50));
	}
	return Boolean(window.support_credits_portal);
}

function passed_on(doc) {
	const tell = () => {
		window.support_credits_form = doc;
		window.dispatchEvent(new Event("support-credits:form"));
	};
	tell();
	return Object.fromEntries(FIELDS.map((field) => [field, tell]));
}

async function button(call) {
	const { customers } = await call("support_credits.api.customer.balance");
	if (!customers.length) {
		return [];
	}
	const label = customers.length > 1 ? __("Credits") : __("Credits: {0}", customers[0].balance);
	// The host's router does not know the page.
	return [{ label, onClick: () => window.location.assign(PAGE) }];
}
