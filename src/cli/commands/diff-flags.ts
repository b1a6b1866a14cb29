import type { ConfigFlags } from "./project.js";
import type { StoreFlags } from "./store.js";

/** Options of `taskora diff`. */
export interface DiffFlags extends ConfigFlags, StoreFlags {
  readonly against?: string;
  readonly format: string;
  readonly accept?: readonly string[];
  readonly reason?: string;
  readonly live?: boolean;
  readonly task?: readonly string[];
  readonly limit?: string;
  readonly showPayloads?: boolean;
}
