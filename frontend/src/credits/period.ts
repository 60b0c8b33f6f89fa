import type { StatementFilter } from "@/shared/api";
import { __ } from "@/shared/translation";

// A year that is still being typed is 0002, then 0020.
const FULL = /^(19|[2-9]\d)\d\d-/;

/** What is wrong with the days of a filter, field by field. */
export interface PeriodErrors {
	since: string;
	until: string;
}

export function periodErrors({ since = "", until = "" }: StatementFilter): PeriodErrors {
	const wrong = (day: string) => (day && !FULL.test(day) ? __("Give a year from 1900 to 9999.") : "");
	const errors = { since: wrong(since), until: wrong(until) };
	if (!errors.since && !errors.until && since && until && since > until)
		errors.since = __("Ends before it begins.");
	return errors;
}
