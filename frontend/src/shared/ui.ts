/** What both the page and the cards use of frappe-ui, part by part. A new one also goes into tailwind.ui.js. */
export { default as Badge } from "frappe-ui-src/components/Badge/Badge.vue";
export { default as Button } from "frappe-ui-src/components/Button/Button.vue";
export { default as Popover } from "frappe-ui-src/components/Popover/Popover.vue";
export { default as Tooltip } from "frappe-ui-src/components/Tooltip/Tooltip.vue";
export { default as Spinner } from "frappe-ui-src/components/Spinner/Spinner.vue";
export { default as Skeleton } from "frappe-ui-src/components/Skeleton/Skeleton.vue";
