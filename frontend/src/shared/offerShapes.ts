/** What is on offer, as the endpoints answer it: the types of support_credits/api/offer_shapes.py. */
import type { TierName } from "./shapes";

export interface PackOffer {
	pack: string;
	name: string;
	credits: number;
	validity_months: number;
	price: string;
	currency: string;
	price_text: string;
	per_credit: string;
	per_credit_text: string;
	saving: string;
	saving_text: string;
	saving_percent: string;
	tax_note: string;
	tier: TierName | null;
}

export interface Packs {
	packs: PackOffer[];
}

export interface TierOffer {
	tier: string;
	name: string;
	description: string;
	promise_text: string;
	aim_text: string;
	credits_per_incident: number;
	credits_per_month: number;
	month_text: string;
	is_base: boolean;
}

export interface Tiers {
	tiers: TierOffer[];
}
