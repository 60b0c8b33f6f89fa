import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const here = (path: string): string => resolve(import.meta.dirname, path);

export default defineConfig({
	plugins: [vue()],
	base: "/assets/support_credits/frontend/",
	publicDir: false,
	resolve: {
		alias: [
			{ find: "@", replacement: here("src") },
			// Single components: the package's index pulls its editor and its charts into whatever imports it.
			{ find: "frappe-ui-src", replacement: here("node_modules/frappe-ui/src") },
			// Icons of frappe-ui's first generation, all 290 of them in one object; none is used here.
			{ find: "feather-icons", replacement: here("src/shared/noFeatherIcons.ts") },
		],
	},
	build: {
		outDir: here("../support_credits/public/frontend"),
		emptyOutDir: true,
		manifest: "manifest.json",
		target: "es2022",
		modulePreload: { polyfill: false },
		rollupOptions: {
			input: {
				credits: here("src/credits/main.ts"),
				cards: here("src/cards/main.ts"),
				loader: here("src/loader/main.ts"),
			},
			preserveEntrySignatures: "exports-only",
			output: {
				entryFileNames: "[name]-[hash].js",
				chunkFileNames: "shared-[hash].js",
				assetFileNames: "[name]-[hash][extname]",
			},
		},
	},
});
