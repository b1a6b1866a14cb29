/**
 * The generator for programs: build scripts, plugins of bundlers, checks of a repository. What `taskora.config.ts` is
 * written with is in `taskora/config`.
 */
export { type DiffOptions, diff } from "../../codegen/diff/diff-project.js";
export { type DiffFormat, formatDiff } from "../../codegen/diff/formats/format.js";
export type { Conclusion, ConclusionKind } from "../../codegen/diff/judge/conclusion.js";
export type { EdgeId, EdgeVerdicts } from "../../codegen/diff/judge/edges.js";
export type { DiffFinding } from "../../codegen/diff/judge/finding.js";
export type { RolloutKind, RolloutPlan } from "../../codegen/diff/judge/rollout.js";
export { type LiveOptions, type LiveReport, type LiveTask, sampleStore } from "../../codegen/diff/live.js";
export type { DiffReport, TaskReport } from "../../codegen/diff/report/report.js";
export type { RuleId } from "../../codegen/diff/rules/rules.js";
export { CodegenError, type Finding, type FindingCode, type SourcePosition } from "../../codegen/finding.js";
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
export {
  type RenamedHandler,
  type SyncHandlersOptions,
  type SyncHandlersResult,
  syncHandlers,
} from "../../codegen/sync-handlers.js";
export { type Watcher, type WatchOptions, watch } from "../../codegen/watch.js";
