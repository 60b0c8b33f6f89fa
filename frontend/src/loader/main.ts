/** Loaded with Helpdesk's pages for people whose customers have credits: the menu's entry, and the cards when needed. */
import type { Card } from "../cards/main";
import { get } from "../shared/call";
import type { Balances } from "../shared/shapes";
import { menuOf } from "./menu";
import { isPortal, pageAt, placeFor } from "./places";

// The cards' heights, so that what is below stays where it is when they come.
const STYLE =
	".sc-slot{flex-shrink:0;box-sizing:border-box}" +
	".sc-slot-new{min-height:184px}.sc-slot-ticket{min-height:208px}.sc-slot-top{min-height:44px}" +
	"@media(min-width:1024px){.sc-slot-new{min-height:117px}}";

const label = document.querySelector<HTMLElement>("script[data-sc-loader]")?.dataset.label ?? "Credits";
const menu = menuOf(label);
let path = "";
let sent = "";
let shown: { slot: HTMLElement; isCompact: boolean; isOver: boolean; card?: Card } | null = null;
let answeredAt = -Infinity;

window.support_credits_portal = true;

const style = document.createElement("style");
style.textContent = STYLE;
document.head.append(style);

// A callback of an observer runs before the change it saw is painted: what is put in here shifts nothing.
const observer = new MutationObserver(follow);
observer.observe(document.body, { childList: true, subtree: true });
new PerformanceObserver((list) => {
	if (list.getEntries().some((entry) => entry.name.includes("hd_ticket.api.new"))) answered();
}).observe({ type: "resource" });
matchMedia("(max-width:639px)").addEventListener("change", () => leave());
window.addEventListener("support-credits:changed", () => void ask());
void ask();
follow();

function follow(): void {
	if (location.pathname !== path) arrive(location.pathname);
	if (!isPortal(path)) return;
	menu.place();
	const page = pageAt(path);
	if (!page || shown?.isOver || shown?.slot.isConnected) return;
	const place = placeFor(page);
	if (!place) return;
	leave();
	const slot = document.createElement("div");
	const isCompact = place.parent.tagName === "SECTION";
	slot.className = `sc-slot sc-slot-${isCompact ? "top" : page.kind}`;
	place.parent.insertBefore(slot, place.before);
	shown = { slot, isCompact, isOver: false };
	whenIdle(() => void fill(slot));
}

/** The host has gone to another page. */
function arrive(next: string): void {
	const before = pageAt(path);
	const now = pageAt(next);
	path = next;
	leave();
	if (before?.kind !== "new") return;
	window.support_credits_form = undefined;
	if (now?.kind === "ticket" && performance.now() - answeredAt < 5000) sent = now.ticket;
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
	const isSent = page.kind === "ticket" && page.ticket === sent;
	sent = "";
	try {
		const { mount } = await import("../cards/main");
		const card = await mount(slot, { ...page, isSent, isCompact }, () => remove(slot));
		if (shown?.slot === slot) shown.card = card;
		else card.unmount();
	} catch (error) {
		console.warn("Support Credits: the card could not be loaded.", error);
		remove(slot);
	}
}

/** Nothing to show on this page: not asked again before the next one. */
function remove(slot: HTMLElement): void {
	if (shown?.slot === slot) shown.isOver = true;
	slot.remove();
}

/** The host has sent a ticket and has its answer: it goes on to the ticket, or says why not. */
function answered(): void {
	answeredAt = performance.now();
	void ask();
	window.dispatchEvent(new Event("support-credits:answered"));
}

async function ask(): Promise<void> {
	try {
		const { customers } = await get<Balances>("customer.balance");
		if (!customers.length) return stop();
		const lines = customers.map((one) =>
			customers.length > 1 ? `${one.customer}: ${one.balance}` : one.balance,
		);
		menu.say(
			customers.reduce((sum, one) => sum + one.balance, 0),
			`${label}: ${lines.join(", ")}`,
		);
	} catch {
		// The entry stays without a number.
	}
}

/** Nobody here has credits any more. */
function stop(): void {
	observer.disconnect();
	leave();
	menu.remove();
}

/** Not before the host has done what it has to: its page is there first. */
function whenIdle(work: () => void): void {
	if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 2000 });
	else setTimeout(work, 200);
}
