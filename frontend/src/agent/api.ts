import { get, post } from "@/shared/call";
import type { Answered } from "@/shared/shapes";
import type { AgentTicket, Corrected, SessionActed, TimerLine, WorkLogged } from "./shapes";

/** What an agent does about a ticket; every act is one call. */
export const api = {
	ticket: (ticket: string) => get<AgentTicket>("agent.ticket", { ticket }),
	exempt: (ticket: string, reason: string, note: string, url: string) =>
		post<Corrected>("incident.exempt", { ticket, reason, note, url }),
	unexempt: (ticket: string, reason: string) => post<Corrected>("incident.unexempt", { ticket, reason }),
	charge: (ticket: string, reason: string) => post<Corrected>("incident.charge", { ticket, reason }),
	park: (ticket: string) => post<Corrected>("incident.park", { ticket }),
	release: (ticket: string) => post<Corrected>("incident.release", { ticket }),
	propose: (ticket: string, credits: number, reason: string) =>
		post<Answered>("proposals.propose", { ticket, credits, reason }),
	withdraw: (proposal: string) => post<Answered>("proposals.withdraw", { proposal }),
	startTimer: (ticket: string) => post<TimerLine>("work.start_timer", { ticket }),
	stopTimer: (timer: string, minutes: number, note: string) =>
		post<WorkLogged>("work.stop_timer", { timer, minutes, note }),
	discardTimer: (timer: string) => post<{ timer: string }>("work.discard_timer", { timer }),
	logWork: (ticket: string, minutes: number, note: string, key: string) =>
		post<WorkLogged>("work.log", { ticket, minutes, note, key }),
	startSession: (ticket: string, kind: string, key: string) =>
		post<SessionActed>("sessions.start", { ticket, kind, key }),
	pauseSession: (session: string) => post<SessionActed>("sessions.pause", { session }),
	resumeSession: (session: string) => post<SessionActed>("sessions.resume", { session }),
	stopSession: (session: string, summary: string) =>
		post<SessionActed>("sessions.stop", { session, summary }),
};
