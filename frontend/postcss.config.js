import { resolve } from "node:path";
import autoprefixer from "autoprefixer";
import tailwindcss from "tailwindcss";

const CARDS = resolve(import.meta.dirname, "src/cards");

/** Keep every rule of the cards below .sc-root: they live on Helpdesk's pages, whose own rules have the same names. */
const scopeCards = {
	postcssPlugin: "scope-cards",
	OnceExit(root) {
		if (!root.source?.input.file?.startsWith(CARDS)) return;
		root.walkRules((rule) => {
			if (rule.parent.type === "atrule" && rule.parent.name.endsWith("keyframes")) return;
			rule.selectors = rule.selectors.map((one) => (one.includes(".sc-") ? one : `.sc-root ${one}`));
		});
	},
};

export default { plugins: [tailwindcss(), autoprefixer(), scopeCards] };
