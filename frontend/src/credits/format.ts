import { language, number } from "@/shared/format";
import { __ } from "@/shared/translation";

export { credits } from "@/shared/format";

/** A short name of the month or the day an instant falls in, for the axis of a chart. */
export function tick(at: Date, wholeMonths: boolean): string {
	const options: Intl.DateTimeFormatOptions = wholeMonths
		? { month: "short", year: "2-digit" }
		: { day: "numeric", month: "short" };
	return new Intl.DateTimeFormat(language(), options).format(at);
}

/** A change with its sign; a true minus, never a hyphen. */
export function signed(value: number): string {
	const text = new Intl.NumberFormat(language(), { signDisplay: "exceptZero" }).format(value);
	return text.replace("-", "−");
}

export function extraCredits(count: number): string {
	return count === 1 ? __("1 extra credit") : __("{0} extra credits", number(count));
}

/** Whether clocks in ``zone`` show what the reader's shows. */
export function isOwnClock(zone: string): boolean {
	const shown = (timeZone?: string) =>
		new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short", timeStyle: "short" });
	const now = new Date();
	return shown(zone).format(now) === shown().format(now);
}

/** Today as an ISO date where the provider is. */
export function todayIn(zone: string): string {
	return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format();
}

/** Days from now until an instant, a begun one counted whole. */
export function daysUntil(iso: string): number {
	return Math.ceil((new Date(iso).getTime() - Date.now()) / 86_400_000);
}
