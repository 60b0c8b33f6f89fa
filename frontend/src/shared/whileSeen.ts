const MINUTES = 5;

/** Do ``work`` when the reader comes back to the page, and every few minutes while he looks at it. Returns how to end it. */
export function whileSeen(work: () => void): () => void {
	const look = (): void => {
		if (document.visibilityState === "visible") work();
	};
	const timer = setInterval(look, MINUTES * 60_000);
	document.addEventListener("visibilitychange", look);
	return () => {
		clearInterval(timer);
		document.removeEventListener("visibilitychange", look);
	};
}
