import { ref } from "vue";
import type { TierChosen } from "@/shared/api";
import { newKey } from "@/shared/key";
import { reason } from "../server";

/** One choice of a tier: sent once, however often the button is pressed or the line breaks. */
export function useChoice(choose: (key: string) => Promise<TierChosen>, changed: (message: string) => void) {
	const busy = ref(false);
	const error = ref("");
	const key = newKey();

	async function send(): Promise<void> {
		if (busy.value) return;
		busy.value = true;
		error.value = "";
		try {
			changed((await choose(key)).message);
		} catch (failure) {
			error.value = reason(failure);
		} finally {
			busy.value = false;
		}
	}

	return { busy, error, send };
}
