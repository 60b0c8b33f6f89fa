import type { PartOfLot } from "@/shared/api";
import { day, list } from "@/shared/format";
import { __ } from "@/shared/translation";

export interface Origin {
	label: string;
	value: string;
}

/** Where a ticket's credits come from: one lot by its last day, several with how much of each. */
export function origin(lots: PartOfLot[]): Origin {
	const [first] = lots;
	if (first && lots.length === 1) {
		const value = first.expires_on ? day(first.expires_on) : __("No end date");
		return { label: __("From credits valid until"), value };
	}
	const parts = lots.map((lot) =>
		lot.expires_on
			? __("{0} valid until {1}", lot.credits, day(lot.expires_on))
			: __("{0} that do not end", lot.credits),
	);
	return { label: __("Taken from"), value: list(parts) };
}
