import { onUnmounted, ref, shallowRef } from "vue";
import { api, type StatementFilter, type StatementPage, type StatementRow } from "@/shared/api";
import { type PeriodErrors, periodErrors } from "./period";
import { reason } from "./server";
import { useAsk } from "./useAsk";

const EVERYTHING = { kind: "", since: "", until: "" };
const RIGHT: PeriodErrors = { since: "", until: "" };
const TYPING_MS = 400;

interface Asked {
	customer: string;
	filter: Required<StatementFilter>;
}

/** The statement, page after page by the key that each page gives for the one before it in time. */
export function useStatement() {
	const rows = shallowRef<StatementRow[]>([]);
	const last = shallowRef<StatementPage | null>(null);
	const filter = ref<Required<StatementFilter>>({ ...EVERYTHING });
	const loadingMore = ref(false);
	const moreError = ref("");
	const wrong = ref<PeriodErrors>(RIGHT);
	let customer = "";
	let shownFilter = filter.value;
	let typing = 0;

	const first = useAsk((asked: Asked) => api.statement(asked.customer, asked.filter));

	async function reload(): Promise<void> {
		const asked = { customer, filter: filter.value };
		const page = await first.load(asked);
		if (page?.customer !== customer) return;
		shownFilter = asked.filter;
		last.value = page;
		rows.value = page.rows;
		moreError.value = "";
	}

	function show(next: string): Promise<void> {
		if (next !== customer) {
			customer = next;
			rows.value = [];
			last.value = null;
			filter.value = { ...EVERYTHING };
			wrong.value = RIGHT;
			clearTimeout(typing);
		}
		return apply();
	}

	/** Days are asked for when nothing was typed for a moment. */
	function setFilter(next: Required<StatementFilter>): void {
		const { kind, since, until } = filter.value;
		const sameDays = next.since === since && next.until === until;
		if (sameDays && next.kind === kind) return;
		filter.value = next;
		clearTimeout(typing);
		typing = window.setTimeout(apply, sameDays ? 0 : TYPING_MS);
	}

	/** Ask, unless the days make no sense: what is shown then stays. */
	async function apply(): Promise<void> {
		wrong.value = periodErrors(filter.value);
		if (!wrong.value.since && !wrong.value.until) await reload();
	}

	async function more(): Promise<void> {
		const before = last.value;
		if (!before?.next || loadingMore.value) return;
		loadingMore.value = true;
		moreError.value = "";
		try {
			const page = await api.statement(customer, shownFilter, before.next);
			if (last.value !== before) return; // another customer or filter was chosen meanwhile
			rows.value = [...rows.value, ...page.rows];
			last.value = { ...page, digest: before.digest, seq: before.seq };
		} catch (failure) {
			if (last.value === before) moreError.value = reason(failure);
		} finally {
			loadingMore.value = false;
		}
	}

	onUnmounted(() => clearTimeout(typing));

	return {
		rows,
		last,
		filter,
		wrong,
		loading: first.loading,
		error: first.error,
		loadingMore,
		moreError,
		show,
		reload: apply,
		setFilter,
		more,
	};
}
