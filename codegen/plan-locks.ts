import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EmitTask } from "./emit/emitted-task.js";
import { errorFinding, type Finding } from "./finding.js";
import type { ProjectContract } from "./load/load-project.js";
import { type LockReading, type OlderContract, olderVersions, parseLock, printLock } from "./lock.js";
import { isForeignLock, lockOwner } from "./lock-owner.js";
import type { ResolvedConfig } from "./resolved-config.js";
import { joinPlans, type Plan, planDelete, planText } from "./write/plan.js";

/** A version that was replaced, as the lock remembers it. */
export type OlderVersion = OlderContract & { readonly version: number };

/** The lock files of a project as they are on disk: name of the file → its text and what it says. */
export type LockFolder = ReadonlyMap<string, { readonly text: string; readonly reading: LockReading }>;

/** Reads every lock file of a folder. */
export function readLockFolder(lockDir: string): LockFolder {
  return new Map(
    lockFiles(lockDir).map((name) => {
      const text = readFileSync(join(lockDir, name), "utf8");
      return [name, { text, reading: parseLock(text) }];
    }),
  );
}

/**
 * The versions of a contract before this one that workers still accept, oldest first. A task that was renamed has
 * those of its former name.
 */
export function recordedVersions({ data }: ProjectContract, locks: LockFolder): readonly OlderVersion[] {
  for (const name of [data.name, ...(data.aliases ?? [])]) {
    const reading = locks.get(`${name}.json`)?.reading;
    if (reading?.status === "ok") return olderVersions(reading.lock, data);
  }
  return [];
}

/** What {@link planLocks} works with. */
export interface LockPlanning {
  readonly config: ResolvedConfig;
  readonly locks: LockFolder;
  readonly olderOf: (task: EmitTask) => readonly OlderVersion[];
}

/** Plans one lock file per task, and the removal of locks whose task is gone; those of another config stay. */
export function planLocks(tasks: readonly EmitTask[], { config, locks, olderOf }: LockPlanning): Plan {
  const { lockDir } = config;
  const wanted = new Map(
    tasks.map((task) => {
      const name = `${task.contract.data.name}.json`;
      const reading = locks.get(name)?.reading;
      const isShared = reading?.status === "ok" && isForeignLock(reading.lock, config);
      const owner = isShared ? reading.lock.config : lockOwner(config);
      return [name, lockText(task.contract, olderOf(task), owner)];
    }),
  );
  const findings: Finding[] = [];
  const plans: Plan[] = [];
  for (const [name, { text, reading }] of locks) {
    const file = join(lockDir, name);
    if (text === wanted.get(name)) continue;
    if (reading.status === "conflict") findings.push(conflict(file, reading));
    else if (reading.status === "newer") findings.push(newer(file, reading.message));
    else if (!wanted.has(name) && reading.status === "ok" && !isForeignLock(reading.lock, config))
      plans.push(planDelete(file));
  }
  for (const [name, text] of wanted) plans.push(planText(join(lockDir, name), text));
  const plan = joinPlans(plans);
  return { ...plan, findings: [...plan.findings, ...findings] };
}

const lockTexts = new WeakMap<ProjectContract, string>();

/** Printing is remembered for the many contracts that never had another version. */
function lockText(
  contract: ProjectContract,
  versions: readonly OlderVersion[],
  config: string | undefined,
): string {
  const { zodVersion } = contract;
  if (versions.length > 0 || config !== undefined) {
    const older = Object.fromEntries(versions.map(({ version, ...rest }) => [version, rest]));
    return printLock({ ...contract.data }, { zodVersion, older, config });
  }
  const text = lockTexts.get(contract) ?? printLock({ ...contract.data }, { zodVersion });
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
