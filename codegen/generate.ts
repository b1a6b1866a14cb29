import { relative } from "node:path";
import { trueOrFalse } from "../src/core/checks.js";
import { optionSet } from "../src/core/options.js";
import type { EmitTask } from "./emit/emitted-task.js";
import { CodegenError, errorFinding, type Finding, throwOnErrors } from "./finding.js";
import { findHandlerProblems } from "./handler-files.js";
import { leftFolders } from "./left-folders.js";
import { lintContracts } from "./lint/lint-contracts.js";
import { loadProject, PROJECT_SHAPE, type Project, type ProjectOptions } from "./load/load-project.js";
import type { Incremental } from "./load/project-memory.js";
import { type ProjectPlan, planProject, stateDir } from "./plan-project.js";
import type { Change } from "./write/plan.js";
import { applyChanges, recoverWrites } from "./write/write.js";

/** Options of {@link generate}. */
export interface GenerateOptions extends ProjectOptions {
  /** Work out what would be written, and write nothing. */
  readonly dryRun?: boolean | undefined;
  /** Overwrite generated files that were edited by hand. Default `false`: they stop the run. */
  readonly overwrite?: boolean | undefined;
}

/** How {@link GenerateOptions} are read. */
export const GENERATE_SHAPE = { ...PROJECT_SHAPE, dryRun: trueOrFalse, overwrite: trueOrFalse };

const GENERATE = optionSet(GENERATE_SHAPE);
const CHECK = optionSet(PROJECT_SHAPE);

/** A task as results list it. */
export interface TaskSummary {
  /** As the contract has it. */
  readonly name: string;
  /** As the contract has it, from 1. */
  readonly version: number;
  /** 12 hexadecimal digits that change when what travels changes. */
  readonly fingerprint: string;
}

/** A change to the disk; the path is absolute. */
export interface ChangeSummary {
  /** What was done to the file, or would be in a check. */
  readonly action: "create" | "update" | "delete";
  /** Relative to the project. */
  readonly path: string;
}

/** What a watcher looks at. */
export interface WatchedPaths {
  readonly root: string;
  /** The config's patterns for contract files, relative to `root`. */
  readonly patterns: readonly string[];
  /** Output folders: changes in them are the generator's own. */
  readonly ignored: readonly string[];
}

/** What a run of the generator did, or would do. Paths are absolute. */
export interface GenerateResult {
  readonly tasks: readonly TaskSummary[];
  readonly changes: readonly ChangeSummary[];
  /** Files that already are as they should be. */
  readonly unchanged: number;
  /** Handler files that were created now and want to be filled in. */
  readonly newHandlers: readonly string[];
  readonly warnings: readonly Finding[];
  /** The config and the contract files. */
  readonly inputs: readonly string[];
  /** Patterns of the config, and the folder they are relative to. */
  readonly watched: WatchedPaths;
}

/**
 * Compiles the contracts of a project and writes what changed; running it twice writes nothing.
 *
 * @throws {CodegenError} with every finding; nothing was written then
 */
export async function generate(options: GenerateOptions = {}): Promise<GenerateResult> {
  GENERATE.read(options, "generate()");
  const project = await loadProject(options);
  const result = writeProject(project, options);
  return { ...result, warnings: [...result.warnings, ...leftFolders(project.config)] };
}

/**
 * {@link generate}, starting from what the last run knew.
 *
 * @throws {CodegenError} with every finding; nothing was written then
 */
export async function generateAgain(
  options: GenerateOptions,
  incremental: Incremental,
): Promise<GenerateResult> {
  return writeProject(await loadProject(options, incremental), options);
}

function writeProject(project: Project, options: GenerateOptions): GenerateResult {
  const isDry = options.dryRun === true;
  if (!isDry) recoverWrites(stateDir(project));
  const plan = planProject(project, { overwrite: options.overwrite === true });
  throwOnErrors(plan.findings);
  if (!isDry) applyChanges(plan.changes, stateDir(project));
  return {
    tasks: plan.tasks.map(summarize),
    changes: plan.changes.map(toSummary),
    unchanged: plan.unchanged,
    newHandlers: plan.newHandlers,
    warnings: [...project.warnings, ...plan.findings],
    inputs: inputFiles(project),
    watched: {
      root: project.config.root,
      patterns: project.config.contracts,
      ignored: project.config.outputs.map((output) => output.dir),
    },
  };
}

/** Options of {@link check}. */
export type CheckOptions = ProjectOptions;

/** What {@link check} found. No errors among the findings: everything is up to date. */
export interface CheckResult {
  readonly tasks: readonly TaskSummary[];
  /** What a run of the generator would do to files it has written before. */
  readonly stale: readonly ChangeSummary[];
  /** Empty: everything is up to date and sound. */
  readonly findings: readonly Finding[];
}

/** Says what {@link generate} would change, which handlers are missing or orphaned, and what the lint rules find. */
export async function check(options: CheckOptions = {}): Promise<CheckResult> {
  CHECK.read(options, "check()");
  try {
    const project = await loadProject(options);
    const plan = planProject(project, { overwrite: false });
    const handlers = new Set(plan.newHandlers);
    const stale = plan.changes.filter((change) => !handlers.has(change.path));
    const findings = [
      ...project.warnings,
      ...plan.findings,
      ...lintContracts(project.contracts, project.config.lint),
      ...staleFindings(stale, project.config.root),
      ...handlerFindings(project, plan),
      ...leftFolders(project.config),
    ];
    return { tasks: plan.tasks.map(summarize), stale: stale.map(toSummary), findings };
  } catch (error) {
    if (error instanceof CodegenError) return { tasks: [], stale: [], findings: error.findings };
    throw error;
  }
}

/** One finding for all stale files: they have one cause and one cure. */
function staleFindings(stale: readonly Change[], root: string): Finding[] {
  if (stale.length === 0) return [];
  const lines = stale.map(({ action, path }) => `${STALE_TEXT[action]} ${relative(root, path)}`);
  return [
    errorFinding("OUTPUT_STALE", {
      message: `${stale.length} generated files differ from what the contracts give now.`,
      hint: "Run taskora generate and commit what it writes.",
      details: lines.join("\n"),
    }),
  ];
}

const STALE_TEXT: Record<Change["action"], string> = {
  create: "missing",
  update: "stale  ",
  delete: "left   ",
};

function handlerFindings(project: Project, plan: ProjectPlan): Finding[] {
  return plan.outputs.flatMap(({ output, tasks }) => {
    const { stubs, dir } = output;
    if (stubs === undefined) return [];
    return findHandlerProblems({ root: project.config.root, stubs, generatedDir: dir, tasks });
  });
}

function toSummary({ action, path }: Change): ChangeSummary {
  return { action, path };
}

function summarize(task: EmitTask): TaskSummary {
  const { name, version } = task.contract.data;
  return { name, version, fingerprint: task.fingerprint };
}

function inputFiles(project: Project): string[] {
  const { configFile } = project.config;
  return [...(configFile === undefined ? [] : [configFile]), ...project.contractFiles];
}
