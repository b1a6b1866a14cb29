import type { Duration } from "../src/core/duration.js";
import type { DiffPolicy } from "./diff/judge/policy.js";
import type { LintOptions } from "./lint/lint-options.js";

/** How relative imports in generated files end. */
export type ImportExtension = "auto" | ".js" | ".ts" | "none";

interface OutputOptions {
  /** The folder the generator owns, relative to the config file. Every file in it is the generator's. */
  readonly dir: string;
  /** Names or patterns such as `"email.*"` (`*` is any text). Default: all tasks. */
  readonly tasks?: readonly string[] | undefined;
  /** Default `"auto"`: what the nearest tsconfig.json of `dir` asks for. */
  readonly importExtension?: ImportExtension | undefined;
  /** Take over a folder that already holds files. Default `false`: such a folder is refused. */
  readonly adopt?: boolean | undefined;
}

interface CodeOptions {
  /**
   * Print validators as code, one module per task: 3 to 10 times faster than a schema library. Default `true`.
   * Said outright, a task without one is reported with the reason. `false`: schemas travel as data.
   */
  readonly validators?: boolean | undefined;
  /**
   * The names of its tasks complete wherever a name is written, as in `app.tasks.get("…")`, and type data and results there, in
   * every program that imports the output. Default `false`.
   */
  readonly register?: boolean | undefined;
}

/** A typed client for producers: needs neither the contracts nor zod. */
export interface ClientOutputConfig extends OutputOptions, CodeOptions {
  readonly kind: "client";
  /** `"js"`: JavaScript, declarations, and maps that lead an editor to the contract. Default `"ts"`. */
  readonly target?: "ts" | "js" | undefined;
  /** The module format of `target: "js"`. Default `"auto"`: what the nearest package.json of `dir` says. */
  readonly format?: ModuleFormat | undefined;
}

/** Which module system generated JavaScript uses. */
export type ModuleFormat = "auto" | "esm" | "cjs";

/** Handler types and the registry for a worker. */
export interface HandlersOutputConfig extends OutputOptions, CodeOptions {
  readonly kind: "handlers";
  /** Where a handler file per task is created once; it is yours from then on. Default: none are created. */
  readonly stubs?: string | undefined;
}

/** A client as a package of its own, for services in other repositories. */
export interface PackageOutputConfig extends Omit<OutputOptions, "importExtension">, CodeOptions {
  readonly kind: "package";
  /** The package's name, such as `"@acme/tasks"`. */
  readonly name: string;
  /** Default `"0.0.0"`: the release sets it. */
  readonly version?: string | undefined;
  /** Default `"both"`: what `import` and `require` ask for. One alone is smaller. */
  readonly format?: PackageFormat | undefined;
}

/** Which module systems a client package serves. */
export type PackageFormat = "both" | "esm" | "cjs";

/** Documents made from the contracts: JSON Schema 2020-12 files, AsyncAPI 3.0, or a reference in Markdown. */
export interface DocumentOutputConfig extends Omit<OutputOptions, "importExtension"> {
  readonly kind: "json-schema" | "asyncapi" | "markdown";
  /** Title of the document. Default `"Tasks"`. */
  readonly title?: string | undefined;
  /** Version of the document. Default `"1.0.0"`. */
  readonly version?: string | undefined;
}

export type OutputConfig =
  | ClientOutputConfig
  | HandlersOutputConfig
  | PackageOutputConfig
  | DocumentOutputConfig;

/** A store and where in it the jobs are. */
export interface StoreConfig {
  /**
   * `redis://…`, `rediss://…`, nodes of a cluster with commas between; `postgres://…`; or a folder of PGlite, as `pglite:./data`.
   */
  readonly url: string;
  /** The prefix of the keys, or the schema in PostgreSQL, as the app's adapter has it. Default `"taskora"`. */
  readonly prefix?: string | undefined;
}

/** What `taskora.config.ts` exports by default. Paths are relative to the config file. */
export interface TaskoraConfig {
  /** Files that export contracts, as glob patterns. */
  readonly contracts: string | readonly string[];
  /** What is generated: each has a `kind`, and folders of its own. */
  readonly outputs: readonly OutputConfig[];
  /** Where one lock file per task is kept; commit it. Default `.taskora/contracts`. */
  readonly lock?: string | undefined;
  /**
   * In which order services are deployed, for `taskora diff`. Default `"workers-first"`: a break for queued jobs
   * or for readers of results or messages is an error. `"producers-first"`: for a rolling deploy, stored results or messages.
   * `"any-order"`: any break.
   */
  readonly policy?: DiffPolicy | undefined;
  /**
   * Rules of `taskora check` about contracts: `"error"` (the default of `strict-object` and `catch`), `"warning"` (of
   * `loose-object`, `coerce` and `any`) or `"off"`.
   */
  readonly lint?: LintOptions | undefined;
  /**
   * The store that commands look at: a url as of {@link StoreConfig}, or one with the prefix of the keys. `--store` and
   * `TASKORA_STORE` win over it. Default: none. Keep passwords out of the file: `process.env.REDIS_URL`.
   */
  readonly store?: string | StoreConfig | undefined;
  /** How long loading all contracts may take. Default `"30s"`. */
  readonly loadTimeout?: Duration | undefined;
}

/** Returns the config as it is; gives completion and checking in `taskora.config.ts`. */
export function defineConfig(config: TaskoraConfig): TaskoraConfig {
  return config;
}
