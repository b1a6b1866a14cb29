import type { CollectedKey, CollectedQuery } from "../../core/adapter.js";
import { collectedScript } from "../scripts.generated.js";
import { clampInteger, type Session } from "../session.js";
import { toSnapshots } from "./read-jobs.js";

const MOST_KEYS = 1000;
const MOST_JOBS = 1000;

/** As `Adapter.collected`. The jobs of each key are read by a call of their own. */
export async function readCollected(
  session: Session,
  { task, key, limit, jobs }: CollectedQuery,
): Promise<readonly CollectedKey[]> {
  const count = clampInteger(jobs, 0, MOST_JOBS);
  if (key !== undefined) return (await readPage(session, task, { key, jobs: count })).found;
  const keys = await readKeys(session, task, clampInteger(limit, 1, MOST_KEYS));
  if (count === 0) return keys;
  const calls = session.runner.link.inOneWrite(() =>
    keys.map((each) => readPage(session, task, { key: each.key, jobs: count })),
  );
  return (await Promise.all(calls)).flatMap(({ found }) => found);
}

/** Keys without their jobs. */
async function readKeys(session: Session, task: string, limit: number): Promise<readonly CollectedKey[]> {
  const keys = new Map<string, CollectedKey>();
  let cursor = "0";
  do {
    const page = await readPage(session, task, { cursor, jobs: 0 });
    for (const each of page.found) keys.set(each.key, each);
    cursor = page.cursor;
  } while (cursor !== "0" && keys.size < limit);
  return [...keys.values()].slice(0, limit);
}

async function readPage(
  session: Session,
  task: string,
  of: { readonly key?: string; readonly cursor?: string; readonly jobs: number },
): Promise<{ readonly cursor: string; readonly found: readonly CollectedKey[] }> {
  const root = session.keys.root(task);
  const [cursor, rows] = await session.runner.run(collectedScript, root, [
    of.key ?? "",
    of.cursor ?? "0",
    of.jobs,
  ]);
  const found = rows.map(([name, count, dueUs, firstAt, parts]) => ({
    key: String(name),
    count,
    firstAt: Number(String(firstAt)),
    dueAt: Math.floor(Number(String(dueUs)) / 1000),
    jobs: toSnapshots(task, parts).flatMap((snapshot) => snapshot ?? []),
  }));
  return { cursor: String(cursor), found };
}
