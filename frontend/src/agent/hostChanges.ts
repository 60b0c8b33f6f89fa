/** What Helpdesk's own page asks again whenever it has changed a ticket, or hears that somebody else has; and its calls that
 *  change one without asking again.
 */
const CHANGING =
	/hd_ticket\.api\.get_ticket_activities|frappe\.client\.set_value|hd_ticket\.api\.(merge|split)_ticket/;

/** Call ``changed`` when a ticket may have changed; returns how to end it. Helpdesk's page itself tells nobody. */
export function onHostChange(changed: () => void): () => void {
	const observer = new PerformanceObserver((list) => {
		if (list.getEntries().some(({ name }) => CHANGING.test(name))) changed();
	});
	observer.observe({ type: "resource" });
	return () => observer.disconnect();
}
