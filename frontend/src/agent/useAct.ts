import { inject, ref, type InjectionKey, type Ref } from "vue";
import { told } from "../cards/useAnswer";

/** Hears of every refusal below it: what was acted on may be otherwise by now. */
export const REFUSED: InjectionKey<(said: string) => void> = Symbol("refused");

export interface Act {
	isBusy: Ref<boolean>;
	/** Why the last one was refused, in the server's words. */
	failure: Ref<string>;
	/** Do ``work`` once at a time. ``done`` gets what is to be said about it; a refusal stays here. */
	run(work: () => Promise<string>): Promise<void>;
}

/** Something an agent does: busy while it runs, and either done or refused. */
export function useAct(done: (said: string) => void, refused = inject(REFUSED, undefined)): Act {
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
			refused?.(failure.value);
		} finally {
			isBusy.value = false;
		}
	}

	return { isBusy, failure, run };
}
