import { createApp } from "vue";
import { translation } from "@/shared/translation";
import CreditsPage from "./CreditsPage.vue";
import "./style.css";

createApp(CreditsPage).use(translation).mount("#app");
