/** Stands for the package of icons that frappe-ui's Button still names; ours are lucide's, as CSS. */
export default { icons: {} };
