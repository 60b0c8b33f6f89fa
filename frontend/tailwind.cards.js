import preset from "frappe-ui/tailwind";
import { sources } from "./tailwind.ui.js";

const parts = ["Badge", "Button", "Popover", "Spinner", "shared/popover"];

/** The cards on Helpdesk's pages: utilities alone, scoped by postcss.config.js. @type {import('tailwindcss').Config} */
export default {
	presets: [{ ...preset, safelist: [] }],
	corePlugins: { preflight: false },
	content: [
		"./src/cards/**/*.{vue,ts}",
		"./src/agent/**/*.{vue,ts}",
		"./src/shared/*.{vue,ts}",
		...sources(parts),
	],
};
