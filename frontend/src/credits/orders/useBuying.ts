import { computed, ref, shallowRef } from "vue";
import { api, ApiError, type PackOffer, type ToPay } from "@/shared/api";
import { newKey } from "@/shared/key";
import { __ } from "@/shared/translation";
import { reason } from "../server";
import { boot } from "../start";
import { useAsk } from "../useAsk";
import { isQuantity, total } from "./price";

/** A choice of a pack, until it is ordered. */
export function useBuying(asked: { customer: string; pack: string }) {
	const { customers, is_open: isOpen, terms } = boot.buying;
	const offer = useAsk(() => api.packs());
	const customer = ref(customers.find((one) => one.customer === asked.customer)?.customer ?? "");
	const pack = ref("");
	const count = ref(1);
	const accepted = ref(!terms);
	const busy = ref(false);
	const error = ref("");
	const toPay = shallowRef<ToPay | null>(null);
	// The same choice sent again, after an answer that was lost, is the same order.
	const keys = new Map<string, string>();

	const packs = computed(() => offer.data.value?.packs ?? []);
	const chosen = computed<PackOffer | null>(
		() => packs.value.find((one) => one.pack === pack.value) ?? null,
	);
	/** Why nothing can be ordered, whatever is chosen. */
	const hindrance = computed(() => {
		if (!isOpen) return __("Orders are not taken here. Ask us for the pack you want.");
		if (!customers.length) return __("You are not a member of a customer that could buy credits.");
		if (customers.every((one) => !one.may_act) || (customer.value && !mayAct()))
			return __("Only a manager of {0} can buy credits. Ask one of them.", customer.value || names());
		return "";
	});
	const isReady = computed(
		() =>
			!hindrance.value &&
			!!customer.value &&
			!!chosen.value &&
			isQuantity(count.value) &&
			accepted.value &&
			!busy.value,
	);

	const mayAct = () => customers.find((one) => one.customer === customer.value)?.may_act;
	const names = () => customers.map((one) => one.customer).join(", ");

	if (!customer.value && customers.length === 1) customer.value = customers[0]?.customer ?? "";

	async function load(): Promise<void> {
		const answer = await offer.load(undefined);
		if (!answer) return;
		const only = answer.packs.length === 1 ? answer.packs[0]?.pack : "";
		pack.value = answer.packs.find((one) => one.pack === asked.pack)?.pack ?? only ?? "";
		if (asked.pack && pack.value !== asked.pack)
			error.value = __("Pack {0} is not on sale. Choose another one.", asked.pack);
	}

	async function order(): Promise<void> {
		if (!isReady.value) return;
		busy.value = true;
		error.value = "";
		const wish = { customer: customer.value, pack: pack.value, quantity: count.value };
		try {
			const key = keyOf(Object.values(wish).join("\n"));
			toPay.value = await api.order({ ...wish, ...shown(), key, terms });
		} catch (failure) {
			error.value = reason(failure);
			// Refused: what he sees may not be the offer any more.
			if (failure instanceof ApiError && failure.status) void offer.load(undefined);
		} finally {
			busy.value = false;
		}
	}

	/** What it costs, as it stands on the page. */
	function shown(): { total: string; currency: string } {
		const { currency = "" } = chosen.value ?? {};
		return { total: chosen.value ? total(chosen.value, count.value) : "", currency };
	}

	function keyOf(choice: string): string {
		const made = keys.get(choice) ?? newKey();
		keys.set(choice, made);
		return made;
	}

	return {
		...{ customers, customer, terms, offer, packs, pack, chosen, count, accepted },
		...{ hindrance, isReady, busy, error, toPay, load, order },
	};
}
