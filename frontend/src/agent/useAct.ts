import { ref, type Ref } from "vue";
import { told } from "../cards/useAnswer";

export interface Act {
	isBusy: Ref<boolean>;
	/** Why the last one was refused, in the server's words. */
	failure: Ref<string>;
	/** Do ``work`` once at a time. ``done`` gets what is to be said about it; a refusal stays here. */
	run(work: () => Promise<string>): Promise<void>;
}

/** Something an agent does: busy while it runs, and either done or refused. */
export function useAct(done: (said: string) => void): Act {
	const isBusy = ref(false);
	const failure = ref("");

	async function run(work: () => Promise<string>): Promise<void> {
		if (isBusy.value) return;
		isBusy.value = true;
		failure.value = "";
		try {
			done(await work());
		} catch (error) {
			failure.value = told(error);
		} finally {
			isBusy.value = false;
		}
	}

	return { isBusy, failure, run };
}

/** A key of one request: sent twice it is done once. */
export function newKey(): string {
	// Not crypto.randomUUID(), which a page without TLS does not have.
	return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("-");
}
