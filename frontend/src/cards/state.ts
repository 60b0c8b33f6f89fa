import type { TicketCredits } from "@/shared/api";
import { credits as counted, number } from "@/shared/format";
import { __ } from "@/shared/translation";

/** A badge's colour for what became of a ticket. */
export function themeOf(state: string): string {
	const themes: Record<string, string> = {
		Exempt: "green",
		Refunded: "green",
		Parked: "amber",
		Overdrawn: "red",
	};
	return themes[state] ?? "gray";
}

/** What is said once a ticket was sent: what it cost and what is left. */
export function receipt({ credits, balance, state, message }: TicketCredits): string {
	if (state !== "Charged" || balance === null) return message;
	return credits === 1
		? __("Your ticket is with us. It cost 1 credit; you have {0} left.", number(balance))
		: __("Your ticket is with us. It cost {0} credits; you have {1} left.", credits, number(balance));
}

/** "1 credit", and what is said where there is none. */
export function cost(credits: number): string {
	return credits === 0 ? __("No credits") : counted(credits);
}

/** Why a ticket waits, or is not charged, which only the server can say; a plain charge is said by its rows. */
export function explained({ state, message }: TicketCredits): string {
	return ["Charged", "Exempt"].includes(state) ? "" : message;
}
