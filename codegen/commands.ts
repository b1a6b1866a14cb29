/** What the commands of the command line need of the generator. They load it when they run, in one piece. */
export { codeFrame } from "./code-frame.js";
export { type DiffOptions, diff } from "./diff/diff-project.js";
export { DIFF_FORMATS, type DiffFormat, formatDiff } from "./diff/formats/format.js";
export type { DiffFinding } from "./diff/judge/finding.js";
export { type LiveReport, type LiveSource, type LiveTask, sampleStore } from "./diff/live.js";
export { adviceFor, describeEdges, headline } from "./diff/report/describe-finding.js";
export type { DiffReport, TaskReport } from "./diff/report/report.js";
export { findRule, listRules, type NamedRule } from "./diff/rules/explain.js";
export {
  CodegenError,
  EXIT_CODES,
  exitCodeFor,
  type Finding,
  type FindingCode,
  type SourcePosition,
} from "./finding.js";
export { type CheckResult, check, type GenerateOptions, type GenerateResult, generate } from "./generate.js";
export { type ConfigSummary, loadConfig, type ProjectOptions } from "./load/load-project.js";
export { type SyncHandlersResult, syncHandlers } from "./sync-handlers.js";
export { watch } from "./watch.js";
