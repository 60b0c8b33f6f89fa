import { menuEntries } from "./places";

const MARK = "data-sc-entry";
const CREDITS = "/helpdesk/credits";
/** Lucide's coins, as on the page it leads to. */
const ICON =
	'<path d="M13.744 17.736a6 6 0 1 1-7.48-7.48"/><path d="M15 6h1v4"/>' +
	'<path d="m6.134 14.768.866-.5 2 3.464"/><circle cx="16" cy="8" r="6"/>';

export interface Menu {
	/** Put the entry into every menu that has none. */
	place(): void;
	/** Show the balance. */
	say(balance: number, hint: string): void;
	remove(): void;
}

/** The Credits entry: Helpdesk's own entry of the knowledge base, copied, so that it looks as whatever it looks like. */
export function menuOf(label: string): Menu {
	let balance = "";
	let hint = label;

	function place(): void {
		for (const model of menuEntries()) {
			if (model.nextElementSibling?.hasAttribute(MARK)) continue;
			const entry = copyOf(model, label);
			model.after(entry);
			write(entry);
			follow(model, entry);
		}
	}

	function write(entry: Element): void {
		const link = entry.querySelector("a");
		link?.setAttribute("aria-label", hint);
		link?.setAttribute("title", hint);
		const number = entry.querySelector("[data-sc-balance]");
		if (number) number.textContent = balance;
	}

	return {
		place,
		say(credits, said) {
			balance = String(credits);
			hint = said;
			entries().forEach(write);
		},
		remove: () => entries().forEach((entry) => entry.remove()),
	};
}

const entries = (): NodeListOf<Element> => document.querySelectorAll(`[${MARK}]`);

function copyOf(model: HTMLElement, label: string): HTMLElement {
	const entry = model.cloneNode(true) as HTMLElement;
	entry.setAttribute(MARK, "");
	entry.removeAttribute("id");
	const button = entry.querySelector("button, a");
	const link = document.createElement("a");
	link.href = CREDITS;
	// A plain address: the host's router does not know the page.
	link.addEventListener("click", (event) => event.stopPropagation());
	if (button) {
		link.className = button.className;
		link.append(...button.childNodes);
		button.replaceWith(link);
	}
	const drawing = link.querySelector("svg");
	if (drawing) drawing.innerHTML = ICON;
	const text = lastTextOf(link);
	if (text) text.textContent = label;
	const suffix = entry.querySelector('[data-slot="sidebar-item-suffix"]') ?? entry;
	const number = document.createElement("span");
	number.setAttribute("data-sc-balance", "");
	number.className = "me-2 text-sm text-ink-gray-6";
	suffix.replaceChildren(number);
	dress(entry, model);
	return entry;
}

function lastTextOf(link: Element): Element | undefined {
	return [...link.querySelectorAll("span")]
		.reverse()
		.find((span) => !span.children.length && span.textContent?.trim());
}

/** Copy the classes, which change when the sidebar folds. The entry itself is never the active one. */
function dress(entry: HTMLElement, model: HTMLElement): void {
	const idle = model.parentElement?.querySelector<HTMLElement>(
		`[data-slot="sidebar-item"][data-state="inactive"]:not([${MARK}])`,
	);
	entry.className = (idle ?? model).className;
	entry.dataset.state = "inactive";
	const parts = [
		...model.querySelectorAll<HTMLElement>(":scope button, :scope a, :scope span, :scope [data-slot]"),
	];
	const own = [...entry.querySelectorAll<HTMLElement>(":scope a, :scope span, :scope [data-slot]")];
	own.filter((part) => !part.hasAttribute("data-sc-balance")).forEach((part, index) => {
		const like = parts[index];
		if (like) part.className = like.className;
	});
}

/** Fold and unfold with the sidebar. */
function follow(model: HTMLElement, entry: HTMLElement): void {
	const sidebar = model.closest('[data-slot="sidebar"]');
	if (!sidebar) return;
	new MutationObserver((_changes, observer) => {
		if (!entry.isConnected) return observer.disconnect();
		dress(entry, model);
	}).observe(sidebar, { attributes: true, attributeFilter: ["data-state"] });
}
