import type { CollectedKey, CollectedQuery } from "../core/adapter.js";
import { toSnapshots } from "./read-jobs.js";
import { collectedScript } from "./scripts.generated.js";
import { clampInteger, type Session } from "./session.js";

/** As `Adapter.collected`. */
export async function readCollected(
  session: Session,
  { task, key = "", limit, jobs }: CollectedQuery,
): Promise<readonly CollectedKey[]> {
  const found = await session.runner.run(collectedScript, session.keys.root(task), [
    key,
    clampInteger(limit, 1, 1000),
    clampInteger(jobs, 0, 1000),
  ]);
  return found.map(([name, count, dueUs, firstAt, parts]) => ({
    key: String(name),
    count,
    firstAt: Number(String(firstAt)),
    dueAt: Math.floor(Number(String(dueUs)) / 1000),
    jobs: toSnapshots(task, parts).flatMap((snapshot) => snapshot ?? []),
  }));
}
