import type { ImportExtension, ModuleFormat, OutputConfig, PackageFormat } from "./config.js";
import type { DiffPolicy } from "./diff/judge/policy.js";
import type { LintOptions } from "./lint/lint-options.js";

/** An output of the config with absolute paths and every default filled in. */
export interface ResolvedOutput {
  readonly kind: OutputConfig["kind"];
  readonly dir: string;
  readonly tasks: readonly string[];
  readonly importExtension: ImportExtension;
  readonly adopt: boolean;
  readonly stubs: string | undefined;
  readonly target: "ts" | "js";
  readonly format: ModuleFormat;
  readonly packageFormat: PackageFormat;
  /** `auto`: printed where they can be; `on`: said outright, so that a missing one is reported. */
  readonly validators: "auto" | "on" | "off";
  /** Whether its tasks are declared in `Register` of taskora. */
  readonly register: boolean;
  /** Name of the package, or title of the document. */
  readonly title: string | undefined;
  readonly version: string | undefined;
}

/** The config with absolute paths and every default filled in. */
export interface ResolvedConfig {
  /** Folder of the config file; all paths of the config are relative to it. */
  readonly root: string;
  readonly configFile: string | undefined;
  readonly contracts: readonly string[];
  readonly outputs: readonly ResolvedOutput[];
  readonly lockDir: string;
  readonly policy: DiffPolicy;
  readonly lint: LintOptions;
  readonly store: { readonly url: string; readonly prefix?: string } | undefined;
  readonly loadTimeoutMs: number;
}

export const DEFAULT_LOAD_TIMEOUT_MS = 30_000;
