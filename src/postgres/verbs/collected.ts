/** Jobs that wait for their batch, read without changing anything. */
import type { CollectedKey, CollectedQuery } from "../../core/collected.js";
import { type Collecting, joinBatch, newCollecting } from "../../core/limits/collecting.js";
import { snapshotOf } from "../../core/stored-job.js";
import { toJob } from "../codec/job-row.js";
import { fromLimitsText, fromName, toName } from "../codec/stored-limits.js";
import { answerOf } from "../connection/database.js";
import type { Session } from "../session.js";

interface Place {
  readonly id: string;
  readonly rank: number;
  readonly place: number;
}

/** What `collected` answers. */
interface Collected {
  readonly keys: readonly {
    readonly key: string;
    readonly firstAt: number;
    readonly dueAt: number;
    readonly count: number;
    readonly jobs: readonly Place[];
  }[];
  /** Jobs that the next round puts into their batches, in the order in which it does. */
  readonly came: readonly (Place & {
    readonly key: string;
    readonly cameAt: number;
    readonly attempt: number;
    readonly limits: string;
  })[];
}

interface Batch {
  state: Collecting;
  count: number;
  readonly jobs: Place[];
}

export async function readCollected(
  session: Session,
  { task, key, limit, jobs }: CollectedQuery,
): Promise<readonly CollectedKey[]> {
  const answer = await answerOf<Collected>(session.database, "select @@collected($1, $2, $3, $4)", [
    ...[task, key === undefined ? null : toName(key), limit, jobs],
  ]);
  const batches = [...batchesOf(answer)].slice(0, limit);
  const ids = batches.flatMap(([, batch]) => inOrder(batch).slice(0, jobs));
  const rows = await session.database.rows("select * from @@read($1, $2)", [
    ids.map(() => task),
    ids.map(({ id }) => id),
  ]);
  const found = new Map(rows.map((row) => [String(row.id), snapshotOf(task, toJob(row))]));
  return batches.map(([name, batch]) => ({
    key: fromName(name),
    count: batch.count,
    firstAt: batch.state.firstAt,
    dueAt: batch.state.dueAt,
    jobs: inOrder(batch)
      .slice(0, jobs)
      .flatMap(({ id }) => found.get(id) ?? []),
  }));
}

function batchesOf({ keys, came }: Collected): ReadonlyMap<string, Batch> {
  const batches = new Map<string, Batch>();
  for (const { key, firstAt, dueAt, count, jobs } of keys)
    batches.set(key, { state: { firstAt, dueAt, isReady: false }, count, jobs: [...jobs] });
  for (const { key, cameAt, attempt, limits, ...job } of came) {
    const { collect } = fromLimitsText(limits);
    if (collect === undefined) continue;
    const batch = batches.get(key) ?? { state: newCollecting(cameAt), count: 0, jobs: [] };
    batches.set(key, batch);
    batch.count += 1;
    const isGivenBack = job.place < 0 || attempt > 0;
    batch.state = joinBatch(batch.state, { collect, size: batch.count, isGivenBack, now: cameAt });
    batch.jobs.push(job);
  }
  return batches;
}

function inOrder({ jobs }: Batch): readonly Place[] {
  return [...jobs].sort((a, b) => a.rank - b.rank || a.place - b.place);
}
