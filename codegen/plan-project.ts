import { dirname, join, relative } from "node:path";
import { emitOutput, type PlannedOutput } from "./emit/emit-output.js";
import { toEmitTask } from "./emit/emit-task.js";
import type { EmitTask } from "./emit/emitted-task.js";
import { missingValidators } from "./emit/missing-validators.js";
import { generatedStub } from "./emit/stub.js";
import { errorFinding, type Finding } from "./finding.js";
import { findHandlerUses } from "./handler-files.js";
import type { Project } from "./load/load-project.js";
import { planLocks, readLockFolder, recordedVersions } from "./plan-locks.js";
import type { ResolvedConfig } from "./resolved-config.js";
import { selectTasks, unmatchedPatterns } from "./select-tasks.js";
import { joinPlans, type Plan, planFolder, planOnce } from "./write/plan.js";

/** Everything a run would do. */
export interface ProjectPlan extends Plan {
  readonly tasks: readonly EmitTask[];
  /** The outputs with the tasks they hold. */
  readonly outputs: readonly PlannedOutput[];
  /** Handler files that would be created. */
  readonly newHandlers: readonly string[];
}

export type { PlannedOutput } from "./emit/emit-output.js";

/** Where the journal of a run that writes is kept. */
export function stateDir(project: Project): string {
  return join(dirname(project.config.lockDir), "pending");
}

/** Works out every change to the disk. Nothing is written. */
export function planProject(project: Project, options: { readonly overwrite: boolean }): ProjectPlan {
  const { config, contracts } = project;
  const tasks = contracts.map((contract) => toEmitTask(contract, config.root));
  const locks = readLockFolder(config.lockDir);
  const older = new Map(tasks.map((task) => [task, recordedVersions(task.contract, locks)]));
  const olderOf = (task: EmitTask) => older.get(task) ?? [];
  const byName = new Map(tasks.map((task) => [task.contract.data.name, task]));
  const findings: Finding[] = [];
  const outputs = config.outputs.map((output) => {
    findings.push(...unmatchedPatterns(config, output, contracts));
    const selected = selectTasks(contracts, output.tasks);
    return { output, olderOf, tasks: selected.flatMap(({ data }) => byName.get(data.name) ?? []) };
  });
  const folders = outputs.map((planned) => planOutput(planned, { ...options, config }));
  const stubs = outputs.map(planStubs);
  const lockPlan = planLocks(tasks, { config, locks, olderOf });
  const plan = joinPlans([...folders, ...stubs, lockPlan]);
  const newHandlers = stubs.flatMap((stub) => stub.changes.map((change) => change.path));
  return { ...plan, findings: [...findings, ...plan.findings], tasks, outputs, newHandlers };
}

function planOutput(
  planned: PlannedOutput,
  { overwrite, config }: { readonly overwrite: boolean; readonly config: ResolvedConfig },
): Plan {
  const { dir, adopt } = planned.output;
  const unspeakable = unspeakableImports(planned);
  if (unspeakable.length > 0) return { changes: [], unchanged: 0, findings: unspeakable };
  const { configFile } = config;
  const plan = planFolder({ dir, configFile, files: emitOutput(planned), adopt, overwrite });
  return { ...plan, findings: [...plan.findings, ...missingValidators(planned)] };
}

/** In an import these characters begin a query or an escape for Node, and stand for themselves for TypeScript. */
const UNSPEAKABLE = /[#%?]/;

/** Contracts that generated worker code could not import by their path. */
function unspeakableImports({ output, tasks }: PlannedOutput): readonly Finding[] {
  if (output.kind !== "handlers") return [];
  return tasks.flatMap(({ contract }) => {
    const path = relative(output.dir, contract.source.file);
    const [character] = UNSPEAKABLE.exec(path) ?? [];
    if (character === undefined) return [];
    return errorFinding("CONTRACT_PATH", {
      task: contract.data.name,
      message: `Generated code imports the contract by its path (${path}), and "${character}" in an import means something else to Node than to TypeScript.`,
      hint: `Rename the file or folder so that its name has none of # % ?, and run taskora generate again.`,
      at: contract.definedAt,
    });
  });
}

/** A task gets a handler file only while no file in the folder handles it, under whatever name. */
function planStubs({ output, tasks }: PlannedOutput): Plan {
  const { stubs } = output;
  if (stubs === undefined) return joinPlans([]);
  const used = new Set(findHandlerUses(stubs, output.dir).map((use) => use.typeName));
  const missing = tasks.filter((task) => !used.has(task.typeName));
  return joinPlans(
    missing.map((task) => planOnce(join(stubs, `${task.fileName}.ts`), generatedStub(task, output))),
  );
}
