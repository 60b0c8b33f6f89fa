/** What the endpoints of an agent's card answer: the types of support_credits/api/agent_shapes.py and session_shapes.py. */
import type { TicketCredits, TicketSession } from "@/shared/shapes";

export interface TimerLine {
	timer: string;
	ticket: string;
	started_at: string;
}

export interface WorkLogged {
	work_log: string;
	ticket: string;
	minutes: number;
	replayed: boolean;
	message: string;
}

export interface ExemptionChoice {
	reason: string;
	label: string;
	effect: string;
	note_required: boolean;
	takes_url: boolean;
}

/** As its customer sees it, and whose it is. */
export interface SessionLine extends TicketSession {
	agent: string;
	agent_name: string;
	running_by: string;
	may_act: boolean;
}

export interface SessionKind {
	kind: string;
	kind_text: string;
	rate_text: string;
	rounding_text: string;
	least_text: string;
}

export interface TicketSessions {
	ticket: string;
	now: string;
	sessions: SessionLine[];
	kinds: SessionKind[];
	may_start: boolean;
	why_not: string;
}

export interface SessionActed {
	session: SessionLine;
	now: string;
	replayed: boolean;
	message: string;
}

export type Act = "exempt" | "unexempt" | "charge" | "park" | "release" | "propose";

export interface AgentTicket extends TicketCredits {
	now: string;
	acts: Act[];
	is_closed: boolean;
	worked: number;
	minutes_a_credit: number;
	step_minutes: number;
	credits_to_cover: number;
	exemptions: ExemptionChoice[];
	timer: TimerLine | null;
	hourly: TicketSessions;
}

/** An incident after an agent's act on it. */
export interface Corrected {
	state: string;
	credits: number;
	credits_back: number;
	message: string;
}
