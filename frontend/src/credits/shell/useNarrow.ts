import { onMounted, onUnmounted, ref } from "vue";

/** Whether the window is as narrow as Helpdesk calls a phone. */
export function useNarrow() {
	const query = window.matchMedia("(max-width: 639px)");
	const narrow = ref(query.matches);
	const follow = () => (narrow.value = query.matches);
	onMounted(() => query.addEventListener("change", follow));
	onUnmounted(() => query.removeEventListener("change", follow));
	return narrow;
}
