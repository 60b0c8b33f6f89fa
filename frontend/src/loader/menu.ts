import { menuEntries } from "./places";

const MARK = "data-sc-entry";
const CREDITS = "/helpdesk/credits";
/** Lucide's coins, as on the page it leads to. */
const ICON =
	'<path d="M13.744 17.736a6 6 0 1 1-7.48-7.48"/><path d="M15 6h1v4"/>' +
	'<path d="m6.134 14.768.866-.5 2 3.464"/><circle cx="16" cy="8" r="6"/>';

export interface Menu {
	/** Put the entry into every menu that has none. Whether it is in one then. */
	place(): boolean;
	/** Show the balance. */
	say(balance: string, hint: string): void;
	remove(): void;
}

/** The Credits entry: Helpdesk's own entry of the knowledge base, copied, so that it looks as whatever it looks like. */
export function menuOf(label: string): Menu {
	let balance = "";
	let hint = label;

	function place(): boolean {
		let isThere = false;
		for (const model of menuEntries()) {
			if (!model.closest("nav")?.querySelector(`[${MARK}]`)) {
				const entry = copyOf(model, label);
				if (!entry) continue;
				model.after(entry);
				write(entry);
				follow(model, entry);
			}
			isThere = true;
		}
		return isThere;
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
			balance = credits;
			hint = said;
			entries().forEach(write);
		},
		remove: () => entries().forEach((entry) => entry.remove()),
	};
}

const entries = (): NodeListOf<Element> => document.querySelectorAll(`[${MARK}]`);

/** None where the model is not made as we know it: half a copy would look broken. */
function copyOf(model: HTMLElement, label: string): HTMLElement | null {
	const entry = model.cloneNode(true) as HTMLElement;
	const button = entry.querySelector("button, a");
	const drawing = button?.querySelector("svg");
	const text = button && lastTextOf(button);
	const suffix = entry.querySelector('[data-slot="sidebar-item-suffix"]');
	if (!button || !drawing || !text || !suffix) return null;
	entry.setAttribute(MARK, "");
	entry.removeAttribute("id");
	const link = document.createElement("a");
	link.href = CREDITS;
	// A plain address: the host's router does not know the page.
	link.addEventListener("click", (event) => event.stopPropagation());
	link.className = button.className;
	link.append(...button.childNodes);
	button.replaceWith(link);
	drawing.innerHTML = ICON;
	text.textContent = label;
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
