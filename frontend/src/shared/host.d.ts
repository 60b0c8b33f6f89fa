export {};

declare global {
	interface Window {
		/** Written into the page by the host, or by our own page. */
		csrf_token?: string;
		lang?: string;
		translatedMessages?: Record<string, string>;
		/** Set by our loader once something of ours is on the page: the form script's button is not needed then. */
		support_credits_portal?: boolean;
		/** What the customer has chosen in the host's form so far; kept here by our form script. */
		support_credits_form?: Record<string, unknown>;
	}
}

declare module "vue" {
	interface ComponentCustomProperties {
		__: (message: string, ...values: unknown[]) => string;
	}
}
