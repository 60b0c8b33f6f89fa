/** Where on Helpdesk's pages our parts go. Every look-up may find nothing: then the part is just absent. */

export interface Page {
	kind: "new" | "ticket";
	ticket: string;
}

export interface Place {
	parent: Element;
	before: Node | null;
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
	const ticket = /^\/helpdesk\/my-tickets\/([^/]+)\/?$/.exec(path)?.[1];
	if (!ticket) return null;
	return ticket === "new"
		? { kind: "new", ticket: "" }
		: { kind: "ticket", ticket: decodeURIComponent(ticket) };
}

export function placeFor(page: Page): Place | null {
	return page.kind === "new" ? aboveSubject() : besideTicket();
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
	return { parent: conversation, before: conversation.firstChild };
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
