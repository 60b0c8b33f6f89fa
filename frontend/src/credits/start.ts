/** Who may buy for whom, and where. */
interface Buying {
	customers: { customer: string; may_act: boolean }[];
	/** Whether customers order in the portal. */
	is_open: boolean;
	/** The provider's own shop, which goes before ordering here. */
	shop: string;
	terms: string;
}

/** What the server writes into the page. The brand is Helpdesk's own, where its settings name one. */
interface Boot {
	full_name?: string;
	brand_name?: string;
	brand_logo?: string;
	/** The person's customers that have an account; asked for where it is missing. */
	customers?: string[];
	buying?: Buying;
}

const said = window as unknown as Boot;

export const boot = {
	user_name: said.full_name ?? "",
	brand: said.brand_name || "Helpdesk",
	logo: said.brand_logo || "/assets/helpdesk/desk/favicon.svg",
	customers: said.customers,
	buying: said.buying ?? { customers: [], is_open: false, shop: "", terms: "" },
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

/** A parameter of the address; null where it has none of that name. */
export function askedFor(name: "buy" | "order"): string | null {
	return new URLSearchParams(window.location.search).get(name);
}

/** What was asked for is done: reading the page again does not ask for it again. */
export function forgetAsked(): void {
	const address = new URL(window.location.href);
	for (const name of ["buy", "order"]) address.searchParams.delete(name);
	window.history.replaceState(window.history.state, "", address);
}
