// What Helpdesk's portal tells a form script, for the cards; and a way to the credits where the cards cannot be.
//
// Loaded by two HD Form Scripts (install.py): Helpdesk's supported way to add something to its pages. When the loader
// that comes with the page is there too, only what the customer chooses in the new ticket's form is passed on.

const PAGE = "/helpdesk/credits";
const FIELDS = ["customer", "priority"];

/** What Helpdesk asks of a form script: buttons of the page's header, and what to call when a field changes. */
export async function setupForm({ doc, call }) {
	if (!window.location.pathname.startsWith("/helpdesk/my-tickets")) {
		return { actions: [] }; // an agent's new ticket
	}
	if (window.support_credits_portal) {
		return doc?.name ? { actions: [] } : { actions: [], onChange: passed_on(doc) };
	}
	return { actions: await button(call) };
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
	const balance = customers.reduce((sum, one) => sum + one.balance, 0);
	// The host's router does not know the page.
	return [{ label: __("Credits: {0}", balance), onClick: () => window.location.assign(PAGE) }];
}
