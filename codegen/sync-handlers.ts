import { readFileSync } from "node:fs";
import { join } from "node:path";
import { trueOrFalse } from "../src/core/checks.js";
import { optionSet } from "../src/core/options.js";
import type { PlannedOutput } from "./emit/emit-output.js";
import type { EmitTask } from "./emit/emitted-task.js";
import { generatedStub } from "./emit/stub.js";
import { type Finding, throwOnErrors } from "./finding.js";
import type { ChangeSummary } from "./generate.js";
import { findHandlerProblems, findHandlerUses, type HandlerUse } from "./handler-files.js";
import { pascalCase } from "./identifiers.js";
import { loadProject, PROJECT_SHAPE, type Project, type ProjectOptions } from "./load/load-project.js";
import { planProject, stateDir } from "./plan-project.js";
import { renameHandler } from "./source/rename-handler.js";
import { type Change, joinPlans, planDelete, planOnce, planText } from "./write/plan.js";
import { applyChanges, recoverWrites } from "./write/write.js";

/** Options of {@link syncHandlers}. */
export interface SyncHandlersOptions extends ProjectOptions {
  /** Work out what would be written, and write nothing. */
  readonly dryRun?: boolean | undefined;
}

const SYNC = optionSet({ ...PROJECT_SHAPE, dryRun: trueOrFalse });

/** A handler file that followed its task to a new name. */
export interface RenamedHandler {
  readonly file: string;
  /** Names of the types, without `Handler`. */
  readonly from: string;
  readonly to: string;
}

/** What {@link syncHandlers} did, or would do. Paths are absolute. */
export interface SyncHandlersResult {
  readonly changes: readonly ChangeSummary[];
  readonly renamed: readonly RenamedHandler[];
  /** Handler files whose task is gone and that follow no other. */
  readonly findings: readonly Finding[];
}

/**
 * Lets handler files follow the contracts: a renamed task's file gets the new type and name, nothing else in it is
 * touched; a new task gets its stub; a file whose task is gone is reported.
 *
 * @throws {CodegenError} when the contracts cannot be loaded
 */
export async function syncHandlers(options: SyncHandlersOptions = {}): Promise<SyncHandlersResult> {
  SYNC.read(options, "syncHandlers()");
  const project = await loadProject(options);
  const isDry = options.dryRun === true;
  if (!isDry) recoverWrites(stateDir(project));
  const { outputs, findings } = planProject(project, { overwrite: false });
  throwOnErrors(findings.filter((finding) => finding.code === "CONFIG_NO_TASKS"));
  const synced = outputs.flatMap((output) => syncOutput(output, project));
  const changes = synced.flatMap((sync) => sync.changes);
  if (!isDry) applyChanges(changes, stateDir(project));
  return {
    changes: changes.map(({ action, path }) => ({ action, path })),
    renamed: synced.flatMap((sync) => sync.renamed),
    findings: synced.flatMap((sync) => sync.findings),
  };
}

interface SyncedOutput {
  readonly changes: readonly Change[];
  readonly renamed: readonly RenamedHandler[];
  readonly findings: readonly Finding[];
}

function syncOutput(planned: PlannedOutput, project: Project): SyncedOutput[] {
  const { output, tasks } = planned;
  const { stubs, dir } = output;
  if (stubs === undefined) return [];
  const uses = findHandlerUses(stubs, dir);
  const state: HandlerState = { planned, stubs, uses, fresh: freshStubs(planned, stubs) };
  const pairs = pairRenames(state);
  const moved = new Set(pairs.map(({ use }) => use));
  const problems = findHandlerProblems({ root: project.config.root, stubs, generatedDir: dir, tasks });
  const left = uses.filter((use) => !moved.has(use));
  const orphans = problems.filter(
    ({ code, at }) =>
      code === "HANDLER_ORPHANED" &&
      left.some((use) => use.at.file === at?.file && use.at.line === at.line && use.at.column === at.column),
  );
  const renames = pairs.map((pair) => planRename(pair, state));
  const followed = new Set(pairs.map(({ task }) => task));
  const missing = tasks.filter(
    (task) => !followed.has(task) && !uses.some((use) => use.typeName === task.typeName),
  );
  const created = missing.map((task) => planOnce(stubFile(task, stubs), generatedStub(task, output)));
  return [
    {
      changes: joinPlans([...renames, ...created]).changes,
      renamed: pairs.map(({ use, task }) => ({ file: use.at.file, from: use.typeName, to: task.typeName })),
      findings: orphans,
    },
  ];
}

interface HandlerState {
  readonly planned: PlannedOutput;
  readonly stubs: string;
  readonly uses: readonly HandlerUse[];
  /** Stubs that nobody has touched since they were created: they make way for a handler that is renamed. */
  readonly fresh: ReadonlyMap<EmitTask, string>;
}

interface Rename {
  readonly use: HandlerUse;
  readonly task: EmitTask;
}

/**
 * A task that names the old one as an alias is its successor; so is the only new task for the only orphan. After a run
 * of the generator the new task has a stub already, which nobody has filled in.
 */
function pairRenames(state: HandlerState): Rename[] {
  const { tasks } = state.planned;
  const known = new Set(tasks.map((task) => task.typeName));
  const used = new Set(state.uses.map((use) => use.typeName));
  const orphans = state.uses.filter((use) => !known.has(use.typeName));
  const free = tasks.filter((task) => !used.has(task.typeName) || state.fresh.has(task));
  const missing = tasks.filter((task) => !used.has(task.typeName));
  const successors = missing.length > 0 ? missing : free;
  const byAlias = orphans.flatMap((use) => {
    const task = free.find(({ contract }) =>
      (contract.data.aliases ?? []).some((alias) => pascalCase(alias) === use.typeName),
    );
    return task === undefined ? [] : [{ use, task }];
  });
  const [orphan] = orphans;
  const [only] = successors;
  if (byAlias.length > 0 || orphan === undefined || only === undefined) return byAlias;
  const isOneToOne = successors.length === 1 && new Set(orphans.map((use) => use.typeName)).size === 1;
  return isOneToOne ? orphans.map((use) => ({ use, task: only })) : [];
}

function planRename({ use, task }: Rename, state: HandlerState): ReturnType<typeof planText> {
  const { file } = use.at;
  const text = renameHandler(file, readFileSync(file, "utf8"), {
    type: { from: `${use.typeName}Handler`, to: `${task.typeName}Handler` },
    value: task.key,
  });
  const stub = state.fresh.get(task);
  return joinPlans([planText(file, text), ...(stub === undefined ? [] : [planDelete(stub)])]);
}

function freshStubs({ output, tasks }: PlannedOutput, stubs: string): ReadonlyMap<EmitTask, string> {
  const files = new Map(findHandlerUses(stubs, output.dir).map((use) => [use.typeName, use.at.file]));
  const fresh = new Map<EmitTask, string>();
  for (const task of tasks) {
    const file = files.get(task.typeName);
    const isFresh =
      file === stubFile(task, stubs) && readFileSync(file, "utf8") === generatedStub(task, output);
    if (file !== undefined && isFresh) fresh.set(task, file);
  }
  return fresh;
}

function stubFile(task: EmitTask, stubs: string): string {
  return join(stubs, `${task.fileName}.ts`);
}
