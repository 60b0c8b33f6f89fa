/** Where Tailwind reads the classes of parts of frappe-ui: their sources. Name what is imported, and what that imports. */
export const sources = (parts) =>
	parts.map((part) => `./node_modules/frappe-ui/src/components/${part}/*.{vue,ts}`);
