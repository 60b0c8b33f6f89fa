import { computed, onMounted, onUnmounted, ref } from "vue";
import { api } from "@/shared/api";
import { boot, customerOfAddress, setCustomerOfAddress } from "./start";

/** Whose credits are shown: the customer of the address, else the person's first. */
export function useCustomer(changed: (customer: string) => void) {
	const customers = ref<string[] | null>(boot.customers ?? null);
	const chosen = ref(customerOfAddress());
	const customer = computed(() => chosen.value || customers.value?.[0] || "");
	const hasNone = computed(() => !chosen.value && customers.value?.length === 0);

	/** Who is to choose from is asked only where the page does not say it, and waited for only without a choice. */
	async function begin(): Promise<void> {
		const begun = customer.value;
		if (begun) changed(begun);
		if (customers.value === null) {
			try {
				const answer = await api.balance();
				customers.value = answer.customers.map((one) => one.customer);
			} catch (failure) {
				if (!begun) throw failure;
			}
		}
		if (!begun && customer.value) changed(customer.value);
	}

	function choose(next: string): void {
		if (next === customer.value) return;
		setCustomerOfAddress(next);
		follow();
	}

	function follow(): void {
		const before = customer.value;
		chosen.value = customerOfAddress();
		if (customer.value && customer.value !== before) changed(customer.value);
	}

	onMounted(() => window.addEventListener("popstate", follow));
	onUnmounted(() => window.removeEventListener("popstate", follow));

	return { customer, customers, hasNone, begin, choose };
}
