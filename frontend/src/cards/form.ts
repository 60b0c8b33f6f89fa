import { onBeforeUnmount, onMounted } from "vue";

/** What the customer has chosen in Helpdesk's form that decides about credits. */
export interface Chosen {
	customer: string;
	priority: string;
	ticket_type: string;
}

const CHANGED = "support-credits:form";
/** The host has an answer about a ticket that was sent, for better or worse. */
const ANSWERED = "support-credits:answered";

/** The form's fields, as our form script keeps them: Helpdesk hands them to scripts, its page names none of them. */
export function chosen(): Chosen {
	const form = window.support_credits_form ?? {};
	return {
		customer: String(form.customer || ""),
		priority: String(form.priority || ""),
		ticket_type: String(form.ticket_type || ""),
	};
}

/** Call ``changed`` when one of the fields is another, and ``answered`` after a ticket was sent. */
export function useForm(changed: () => void, answered: () => void): void {
	let last = JSON.stringify(chosen());

	function look(): void {
		const now = JSON.stringify(chosen());
		if (now === last) return;
		last = now;
		changed();
	}

	onMounted(() => {
		window.addEventListener(CHANGED, look);
		window.addEventListener(ANSWERED, answered);
	});
	onBeforeUnmount(() => {
		window.removeEventListener(CHANGED, look);
		window.removeEventListener(ANSWERED, answered);
	});
}
