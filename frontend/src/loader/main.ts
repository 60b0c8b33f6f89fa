/** Loaded with Helpdesk's pages for people whose customers have credits, the menu's entry and the cards when needed, and for
 *  agents, who get cards on their own pages alone.
 */
import type { Card } from "../cards/main";
import type { Balances } from "../shared/shapes";
import { whileSeen } from "../shared/whileSeen";
import { menuOf } from "./menu";
import { isPortal, pageAt, placeFor } from "./places";

// Not through shared/call.ts: every page of the portal loads this file, and it stays small.
const BALANCE = "/api/method/support_credits.api.customer.balance";
// The cards' heights, so that what is below stays where it is when they come.
const STYLE =
	".sc-slot{flex-shrink:0;box-sizing:border-box}" +
	".sc-slot-agent{flex-shrink:1;max-height:60%;overflow-y:auto}" +
	".sc-slot-new{min-height:192px}.sc-slot-ticket{min-height:208px}.sc-slot-top{min-height:44px}" +
	"@media(min-width:1024px){.sc-slot-new{min-height:134px}}";

const given = document.querySelector<HTMLElement>("script[data-sc-loader]")?.dataset;
const label = given?.label ?? "Credits";
const menu = menuOf(label);
let path = "";
const forPortal = given?.portal !== undefined;
const forAgents = given?.agent !== undefined;
let hasMenu = given?.menu !== undefined;
let shown: { slot: HTMLElement; isCompact: boolean; isOver: boolean; card?: Card } | null = null;
// The page of a new ticket was left for a ticket's, and the host has sent one: either may be seen first.
let left = { ticket: "", at: -Infinity };
let answeredAt = -Infinity;
let sent = "";

const style = document.createElement("style");
style.textContent = STYLE;
document.head.append(style);

// A callback of an observer runs before the change it saw is painted: what is put in here shifts nothing.
new MutationObserver(follow).observe(document.body, { childList: true, subtree: true });
new PerformanceObserver((list) => {
	for (const entry of list.getEntries()) {
		if (entry.name.includes("hd_ticket.api.new")) answered(entry as PerformanceResourceTiming);
	}
}).observe({ type: "resource" });
matchMedia("(max-width:639px)").addEventListener("change", () => leave());
window.addEventListener("support-credits:form", follow);
if (forPortal) {
	window.addEventListener("support-credits:changed", () => void ask());
	whileSeen(() => void ask());
	void ask();
}
follow();

function follow(): void {
	if (location.pathname !== path) arrive(location.pathname);
	if (hasMenu && isPortal(path) && menu.place()) window.support_credits_portal = true;
	const page = pageAt(path);
	if (!page || !(page.isAgents ? forAgents : forPortal)) return;
	if (shown?.isOver || shown?.slot.isConnected) return;
	const place = placeFor(page);
	if (!place) return;
	leave();
	const slot = document.createElement("div");
	const isCompact = Boolean(place.isCompact);
	slot.className = `sc-slot sc-slot-${isCompact ? "top" : page.kind}`;
	place.parent.insertBefore(slot, place.before);
	shown = { slot, isCompact, isOver: false };
	if (forPortal) window.support_credits_portal = true;
	whenIdle(() => void fill(slot));
}

/** The host has gone to another page. */
function arrive(next: string): void {
	const before = pageAt(path);
	const now = pageAt(next);
	path = next;
	sent = "";
	leave();
	if (!isPortal(path)) menu.remove();
	if (before?.kind !== "new") return;
	window.support_credits_form = undefined;
	left = { ticket: now?.ticket ?? "", at: performance.now() };
	match();
}

function match(): void {
	if (!left.ticket || left.ticket !== pageAt(path)?.ticket || Math.abs(left.at - answeredAt) > 5000) return;
	sent = left.ticket;
	left.ticket = "";
	answeredAt = -Infinity;
}

/** Whether ``ticket`` has been sent from here and nobody has said so yet. */
function take(ticket: string): boolean {
	if (!sent || ticket !== sent) return false;
	sent = "";
	return true;
}

function leave(): void {
	shown?.card?.unmount();
	shown?.slot.remove();
	shown = null;
}

async function fill(slot: HTMLElement): Promise<void> {
	const page = pageAt(path);
	if (shown?.slot !== slot || !page) return;
	const { isCompact } = shown;
	try {
		const { mount } = await import("../cards/main");
		const card = await mount(slot, { ...page, wasSent: () => take(page.ticket), isCompact }, () =>
			remove(slot),
		);
		if (shown?.slot === slot) shown.card = card;
		else card.unmount();
	} catch (error) {
		console.warn("Support Credits: the card could not be loaded.", error);
		remove(slot);
	}
}

/** Nothing to show on this page: not asked again before the next one. */
function remove(slot: HTMLElement): void {
	if (shown?.slot === slot) {
		shown.isOver = true;
		shown.card?.unmount();
		shown.card = undefined;
	}
	slot.remove();
}

/** The host has sent a ticket and has its answer: it goes on to the ticket, or says why not. */
function answered({ responseStatus, responseEnd }: PerformanceResourceTiming): void {
	if (forPortal) void ask();
	if (responseStatus >= 400) {
		window.dispatchEvent(new Event("support-credits:answered"));
		return;
	}
	answeredAt = responseEnd;
	match();
}

async function ask(): Promise<void> {
	try {
		const answer = await fetch(BALANCE, { headers: { Accept: "application/json" } });
		const { customers } = (await answer.json()).message as Balances;
		hasMenu = customers.length > 0;
		if (!hasMenu) return menu.remove();
		const lines = customers.map((one) =>
			customers.length > 1 ? `${one.customer}: ${one.balance}` : one.balance,
		);
		// Credits of several customers are no sum: each pays for its own tickets.
		menu.say(customers.length > 1 ? "" : String(customers[0]?.balance), `${label}: ${lines.join(", ")}`);
	} catch {
		// The entry stays without a number.
	}
}

/** Not before the host has done what it has to: its page is there first. */
function whenIdle(work: () => void): void {
	if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 2000 });
	else setTimeout(work, 200);
}
