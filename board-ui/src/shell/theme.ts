/** Light or dark: as the system has it, unless somebody chose. */
import { effect } from "@preact/signals";
import { kept } from "../core/kept.js";

const CHOICES = ["system", "light", "dark"] as const;
export type Theme = (typeof CHOICES)[number];

export const theme = kept<Theme>("theme", "system", (value) => CHOICES.includes(value));

export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
}

/** The next of system, light and dark. */
export function nextTheme(): void {
  theme.value = CHOICES[(CHOICES.indexOf(theme.value) + 1) % CHOICES.length] ?? "system";
}
