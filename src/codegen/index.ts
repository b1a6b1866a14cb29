/**
 * The generator as a library, and `defineConfig` for `taskora.config.ts`. Loading the config needs nothing but
 * this file; the compiler is loaded when a function that needs it runs.
 */
export { codeFrame } from "../../codegen/code-frame.js";
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
export { type DiffOptions, diff } from "../../codegen/diff/diff-project.js";
export { DIFF_FORMATS, type DiffFormat, formatDiff } from "../../codegen/diff/formats/format.js";
export type { Conclusion, ConclusionKind } from "../../codegen/diff/judge/conclusion.js";
export { EDGES, type Edge, type EdgeId, type EdgeVerdicts } from "../../codegen/diff/judge/edges.js";
export type { DiffFinding } from "../../codegen/diff/judge/finding.js";
export type { DiffPolicy } from "../../codegen/diff/judge/policy.js";
export type { RolloutKind, RolloutPlan } from "../../codegen/diff/judge/rollout.js";
export { type LiveOptions, type LiveReport, type LiveTask, sampleStore } from "../../codegen/diff/live.js";
export { adviceFor, describeEdges, headline } from "../../codegen/diff/report/describe-finding.js";
export type { DiffReport, TaskReport } from "../../codegen/diff/report/report.js";
export { findRule, listRules, type NamedRule } from "../../codegen/diff/rules/explain.js";
export { RULES, type RuleId } from "../../codegen/diff/rules/rules.js";
export {
  CodegenError,
  EXIT_CODES,
  type ExitCode,
  exitCodeFor,
  FINDING_CODES,
  type Finding,
  type FindingCode,
  type SourcePosition,
} from "../../codegen/finding.js";
export {
  type ChangeSummary,
  type CheckOptions,
  type CheckResult,
  check,
  type GenerateOptions,
  type GenerateResult,
  generate,
  type TaskSummary,
} from "../../codegen/generate.js";
export type { LintOptions, LintRule, LintSeverity } from "../../codegen/lint/lint-options.js";
export { type ConfigSummary, type ProjectOptions, readConfig } from "../../codegen/load/load-project.js";
export {
  type RenamedHandler,
  type SyncHandlersOptions,
  type SyncHandlersResult,
  syncHandlers,
} from "../../codegen/sync-handlers.js";
export { type Watcher, type WatchOptions, watch } from "../../codegen/watch.js";
