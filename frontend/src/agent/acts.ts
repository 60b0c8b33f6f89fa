import { __ } from "@/shared/translation";
import type { AgentTicket } from "./shapes";

/** What the card asks about before it is done: each has a form. */
export type Asked = "exempt" | "unexempt" | "charge" | "propose" | "log" | "session";
/** What is done at once. */
export type AtOnce = "timer" | "park" | "release";

export interface Choice {
	name: Asked | AtOnce;
	label: string;
	icon?: string;
}

/** What an agent may do about a ticket now, as buttons: his work first, then what it costs. */
export function choicesOf({ acts, timer, hourly }: AgentTicket): Choice[] {
	const can = new Set<string>(acts);
	const hasOpen = hourly.sessions.some(({ state }) => state === "Running" || state === "Paused");
	const all: [boolean, Choice][] = [
		[!timer, { name: "timer", label: __("Start timer"), icon: "lucide-play" }],
		[true, { name: "log", label: __("Log work") }],
		[can.has("exempt"), { name: "exempt", label: __("Exempt") }],
		[can.has("propose"), { name: "propose", label: __("Propose credits") }],
		[can.has("charge"), { name: "charge", label: __("Charge") }],
		[can.has("unexempt"), { name: "unexempt", label: __("Remove exemption") }],
		[can.has("release"), { name: "release", label: __("Release") }],
		[can.has("park"), { name: "park", label: __("Let it wait") }],
		[hourly.may_start && !hasOpen, { name: "session", label: __("Work by the hour") }],
	];
	return all.filter(([isPossible]) => isPossible).map(([, choice]) => choice);
}
