import { ref, shallowRef } from "vue";
import { reason } from "./server";

/** One part of the page that is asked for: what came, what went wrong, whether it is under way. */
export function useAsk<Argument, Answer>(ask: (argument: Argument) => Promise<Answer>) {
	const data = shallowRef<Answer | null>(null);
	const error = ref("");
	const loading = ref(false);
	let turn = 0;

	/** Ask; what is shown stays until the answer is here, and only the latest answer counts: null for any other. */
	async function load(argument: Argument): Promise<Answer | null> {
		const mine = ++turn;
		loading.value = true;
		error.value = "";
		try {
			const answer = await ask(argument);
			if (mine !== turn) return null;
			data.value = answer;
			return answer;
		} catch (failure) {
			if (mine === turn) error.value = reason(failure);
			return null;
		} finally {
			if (mine === turn) loading.value = false;
		}
	}

	function forget(): void {
		turn += 1;
		data.value = null;
		error.value = "";
		loading.value = false;
	}

	return { data, error, loading, load, forget };
}
