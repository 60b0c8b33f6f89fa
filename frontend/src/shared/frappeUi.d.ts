import type { DefineComponent } from "vue";

// frappe-ui's sources are not written for our compiler options; vue-tsc would check them as if they were ours.
declare const component: DefineComponent<Record<string, unknown>, object, unknown>;
export default component;
