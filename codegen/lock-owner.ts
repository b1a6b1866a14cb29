import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { ContractLock } from "./lock.js";
import type { ResolvedConfig } from "./resolved-config.js";

/** Whose lock is one that names nobody: the usual config's, two folders above the usual lock folder. */
const USUAL_OWNER = "../../taskora.config.ts";

type OwnConfig = Pick<ResolvedConfig, "configFile" | "lockDir">;

/** How a config is named in its locks: its path from the lock folder; undefined for the usual one. */
export function lockOwner({ configFile, lockDir }: OwnConfig): string | undefined {
  if (configFile === undefined) return undefined;
  const path = relative(lockDir, configFile).split(sep).join("/");
  return path === USUAL_OWNER ? undefined : path;
}

/** Whether a lock is that of another config which is still there, so that this one must not take it away. */
export function isForeignLock(lock: ContractLock, config: OwnConfig): boolean {
  if (lock.config === lockOwner(config)) return false;
  return existsSync(join(config.lockDir, lock.config ?? USUAL_OWNER));
}

/** The locks that a config answers for: those of its tasks, and those of tasks that it no longer has. */
export function ownLocks(
  locks: readonly ContractLock[],
  tasks: readonly { readonly name: string }[],
  config: OwnConfig,
): readonly ContractLock[] {
  const names = new Set(tasks.map(({ name }) => name));
  return locks.filter((lock) => names.has(lock.name) || !isForeignLock(lock, config));
}
