/** Light or dark: as the system has it, unless somebody chose. */
import { signal } from "@preact/signals";

const KEY = "taskora-board.theme";
const CHOICES = ["system", "light", "dark"] as const;
export type Theme = (typeof CHOICES)[number];

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return CHOICES.find((choice) => choice === value) ?? "system";
  } catch {
    return "system";
  }
}

export const theme = signal<Theme>(stored());

export function applyTheme(): void {
  const { value } = theme;
  if (value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // A browser that keeps nothing shows the system's again next time.
  }
}

/** The next of system, light and dark. */
export function nextTheme(): void {
  theme.value = CHOICES[(CHOICES.indexOf(theme.value) + 1) % CHOICES.length] ?? "system";
  applyTheme();
}
