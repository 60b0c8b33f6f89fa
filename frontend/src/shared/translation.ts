import type { App } from "vue";

/** Look up the page's messages and put the values where the message has {0}, {1}, … */
export function __(message: string, ...values: unknown[]): string {
	const found = window.translatedMessages?.[message] || message;
	return found.replace(/{(\d+)}/g, (whole, index: string) => {
		const value = values[Number(index)];
		return value === undefined ? whole : String(value);
	});
}

/** Let templates call __(). */
export const translation = {
	install(app: App): void {
		app.config.globalProperties.__ = __;
	},
};
