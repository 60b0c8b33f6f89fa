import { address, get, post } from "./call";
import type * as shapes from "./shapes";

export { ApiError } from "./call";
export type * from "./shapes";

/** A period of a statement and what to show of it; days are ISO dates. */
export interface StatementFilter {
	kind?: string;
	since?: string;
	until?: string;
}

export interface ServiceRequest {
	subject: string;
	details: string;
	kind?: "services" | "buy" | "emergency";
	pack?: string;
	name?: string;
	email?: string;
}

/** ``key`` makes it one order, however often it is sent. */
export interface Wish {
	customer: string;
	pack: string;
	quantity: number;
	key: string;
	/** These three as they were shown. */
	terms: string;
	total: string;
	currency: string;
}

/** Every endpoint the pages use, typed. An omitted customer is the caller's only one. */
export const api = {
	balance: () => get<shapes.Balances>("customer.balance"),
	overview: (customer = "") => get<shapes.Overview>("customer.overview", { customer }),
	lots: (customer = "") => get<shapes.Lots>("customer.lots", { customer }),
	quote: (
		ticket: { customer?: string; priority?: string; ticket_type?: string } = {},
		signal?: AbortSignal,
	) => get<shapes.Quote>("customer.quote", ticket, signal),
	ticket: (ticket: string) => get<shapes.TicketCredits>("customer.ticket", { ticket }),
	statement: (customer = "", filter: StatementFilter = {}, after = "", limit = 25) =>
		get<shapes.StatementPage>("statement.page", { customer, after, limit, ...filter }),
	statementFile: (customer: string, format: "csv" | "pdf", filter: StatementFilter = {}) =>
		address("statement.download", { customer, format, since: filter.since, until: filter.until }),
	packs: () => get<shapes.Packs>("offer.packs"),
	tiers: () => get<shapes.Tiers>("offer.tiers"),
	redeem: (code: string, customer = "", serial = "") =>
		post<shapes.Redeemed>("codes.redeem", { code, customer, serial }),
	proposals: (customer = "", ticket = "") =>
		get<shapes.Proposals>("proposals.listed", { customer, ticket }),
	accept: (proposal: string) => post<shapes.Answered>("proposals.accept", { proposal }),
	decline: (proposal: string, note = "") => post<shapes.Answered>("proposals.decline", { proposal, note }),
	previewTier: (tier: string, customer = "") =>
		get<shapes.TierPreview>("subscriptions.preview", { tier, customer }),
	/** ``key`` makes it one choice, however often it is sent; ``seen`` is what it was said to cost. */
	chooseTier: (seen: shapes.TierPreview, customer: string, key: string) =>
		post<shapes.TierChosen>("subscriptions.choose", {
			tier: seen.tier,
			customer,
			key,
			costs_now: seen.costs_now,
			credits_per_month: seen.credits_per_month,
		}),
	cancelTier: (customer: string, key: string) =>
		post<shapes.TierChosen>("subscriptions.cancel", { customer, key }),
	orders: (customer = "") => get<shapes.Orders>("orders.orders", { customer }),
	order: (wish: Wish) => post<shapes.ToPay>("orders.order", { ...wish, accept_terms: 1 }),
	pay: (order: string, accepts: boolean) =>
		post<shapes.ToPay>("orders.pay", { order, accept_terms: Number(accepts) }),
	cancelOrder: (order: string) => post<shapes.OrderEnded>("orders.cancel", { order }),
	request: (request: ServiceRequest) => post<shapes.Requested>("services.request", { ...request }),
};
