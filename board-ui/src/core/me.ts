/** Who looks at the board, and what they may do. */
import { computed, effect, signal } from "@preact/signals";
import type { Me, Role } from "../../../src/board/api.js";
import { api, type CallFailed, mustLogIn } from "./api.js";
import { changes, failureOf } from "./resource.js";

export const me = signal<Me | undefined>(undefined);
/** Why nobody knows who looks: the board is away, or it refuses. */
export const meFailed = signal<CallFailed | undefined>(undefined);

const RANK: Readonly<Record<Role, number>> = { metrics: -1, viewer: 0, operator: 1, admin: 2 };

const rank = computed(() => RANK[me.value?.role ?? "viewer"]);

/** Whether the role may do what that role may. Buttons of others are not shown; the board checks again. */
export const may = (role: Role): boolean => rank.value >= RANK[role];

const RETRY_MS = 3_000;

export async function readMe(): Promise<void> {
  try {
    me.value = await api.get<Me>("/me");
    meFailed.value = undefined;
  } catch (error) {
    meFailed.value = failureOf(error);
    if (!mustLogIn.value) setTimeout(() => void readMe(), RETRY_MS);
  }
}

export async function logIn(body: { readonly user?: string; readonly password: string }): Promise<void> {
  await api.post("/session", body);
  mustLogIn.value = false;
  changes.value += 1;
  await readMe();
}

export async function logOut(): Promise<void> {
  await api.remove("/session");
  me.value = undefined;
  mustLogIn.value = true;
}

/** Reads it once, and again when a call finds that the session is over. */
export function startMe(): void {
  void readMe();
  effect(() => {
    if (mustLogIn.value) me.value = undefined;
  });
}
