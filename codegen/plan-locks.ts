import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EmitTask } from "./emit/emit-task.js";
import { errorFinding, type Finding } from "./finding.js";
import type { ProjectContract } from "./load/load-project.js";
import { parseLock, printLock } from "./lock.js";
import { joinPlans, type Plan, planDelete, planText } from "./write/plan.js";

/** Plans one lock file per task, and the removal of locks whose task is gone. */
export function planLocks(tasks: readonly EmitTask[], lockDir: string): Plan {
  const wanted = new Map(tasks.map(({ contract }) => [`${contract.data.name}.json`, lockText(contract)]));
  const findings: Finding[] = [];
  const plans: Plan[] = [];
  for (const name of lockFiles(lockDir)) {
    const file = join(lockDir, name);
    const text = readFileSync(file, "utf8");
    if (text === wanted.get(name)) continue;
    const reading = parseLock(text);
    if (reading.status === "conflict") findings.push(conflict(file, reading));
    else if (reading.status === "newer") findings.push(newer(file, reading.message));
    else if (!wanted.has(name) && reading.status === "ok") plans.push(planDelete(file));
  }
  for (const [name, text] of wanted) plans.push(planText(join(lockDir, name), text));
  const plan = joinPlans(plans);
  return { ...plan, findings: [...plan.findings, ...findings] };
}

const lockTexts = new WeakMap<ProjectContract, string>();

function lockText(contract: ProjectContract): string {
  const text = lockTexts.get(contract) ?? printLock({ ...contract.data }, contract.zodVersion);
  lockTexts.set(contract, text);
  return text;
}

function lockFiles(dir: string): string[] {
  return existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith(".json"))
        .sort()
    : [];
}

function conflict(file: string, reading: { readonly line: number; readonly message: string }): Finding {
  return errorFinding("LOCK_CONFLICT", {
    message: `A lock file cannot be used. ${reading.message}`,
    hint: "Settle the contract first; then take either side of the lock (git checkout --ours) and run taskora generate.",
    at: { file, line: reading.line, column: 1 },
  });
}

function newer(file: string, message: string): Finding {
  return errorFinding("LOCK_CORRUPT", {
    message: `A lock file cannot be used. ${message}`,
    hint: "Update taskora, or restore the lock from version control.",
    at: { file, line: 1, column: 1 },
  });
}
