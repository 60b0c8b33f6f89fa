import { ref } from "vue";
import { ApiError } from "@/shared/api";
import { file } from "@/shared/call";
import { __ } from "@/shared/translation";

/** Whether the last refusal was one of a session that is over. */
export const sessionEnded = ref(false);

/** What to tell people about an answer that did not come. */
export function reason(failure: unknown): string {
	sessionEnded.value = failure instanceof ApiError && failure.isLoggedOut;
	if (sessionEnded.value) return __("Your session has ended.");
	if (failure instanceof ApiError) {
		if (failure.message) return failure.message;
		if (failure.status === 0) return __("The server could not be reached. Check your connection.");
		if (failure.status === 429) return __("Too many requests at once. Wait a minute.");
	}
	return __("The server could not answer.");
}

/** End the session, as Helpdesk's own menu does. */
export async function logOut(): Promise<void> {
	await fetch("/api/method/logout", {
		method: "POST",
		headers: { "X-Frappe-CSRF-Token": window.csrf_token ?? "" },
	});
	window.location.href = "/login";
}

interface StatementFile extends Record<string, string> {
	customer: string;
	format: "csv" | "pdf";
	since: string;
	until: string;
}

/** Have the browser keep the statement as a file. A link alone would show a refusal as a page of code. */
export async function saveStatement(wanted: StatementFile): Promise<void> {
	const answer = await file("statement.download", wanted);
	const named = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "");
	const link = document.createElement("a");
	link.href = URL.createObjectURL(await answer.blob());
	link.download = decodeURIComponent(named?.[1] ?? `statement.${wanted.format}`);
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
