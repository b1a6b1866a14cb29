/**
 * What `taskora.config.ts` is written with, and what reads it. Importing it loads nothing: the loader, with the compiler
 * and tsx, is loaded when `readConfig` runs.
 */
export {
  type ClientOutputConfig,
  type DocumentOutputConfig,
  defineConfig,
  type HandlersOutputConfig,
  type ImportExtension,
  type ModuleFormat,
  type OutputConfig,
  type PackageOutputConfig,
  type StoreConfig,
  type TaskoraConfig,
} from "../../codegen/config.js";
export type { DiffPolicy } from "../../codegen/diff/judge/policy.js";
export type { LintOptions, LintRule, LintSeverity } from "../../codegen/lint/lint-options.js";
export type { ConfigSummary, ProjectOptions } from "../../codegen/load/load-project.js";
export { readConfig } from "../../codegen/read-config.js";
