import { fileURLToPath } from "node:url";
import autoprefixer from "autoprefixer";
import tailwindcss from "tailwindcss";

const CREDITS = fileURLToPath(new URL("src/credits", import.meta.url));

const prefixed = (name) => name.replace(/^(--)?/, "$1sc-");

/**
 * Keep every rule but the Credits page's below .sc-root, and give what CSS registers by name names of our own: the cards,
 * and what they share with that page, live on Helpdesk's pages, whose own rules have the same names.
 */
const scoped = {
	postcssPlugin: "scoped",
	OnceExit(root) {
		if (root.source?.input.file?.startsWith(CREDITS)) return;
		const names = new Set();
		const own = (text) => text.replace(/[\w-]+/g, (word) => (names.has(word) ? prefixed(word) : word));
		root.walkAtRules(/keyframes$|^property$/, (rule) => {
			names.add(rule.params);
			rule.params = prefixed(rule.params);
		});
		root.walkDecls((declared) => {
			declared.prop = own(declared.prop);
			declared.value = own(declared.value);
		});
		root.walkRules((rule) => {
			if (rule.parent.type === "atrule" && rule.parent.name.endsWith("keyframes")) return;
			rule.selectors = rule.selectors.map((one) => (one.includes(".sc-") ? one : `.sc-root ${one}`));
		});
	},
};

export default { plugins: [tailwindcss(), autoprefixer(), scoped] };
