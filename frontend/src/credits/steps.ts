import type { BalanceChart } from "@/shared/shapes";

export interface Step {
	at: Date;
	balance: number;
	x: number;
	y: number;
}

export interface StepChart {
	line: string;
	area: string;
	/** Where the line is now. */
	end: { x: number; y: number } | null;
	steps: Step[];
	marks: { y: number; value: number }[];
	ticks: { x: number; at: Date }[];
	wholeMonths: boolean;
}

export interface Frame {
	width: number;
	height: number;
	start: number;
	end: number;
	top: number;
	bottom: number;
	mirrored: boolean;
}

const DAY = 86_400_000;
// A younger account is drawn at the end of this, not stretched over all of the width.
const SHORTEST = 7 * DAY;

/** Lay out a balance that stays what it is until it changes, from the chart's first day to ``now``. */
export function layOut(chart: BalanceChart, now: Date, frame: Frame): StepChart {
	const first = new Date(chart.points[0]?.at ?? chart.since).getTime();
	const from = Math.min(first, now.getTime() - SHORTEST);
	const span = now.getTime() - from;
	const { low, high, unit } = range(chart.points.map((point) => point.balance));
	const left = frame.mirrored ? frame.end : frame.start;
	const inner = frame.width - frame.start - frame.end;
	const across = (time: number) => {
		const part = ((time - from) / span) * inner;
		return left + (frame.mirrored ? inner - part : part);
	};
	const tall = frame.height - frame.top - frame.bottom;
	const down = (balance: number) => frame.top + ((high - balance) / (high - low)) * tall;
	const steps = chart.points.map((point) => ({
		at: new Date(point.at),
		balance: point.balance,
		x: across(new Date(point.at).getTime()),
		y: down(point.balance),
	}));
	const line = path(steps, across(now.getTime()));
	const last = steps.at(-1);
	const zero = down(Math.max(low, 0));
	return {
		line,
		area: steps[0] ? `${line} V${zero} H${steps[0].x} Z` : "",
		end: last ? { x: across(now.getTime()), y: last.y } : null,
		steps,
		marks: values(low, high, unit).map((value) => ({ value, y: down(value) })),
		...axis(from, span, across, inner),
	};
}

function path(steps: Step[], end: number): string {
	const moves = steps.map((step, index) => (index ? `H${step.x} V${step.y}` : `M${step.x} ${step.y}`));
	return steps.length ? `${moves.join(" ")} H${end}` : "";
}

/** Whole numbers around the balances, zero among them, in at most five even steps. */
function range(balances: number[]): { low: number; high: number; unit: number } {
	const least = Math.min(0, ...balances);
	const most = Math.max(1, ...balances);
	const rough = (most - least) / 4;
	const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
	const unit = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? power * 10;
	return { low: Math.floor(least / unit) * unit, high: Math.ceil(most / unit) * unit, unit };
}

function values(low: number, high: number, unit: number): number[] {
	return Array.from({ length: Math.round((high - low) / unit) + 1 }, (_none, index) => low + index * unit);
}

function axis(from: number, span: number, across: (time: number) => number, inner: number) {
	const wholeMonths = span > 100 * DAY;
	const wanted = Math.max(2, Math.min(6, Math.floor(inner / 90)));
	const times = wholeMonths ? months(from, from + span, wanted) : evenly(from, span, wanted);
	return { wholeMonths, ticks: times.map((time) => ({ at: new Date(time), x: across(time) })) };
}

function evenly(from: number, span: number, count: number): number[] {
	return Array.from({ length: count }, (_none, index) => from + (span * (index + 0.5)) / count);
}

/** The first days of months, every one or every so many, so that no more than ``count`` are named. */
function months(from: number, until: number, count: number): number[] {
	const first = new Date(from);
	const found: number[] = [];
	for (let next = 1; ; next += 1) {
		const time = new Date(first.getFullYear(), first.getMonth() + next, 1).getTime();
		if (time > until) break;
		found.push(time);
	}
	const every = Math.ceil(found.length / count);
	return found.filter((_time, index) => index % every === 0);
}
