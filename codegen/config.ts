import type { Duration } from "../src/core/duration.js";
import type { DiffPolicy } from "./diff/policy.js";

/** How relative imports in generated files end. */
export type ImportExtension = "auto" | ".js" | ".ts" | "none";

interface OutputOptions {
  /** The folder the generator owns, relative to the config file. Every file in it is the generator's. */
  readonly dir: string;
  /** Names or patterns such as `"email.*"` (`*` is any text). Default: all tasks. */
  readonly tasks?: readonly string[];
  /** Default `"auto"`: what the nearest tsconfig.json of `dir` asks for. */
  readonly importExtension?: ImportExtension;
  /** Take over a folder that already holds files. Default `false`: such a folder is refused. */
  readonly adopt?: boolean;
}

/** A typed client for producers: needs neither the contracts nor zod. */
export interface ClientOutputConfig extends OutputOptions {
  readonly kind: "client";
}

/** Handler types and the registry for a worker. */
export interface HandlersOutputConfig extends OutputOptions {
  readonly kind: "handlers";
  /** Where a handler file per task is created once; it is yours from then on. Default: none are created. */
  readonly stubs?: string;
}

export type OutputConfig = ClientOutputConfig | HandlersOutputConfig;

/** What `taskora.config.ts` exports by default. Paths are relative to the config file. */
export interface TaskoraConfig {
  /** Files that export contracts, as glob patterns. */
  readonly contracts: string | readonly string[];
  readonly outputs: readonly OutputConfig[];
  /** Where one lock file per task is kept; commit it. Default `.taskora/contracts`. */
  readonly lock?: string;
  /**
   * In which order services are deployed, for `taskora diff`. Default `"workers-first"`: a break for queued jobs
   * or for result readers is an error. `"producers-first"`: for a rolling deploy or stored results.
   * `"any-order"`: any break.
   */
  readonly policy?: DiffPolicy;
  /** How long loading all contracts may take. Default `"30s"`. */
  readonly loadTimeout?: Duration;
}

/** Returns the config as it is; gives completion and checking in `taskora.config.ts`. */
export function defineConfig(config: TaskoraConfig): TaskoraConfig {
  return config;
}
