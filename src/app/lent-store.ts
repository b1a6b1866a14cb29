import type { TaskoraOptions } from "./options.js";

/** Set by `taskora dev` in the programs it runs over its own memory. */
const LENDER = Symbol.for("taskora.dev.store");

/** The options with the store that `taskora dev` lends in place of the one they name, where this process runs in it. */
export function withLentStore(options: TaskoraOptions): TaskoraOptions {
  const lend: unknown = (globalThis as { readonly [LENDER]?: unknown })[LENDER];
  return typeof lend === "function" ? { ...options, adapter: lend() as TaskoraOptions["adapter"] } : options;
}
