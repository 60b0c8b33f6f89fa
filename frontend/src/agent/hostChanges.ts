/** Calls of Helpdesk's own page after which a ticket's credits may be others: a field was set, it was merged or split. */
const CHANGING = /frappe\.client\.set_value|hd_ticket\.api\.(merge|split)_ticket/;

/** Call ``changed`` after Helpdesk's page has changed a ticket; returns how to end it. The page itself tells nobody. */
export function onHostChange(changed: () => void): () => void {
	const observer = new PerformanceObserver((list) => {
		if (list.getEntries().some(({ name }) => CHANGING.test(name))) changed();
	});
	observer.observe({ type: "resource" });
	return () => observer.disconnect();
}
