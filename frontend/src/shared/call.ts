type Values = Record<string, string | number | undefined>;

/** An answer that is not one: what the server says to people, and its status (0: it did not answer at all). */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		readonly messages: string[],
		/** The session is over: only logging in helps. */
		readonly isLoggedOut = false,
	) {
		super(messages.join(" "));
	}
}

/** Where to log in, and then come back to this page. */
export function loginAddress(): string {
	return `/login?redirect-to=${encodeURIComponent(location.pathname + location.search)}`;
}

/** Ask support_credits.api for something; reading. */
export function get<T>(method: string, values: Values = {}, signal?: AbortSignal): Promise<T> {
	const query = new URLSearchParams(filled(values)).toString();
	return ask<T>(query ? `${method}?${query}` : method, { signal });
}

/** Have support_credits.api do something. */
export function post<T>(method: string, values: Values = {}): Promise<T> {
	return ask<T>(method, { method: "POST", body: JSON.stringify(filled(values)) });
}

/** The address of a download. */
export function address(method: string, values: Values = {}): string {
	return `/api/method/support_credits.api.${method}?${new URLSearchParams(filled(values))}`;
}

/** Fetch a file; a refusal has the server's words. */
export async function file(method: string, values: Values = {}): Promise<Response> {
	const answer = await fetch(address(method, values), { headers: { Accept: "application/json" } }).catch(
		() => {
			throw new ApiError(0, []);
		},
	);
	if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => ({})));
	return answer;
}

function filled(values: Values): Record<string, string> {
	const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
	return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

async function ask<T>(method: string, init: RequestInit): Promise<T> {
	const headers: Record<string, string> = {
		Accept: "application/json",
		"Content-Type": "application/json",
		"X-Requested-With": "XMLHttpRequest",
	};
	if (window.csrf_token) headers["X-Frappe-CSRF-Token"] = window.csrf_token;
	let answer: Response;
	try {
		answer = await fetch(`/api/method/support_credits.api.${method}`, { ...init, headers });
	} catch (error) {
		if (init.signal?.aborted) throw error;
		throw new ApiError(0, []);
	}
	const body = await answer.json().catch(() => ({}));
	if (!answer.ok) throw refusal(answer.status, body);
	return body.message as T;
}

interface Refusal {
	_server_messages?: string;
	_error_message?: string;
	session_expired?: number;
}

/** Frappe refuses a guest as it refuses a member; only its cookie tells them apart. */
function refusal(status: number, body: Refusal): ApiError {
	const isGuest = !/(^|; )user_id=(?!Guest(;|$))[^;]/.test(document.cookie);
	return new ApiError(status, said(body), Boolean(body.session_expired) || (status === 403 && isGuest));
}

/** The server's messages as plain text: Frappe packs them as JSON in JSON, with markup. */
function said(body: Refusal): string[] {
	try {
		const packed: string[] = JSON.parse(body._server_messages ?? "[]");
		const messages = packed.map((one) => plain(String(JSON.parse(one).message ?? "")));
		return messages.length ? messages : [plain(body._error_message ?? "")].filter(Boolean);
	} catch {
		return [];
	}
}

function plain(html: string): string {
	return new DOMParser().parseFromString(html, "text/html").body.textContent?.trim() ?? "";
}
