/** Numbers and dates as the reader writes them: the page's language, the browser's own time zone. */
import { __ } from "./translation";

/** The reader's language. Both pages have it from the server; Helpdesk's own page says "en" whatever it is. */
export function language(): string {
	return (window.lang || document.documentElement.lang || "en").replace("_", "-");
}

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	try {
		return new Intl.DateTimeFormat(language(), options);
	} catch {
		return new Intl.DateTimeFormat("en", options);
	}
}

/** An instant on the reader's own clock: "Fri, 28 Nov 2026, 16:30". The year only when it is not this one. */
export function instant(iso: string): string {
	const at = new Date(iso);
	const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
	return formatter({
		weekday: "short",
		day: "numeric",
		month: "short",
		year,
		hour: "numeric",
		minute: "2-digit",
	}).format(at);
}

/** A day of the provider's calendar, an ISO date, which is the same day wherever it is read. */
export function day(iso: string): string {
	return formatter({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
		new Date(`${iso.slice(0, 10)}T00:00:00Z`),
	);
}

export function number(value: number): string {
	return new Intl.NumberFormat(language()).format(value);
}

export function credits(count: number): string {
	return count === 1 ? __("1 credit") : __("{0} credits", number(count));
}

/** The reader's time zone, as a name that can be shown. */
export function zone(): string {
	return Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
}

/** An amount, a decimal number as text, with all its places. English is that of no country: it says whose dollars they are. */
export function money(amount: string, currency: string): string {
	const places = amount.split(".")[1]?.length ?? 0;
	const options = { minimumFractionDigits: places, maximumFractionDigits: places };
	const locale = language() === "en" ? "en-001" : language();
	// As text, which a formatter takes exactly.
	return new Intl.NumberFormat(locale, { style: "currency", currency, ...options }).format(
		amount as `${number}`,
	);
}

/** "A, B and C" in the page's language. */
export function list(parts: string[]): string {
	return new Intl.ListFormat(language(), { type: "conjunction" }).format(parts);
}
