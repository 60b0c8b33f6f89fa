/** What the endpoints answer: the types of support_credits/api/shapes.py, name by name, and those of its neighbours. */
import type { SubscriptionLine } from "./subscriptionShapes";

export type * from "./offerShapes";
export type * from "./orderShapes";
export type * from "./statementShapes";
export type * from "./subscriptionShapes";

export interface Link {
	label: string;
	url: string;
}

export interface Way {
	name: string;
	label: string;
	url: string;
}

export interface NextExpiry {
	credits: number;
	expires_on: string;
	expires_at: string;
}

export interface CustomerBalance {
	customer: string;
	balance: number;
	may_act: boolean;
	waiting: number;
	proposals: number;
	next_expiry: NextExpiry | null;
}

export interface Balances {
	customers: CustomerBalance[];
}

export interface LotLine {
	lot: string;
	source: string;
	source_text: string;
	pack: string | null;
	pack_name: string | null;
	credits_granted: number;
	remaining: number;
	granted_at: string;
	starts_later: boolean;
	expires_at: string | null;
	expires_on: string | null;
	is_overdraft: boolean;
}

export interface Lots {
	customer: string;
	balance: number;
	lots: LotLine[];
	more: number;
}

export interface PartOfLot {
	lot: string;
	credits: number;
	expires_on: string | null;
}

export interface Due {
	due: string;
	due_there: string;
	due_here: string;
	why: string;
	why_here: string;
	passed: boolean;
}

export interface TierName {
	tier: string;
	name: string;
}

export interface Quote {
	customer: string | null;
	choose: string[];
	state: string;
	state_text: string;
	accepted: boolean;
	credits: number;
	balance: number;
	balance_after: number;
	lots: PartOfLot[];
	tier: TierName | null;
	severity: string | null;
	due: Due | null;
	message: string;
	ways: Way[];
	reading: Link[];
}

export interface ProposalLine {
	proposal: string;
	ticket: string;
	customer: string;
	credits: number;
	minutes: number;
	reason: string;
	state: string;
	state_text: string;
	proposed_at: string;
	expires_at: string;
	answered_at: string | null;
	may_answer: boolean;
	balance: number;
}

export interface Proposals {
	proposals: ProposalLine[];
}

export interface Minutes {
	used: number;
	covered: number;
}

/** Help by the hour. `amount_text` is what it would come to if it were stopped now, while `is_provisional`. */
export interface TicketSession {
	session: string;
	kind: string;
	kind_text: string;
	state: string;
	state_text: string;
	started_at: string;
	stopped_at: string | null;
	worked_seconds: number;
	billed_minutes: number;
	amount: string;
	currency: string;
	amount_text: string;
	rate_text: string;
	rounding_text: string;
	is_provisional: boolean;
	summary: string;
}

export interface TicketCredits {
	ticket: string;
	customer: string | null;
	state: string;
	state_text: string;
	credits: number;
	message: string;
	exemption: string | null;
	exemption_url: string | null;
	tier: TierName | null;
	lots: PartOfLot[];
	due: Due | null;
	responded_at: string | null;
	minutes: Minutes | null;
	proposals: ProposalLine[];
	balance: number | null;
	ways: Way[];
	sessions: TicketSession[];
}

export interface WaitingTicket {
	ticket: string;
	subject: string;
	since: string;
	message: string;
}

export interface BalancePoint {
	at: string;
	balance: number;
}

export interface BalanceChart {
	since: string;
	is_cut: boolean;
	points: BalancePoint[];
}

export interface TierRunway {
	tier: string;
	name: string;
	promise_text: string;
	aim_text: string;
	credits_per_incident: number;
	credits_per_month: number;
	is_current: boolean;
	is_base: boolean;
	is_planned: boolean;
	may_choose: boolean;
	lasts_until: string | null;
	unused: number;
}

export interface Runway {
	days: number;
	credits: number;
	credits_a_month: string;
	tiers: TierRunway[];
}

export interface Overview {
	customer: string;
	balance: number;
	may_act: boolean;
	waiting: WaitingTicket[];
	lots: LotLine[];
	more_lots: number;
	next_expiry: NextExpiry | null;
	chart: BalanceChart;
	runway: Runway;
	subscription: SubscriptionLine | null;
	proposals: ProposalLine[];
	ways: Way[];
	reading: Link[];
	zone: string;
}

export interface Redeemed {
	customer: string;
	credits: number;
	lot: string;
	balance: number;
	expires_on: string | null;
	message: string;
}

export interface Answered {
	proposal: string;
	ticket: string;
	state: string;
	credits: number;
	balance: number;
	message: string;
}

export interface Requested {
	ticket: string;
	message: string;
	url: string;
}
