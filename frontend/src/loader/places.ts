/** Where on Helpdesk's pages our parts go. Every look-up may find nothing: then the part is just absent. */

export interface Page {
	kind: "new" | "ticket" | "agent";
	ticket: string;
	/** One of the agents' pages; the others are the customers'. */
	isAgents: boolean;
}

export interface Place {
	parent: Element;
	before: Node | null;
	/** On a phone, above what the page is about: one line until it is opened. */
	isCompact?: boolean;
}

/** Helpdesk's own icon of the knowledge base, by its drawing: labels are translated. */
const KNOWLEDGE_BASE = 'svg path[d^="M12 7v14"]';
const PHONE = 640;

/** Whether this is a page of the customers' portal; agents have the same sidebar on theirs. */
export function isPortal(path: string): boolean {
	return /^\/helpdesk\/(my-tickets|kb-public)(\/|$)/.test(path);
}

/** The page that has a card, if this is one. */
export function pageAt(path: string): Page | null {
	const found = /^\/helpdesk\/(my-)?tickets\/(?:new(?:\/[^/]*)?|([^/]+))\/?$/.exec(path);
	if (!found) return null;
	const [, my, ticket] = found;
	const kind = !ticket ? "new" : my ? "ticket" : "agent";
	return { kind, ticket: decodeURIComponent(ticket ?? ""), isAgents: !my };
}

export function placeFor({ kind, isAgents }: Page): Place | null {
	if (kind === "agent") return belowFields();
	if (kind === "ticket") return besideTicket();
	// Where an agent cannot say whose ticket it is there is nothing to show.
	return isAgents && !("customer" in (window.support_credits_form ?? {})) ? null : aboveSubject();
}

/** Above the subject. Not at the editor: it is hidden until the subject has a few letters. */
function aboveSubject(): Place | null {
	const subject = document.querySelector('#app input[maxlength="140"]');
	let block = subject?.parentElement;
	while (block?.parentElement && !scrolls(block.parentElement)) block = block.parentElement;
	return block?.parentElement && block.parentElement !== document.body
		? { parent: block.parentElement, before: block }
		: null;
}

function scrolls(element: Element): boolean {
	return /auto|scroll/.test(getComputedStyle(element).overflowY);
}

/** In the sidebar below who and when; without one, as on a phone, above the conversation. Never over the editor. */
function besideTicket(): Place | null {
	const conversation = document.querySelector("#app section:not([aria-label])");
	if (!conversation) return null;
	const sidebar = conversation.nextElementSibling;
	const facts = sidebar?.children[1];
	if (sidebar && facts && innerWidth >= PHONE) return { parent: sidebar, before: facts.nextSibling };
	return { parent: conversation, before: conversation.firstChild, isCompact: true };
}

/** In an agent's sidebar: below the fields, above what scrolls. On a phone, where there is none, above the tabs. */
function belowFields(): Place | null {
	const parent = document.querySelector("#app .cursor-col-resize.left-0")?.parentElement?.firstElementChild;
	const fields = parent?.firstElementChild;
	if (parent && fields?.querySelector(".form-control-core")) return { parent, before: fields.nextSibling };
	if (innerWidth >= PHONE) return null;
	const tabs = document.querySelector("#app header + div [role=tablist]")?.closest("header + div");
	return tabs?.parentElement ? { parent: tabs.parentElement, before: tabs, isCompact: true } : null;
}

/** Menu entries of the knowledge base, each in a sidebar of its own: the page's and, on a phone, the drawer's. */
export function menuEntries(): HTMLElement[] {
	const found: HTMLElement[] = [];
	for (const menu of document.getElementsByTagName("nav")) {
		const entry = menu.querySelector(KNOWLEDGE_BASE)?.closest<HTMLElement>('[data-slot="sidebar-item"]');
		if (entry) found.push(entry);
	}
	return found;
}
