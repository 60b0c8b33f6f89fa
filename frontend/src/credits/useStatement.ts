import { computed, ref, shallowRef } from "vue";
import { api, type StatementFilter, type StatementPage, type StatementRow } from "@/shared/api";
import { reason } from "./server";
import { useAsk } from "./useAsk";

const EVERYTHING = { kind: "", since: "", until: "" };

/** The statement, page after page by the key that each page gives for the one before it in time. */
export function useStatement() {
	const rows = shallowRef<StatementRow[]>([]);
	const last = shallowRef<StatementPage | null>(null);
	const filter = ref<Required<StatementFilter>>({ ...EVERYTHING });
	const loadingMore = ref(false);
	const moreError = ref("");
	let customer = "";

	const first = useAsk(async () => {
		const page = await api.statement(customer, filter.value);
		return page;
	});

	async function reload(): Promise<void> {
		await first.load(undefined);
		if (first.error.value || !first.data.value) return;
		last.value = first.data.value;
		rows.value = last.value.rows;
		moreError.value = "";
	}

	function show(next: string): Promise<void> {
		if (next !== customer) {
			customer = next;
			rows.value = [];
			last.value = null;
			filter.value = { ...EVERYTHING };
		}
		return reload();
	}

	const wrongPeriod = computed(
		() => !!filter.value.since && !!filter.value.until && filter.value.since > filter.value.until,
	);

	function setFilter(next: Required<StatementFilter>): void {
		filter.value = next;
		if (!wrongPeriod.value) void reload();
	}

	async function more(): Promise<void> {
		const before = last.value;
		if (!before?.next || loadingMore.value) return;
		loadingMore.value = true;
		moreError.value = "";
		try {
			const page = await api.statement(customer, filter.value, before.next);
			if (last.value !== before) return; // another customer or filter was chosen meanwhile
			rows.value = [...rows.value, ...page.rows];
			last.value = { ...page, digest: before.digest, seq: before.seq };
		} catch (failure) {
			moreError.value = reason(failure);
		} finally {
			loadingMore.value = false;
		}
	}

	return {
		rows,
		last,
		filter,
		wrongPeriod,
		loading: first.loading,
		error: first.error,
		loadingMore,
		moreError,
		show,
		reload,
		setFilter,
		more,
	};
}
