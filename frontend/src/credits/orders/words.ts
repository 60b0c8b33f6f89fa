import type { OrderLine } from "@/shared/api";
import { number } from "@/shared/format";
import { __ } from "@/shared/translation";

export const THEMES: Record<string, "blue" | "green" | "red"> = {
	Open: "blue",
	Paid: "green",
	Reversed: "red",
};

export function validFor(months: number): string {
	if (!months) return __("Usable until they are used up");
	return months === 1 ? __("Valid for 1 month") : __("Valid for {0} months", number(months));
}

/** "2 × Eight incidents". */
export function packs(order: OrderLine): string {
	return order.quantity === 1 ? order.pack_name : __("{0} × {1}", number(order.quantity), order.pack_name);
}

export function canPay(order: OrderLine): boolean {
	return order.state === "Open" && order.may_act;
}

/** Somebody else raised it: its terms are still to be accepted. */
export function waitsForTerms(order: OrderLine): boolean {
	return canPay(order) && !order.terms_accepted;
}
