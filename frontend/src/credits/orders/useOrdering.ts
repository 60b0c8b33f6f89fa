import { ref, shallowRef } from "vue";
import { api, type OrderLine } from "@/shared/api";
import { __ } from "@/shared/translation";
import { reason } from "../server";
import { askedFor, forgetAsked } from "../start";
import { useAsk } from "../useAsk";

/** What is open over the page: the choice of a pack, an order, or the question whether to cancel one. */
export type Open =
	| { kind: "buy"; pack: string }
	| { kind: "order"; order: OrderLine; payNow: boolean }
	| { kind: "cancel"; order: OrderLine };

/** The orders of a customer, and what is being done with them. */
export function useOrdering() {
	const list = useAsk((customer: string) => api.orders(customer));
	const open = shallowRef<Open | null>(
		askedFor("buy") === null ? null : { kind: "buy", pack: askedFor("buy") ?? "" },
	);
	const said = ref("");
	const error = ref("");

	/** The order that the address names, of whichever customer of the reader's. */
	async function showAsked(): Promise<void> {
		const name = askedFor("order");
		if (!name || open.value) return;
		const of = (orders: OrderLine[] | undefined) => orders?.find((one) => one.order === name);
		try {
			const order = of(list.data.value?.orders) ?? of((await api.orders()).orders);
			if (order) open.value = { kind: "order", order, payNow: false };
			else error.value = __("Order {0} is not among your orders.", name);
		} catch (failure) {
			error.value = reason(failure);
		}
	}

	function buy(pack = ""): void {
		said.value = "";
		open.value = { kind: "buy", pack };
	}

	function show(order: OrderLine, payNow = false): void {
		said.value = "";
		open.value = { kind: "order", order, payNow };
	}

	function askCancel(order: OrderLine): void {
		said.value = "";
		open.value = { kind: "cancel", order };
	}

	function close(): void {
		open.value = null;
		forgetAsked();
	}

	function cancelled(order: OrderLine): void {
		close();
		said.value = __("Order {0} is cancelled.", order.order);
	}

	return { list, open, said, error, showAsked, buy, show, askCancel, close, cancelled };
}
