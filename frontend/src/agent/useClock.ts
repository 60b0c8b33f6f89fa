import { onBeforeUnmount, ref, type Ref } from "vue";

const SECOND = 1000;

/** Seconds that have passed since the server's answer, second by second. The reader's own clock may be wrong: it only counts. */
export function useSecondsSince(): { seconds: Ref<number>; reset(): void } {
	const seconds = ref(0);
	let began = performance.now();
	const timer = window.setInterval(count, SECOND);

	function count(): void {
		seconds.value = Math.floor((performance.now() - began) / SECOND);
	}

	function reset(): void {
		began = performance.now();
		count();
	}

	onBeforeUnmount(() => window.clearInterval(timer));
	return { seconds, reset };
}

/** "1:02:03", and below an hour "2:03". */
export function clockText(seconds: number): string {
	const two = (part: number): string => String(part).padStart(2, "0");
	const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
	const rest = two(seconds % 60);
	return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Whole seconds between two instants of the server's. */
export function secondsBetween(since: string, until: string): number {
	return Math.max(0, Math.floor((Date.parse(until) - Date.parse(since)) / SECOND));
}

/** Minutes to log for so many seconds: up to whole steps, as the server rounds them. */
export function minutesToLog(seconds: number, step: number): number {
	return Math.max(1, Math.ceil(seconds / (60 * step))) * step;
}
