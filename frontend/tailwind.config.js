import preset from "frappe-ui/tailwind";
import { sources } from "./tailwind.ui.js";

const parts = [
	"Badge",
	"Button",
	"Dialog",
	"InputLabeling",
	"ItemListRow",
	"Popover",
	"Select",
	"Skeleton",
	"Spinner",
];
const more = ["Textarea", "TextInput", "Tooltip", "shared/popover", "shared/selection"];

/** The Credits page: a page of its own with all of frappe-ui's base. @type {import('tailwindcss').Config} */
export default {
	presets: [preset],
	content: ["./src/credits/**/*.{vue,ts}", "./src/shared/**/*.{vue,ts}", ...sources([...parts, ...more])],
};
