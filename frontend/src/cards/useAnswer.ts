import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { ApiError } from "@/shared/api";
import { __ } from "@/shared/translation";

export interface Answer<T> {
	/** The last answer, which stays while another is awaited. */
	value: ShallowRef<T | null>;
	isAsking: Ref<boolean>;
	/** Why there is none, empty when there is. */
	failure: Ref<string>;
	/** Ask, ``delay`` milliseconds from now; whatever was asked before is forgotten. */
	ask(delay?: number): void;
}

/** What the server says, asked again and again: an answer that comes after a newer question is never shown. */
export function useAnswer<T>(question: (signal: AbortSignal) => Promise<T>): Answer<T> {
	const value = shallowRef<T | null>(null);
	const isAsking = ref(true);
	const failure = ref("");
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
		}
		isAsking.value = false;
	}

	onBeforeUnmount(() => {
		window.clearTimeout(timer);
		running.abort();
	});
	return { value, isAsking, failure, ask };
}

/** An error in words. */
export function told(error: unknown): string {
	if (error instanceof ApiError && error.message) return error.message;
	if (error instanceof ApiError && error.status === 429)
		return __("Too many requests. Try again in a minute.");
	return __("The server could not be reached.");
}
