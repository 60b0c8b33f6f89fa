/** What the page uses of frappe-ui beyond the shared parts, part by part: its index pulls the editor and the charts in. */
export { Badge, Button, Skeleton, Tooltip } from "@/shared/ui";
export { default as Checkbox } from "frappe-ui-src/components/Checkbox/Checkbox.vue";
export { default as Dialog } from "frappe-ui-src/components/Dialog/Dialog.vue";
export { default as Dropdown } from "frappe-ui-src/components/Dropdown/Dropdown.vue";
export { default as Select } from "frappe-ui-src/components/Select/Select.vue";
export { default as Sidebar } from "frappe-ui-src/components/Sidebar/Sidebar.vue";
export { default as SidebarCollapseToggle } from "frappe-ui-src/components/Sidebar/SidebarCollapseToggle.vue";
export { default as SidebarItem } from "frappe-ui-src/components/Sidebar/SidebarItem.vue";
export { default as Textarea } from "frappe-ui-src/components/Textarea/Textarea.vue";
export { default as TextInput } from "frappe-ui-src/components/TextInput/TextInput.vue";
export { useTheme } from "frappe-ui-src/utils/theme";
