/** What the server writes into the page. The brand is Helpdesk's own, where its settings name one. */
interface Boot {
	full_name?: string;
	brand_name?: string;
	brand_logo?: string;
	/** The person's customers that have an account; asked for where it is missing. */
	customers?: string[];
}

const said = window as unknown as Boot;

export const boot = {
	user_name: said.full_name ?? "",
	brand: said.brand_name || "Helpdesk",
	logo: said.brand_logo || "/assets/helpdesk/desk/favicon.svg",
	customers: said.customers,
};

/** The customer the address names. */
export function customerOfAddress(): string {
	return new URLSearchParams(window.location.search).get("customer") ?? "";
}

export function setCustomerOfAddress(customer: string): void {
	const address = new URL(window.location.href);
	address.searchParams.set("customer", customer);
	window.history.pushState({}, "", address);
}
