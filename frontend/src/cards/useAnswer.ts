import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { ApiError } from "@/shared/api";
import { loginAddress } from "@/shared/call";
import { __ } from "@/shared/translation";

export interface Answer<T> {
	/** The last answer, which stays while another is awaited. */
	value: ShallowRef<T | null>;
	isAsking: Ref<boolean>;
	/** Why there is none, empty when there is. */
	failure: Ref<string>;
	/** Where to log in again, empty while the session lasts. */
	login: Ref<string>;
	/** Ask, ``delay`` milliseconds from now; whatever was asked before is forgotten. */
	ask(delay?: number): void;
}

/** What the server says, asked again and again: an answer that comes after a newer question is never shown. */
export function useAnswer<T>(question: (signal: AbortSignal) => Promise<T>): Answer<T> {
	const value = shallowRef<T | null>(null);
	const isAsking = ref(true);
	const failure = ref("");
	const login = ref("");
	let timer = 0;
	let running = new AbortController();

	function ask(delay = 0): void {
		window.clearTimeout(timer);
		running.abort();
		isAsking.value = true;
		timer = window.setTimeout(() => void answer(), delay);
	}

	async function answer(): Promise<void> {
		running = new AbortController();
		const { signal } = running;
		try {
			const found = await question(signal);
			if (signal.aborted) return;
			value.value = found;
			failure.value = "";
		} catch (error) {
			if (signal.aborted) return;
			failure.value = told(error);
			login.value = error instanceof ApiError && error.isLoggedOut ? loginAddress() : "";
		}
		isAsking.value = false;
	}

	onBeforeUnmount(() => {
		window.clearTimeout(timer);
		running.abort();
	});
	return { value, isAsking, failure, login, ask };
}

/** An error in words. */
export function told(error: unknown): string {
	if (error instanceof ApiError && error.isLoggedOut) return __("Your session has ended. Log in again.");
	if (error instanceof ApiError && error.message) return error.message;
	if (error instanceof ApiError && error.status === 429)
		return __("Too many requests. Try again in a minute.");
	return __("The server could not be reached.");
}
