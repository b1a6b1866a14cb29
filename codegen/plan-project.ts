import { dirname, join } from "node:path";
import { emitOutput, type PlannedOutput } from "./emit/emit-output.js";
import { type EmitTask, toEmitTask } from "./emit/emit-task.js";
import { missingValidators } from "./emit/missing-validators.js";
import { generatedStub } from "./emit/stub.js";
import type { Finding } from "./finding.js";
import { findHandlerUses } from "./handler-files.js";
import type { Project } from "./load/load-project.js";
import { planLocks, readLockFolder, recordedVersions } from "./plan-locks.js";
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
  const folders = outputs.map((planned) => planOutput(planned, options));
  const stubs = outputs.map(planStubs);
  const lockPlan = planLocks(tasks, { lockDir: config.lockDir, locks, olderOf });
  const plan = joinPlans([...folders, ...stubs, lockPlan]);
  const newHandlers = stubs.flatMap((stub) => stub.changes.map((change) => change.path));
  return { ...plan, findings: [...findings, ...plan.findings], tasks, outputs, newHandlers };
}

function planOutput(planned: PlannedOutput, options: { readonly overwrite: boolean }): Plan {
  const { output } = planned;
  const files = emitOutput(planned);
  const plan = planFolder({ dir: output.dir, files, adopt: output.adopt, overwrite: options.overwrite });
  return { ...plan, findings: [...plan.findings, ...missingValidators(planned)] };
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
