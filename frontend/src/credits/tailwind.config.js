import preset from "frappe-ui/tailwind";
import base from "../../tailwind.config.js";

// Parts of frappe-ui that this page alone uses: see ui.ts.
const parts = ["Checkbox", "Dropdown", "Menu", "Sidebar"];

/** @type {import('tailwindcss').Config} */
export default {
	...base,
	// The typography of its editor is safelisted; there is no editor here.
	presets: [{ ...preset, safelist: [] }],
	content: [
		...base.content,
		...parts.map((part) => `./node_modules/frappe-ui/src/components/${part}/*.{vue,ts}`),
	],
};
