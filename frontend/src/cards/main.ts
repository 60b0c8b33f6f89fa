import { createApp, type App } from "vue";
import { translation } from "@/shared/translation";
import QuoteCard from "./QuoteCard.vue";
import TicketCard from "./TicketCard.vue";
import "./style.css";

/** The page a card is for. */
export interface CardPage {
	kind: "new" | "ticket" | "agent";
	ticket: string;
	/** On the agents' pages. */
	isAgents: boolean;
	/** Whether its ticket was sent from here just now; true once. */
	wasSent(): boolean;
	/** Above the conversation instead of beside it: one line until it is opened. */
	isCompact: boolean;
}

export interface Card {
	unmount(): void;
}

/** Put the page's card into ``slot``. It calls ``remove`` when credits play no part there. */
export async function mount(slot: HTMLElement, page: CardPage, remove: () => void): Promise<Card> {
	await translations();
	overlays();
	const { kind, isAgents, ...rest } = page;
	const mark = (isParked: boolean): void => {
		if (!page.isCompact) slot.parentElement?.classList.toggle("sc-parked", isParked);
	};
	const app = await cardOf();
	app.use(translation).mount(slot);
	return app;

	async function cardOf(): Promise<App> {
		if (kind === "new") return createApp(QuoteCard, { isAgents, onRemove: remove });
		if (kind === "ticket") return createApp(TicketCard, { ...rest, onRemove: remove, onParked: mark });
		// Customers do not load what only agents see.
		const { default: AgentCard } = await import("../agent/AgentCard.vue");
		return createApp(AgentCard, { ticket: page.ticket, isCompact: page.isCompact, onRemove: remove });
	}
}

/** The host fetches its translations, ours among them, after its page is there. */
async function translations(): Promise<void> {
	for (let waited = 0; !window.translatedMessages && waited < 2000; waited += 50) {
		await new Promise((done) => setTimeout(done, 50));
	}
}

/** What opens over the page hangs below the body, and our styles reach only below .sc-root. */
function overlays(): void {
	if (document.getElementById("sc-overlays")) return;
	const box = document.createElement("div");
	box.id = "sc-overlays";
	box.className = "sc-root";
	document.body.append(box);
}
