/** What the endpoints about tiers by the month answer: the types of support_credits/api/subscription_shapes.py. */

export interface SubscriptionLine {
	state: "Active" | "Ending" | "Fallen";
	state_text: string;
	tier: string;
	name: string;
	credits_per_month: number;
	paid_until: string;
	next_on: string | null;
	next_tier: string | null;
	next_name: string;
	next_credits: number;
	short: number;
	fallen_at: string | null;
	comes_back_until: string | null;
}

export interface CurrentTier {
	customer: string;
	tier: string | null;
	name: string;
	base: string | null;
	base_name: string;
	may_act: boolean;
	subscription: SubscriptionLine | null;
}

export interface TierPreview {
	customer: string;
	tier: string;
	name: string;
	effect: "now" | "later" | "end" | "kept" | "none";
	costs_now: number;
	credits_per_month: number;
	balance: number;
	balance_after: number;
	missing: number;
	from_on: string;
	next_on: string | null;
	lasts_until: string | null;
	unused: number;
	message: string;
}

export interface TierChosen {
	effect: string;
	message: string;
	balance: number;
	current: CurrentTier;
}
