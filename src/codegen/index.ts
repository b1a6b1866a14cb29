/**
 * The generator as a library, and `defineConfig` for `taskora.config.ts`. Loading the config needs nothing but
 * this file; the compiler is loaded when a function that needs it runs.
 */
export { codeFrame } from "../../codegen/code-frame.js";
export {
  type ClientOutputConfig,
  defineConfig,
  type HandlersOutputConfig,
  type ImportExtension,
  type OutputConfig,
  type TaskoraConfig,
} from "../../codegen/config.js";
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
export type { ProjectOptions } from "../../codegen/load/load-project.js";
export { type Watcher, type WatchOptions, watch } from "../../codegen/watch.js";
