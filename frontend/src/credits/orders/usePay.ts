import { ref } from "vue";
import { api, type ToPay } from "@/shared/api";
import { reason } from "../server";

/** Ask how an order is paid; where that is done elsewhere, go there. */
export function usePay(answered: (toPay: ToPay) => void) {
	const busy = ref(false);
	const error = ref("");

	async function pay(order: string, accepts: boolean): Promise<void> {
		if (busy.value) return;
		busy.value = true;
		error.value = "";
		try {
			const toPay = await api.pay(order, accepts);
			if (toPay.url) return window.location.assign(toPay.url); // still busy: the page is being left
			answered(toPay);
		} catch (failure) {
			error.value = reason(failure);
		}
		busy.value = false;
	}

	return { busy, error, pay };
}
