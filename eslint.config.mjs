// What the Desk and the portal put on the page; everything else must be declared where it is used.
const globals = {
	frappe: "readonly",
	__: "readonly",
	cur_frm: "readonly",
	$: "readonly",
	flt: "readonly",
	support_credits: "readonly", // what scripts of ours share
};
const browser = {
	window: "readonly",
	document: "readonly",
	console: "readonly",
	Event: "readonly",
	fetch: "readonly",
	URL: "readonly",
	setTimeout: "readonly",
	clearTimeout: "readonly",
};

export default [
	{
		files: ["**/*.js"],
		languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: { ...globals, ...browser } },
		rules: {
			"no-undef": "error",
			"no-unused-vars": "error",
			"no-implied-eval": "error",
			eqeqeq: ["error", "smart"],
			"prefer-const": "error",
		},
	},
];
