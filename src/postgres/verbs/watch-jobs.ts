/** Who wants to know how jobs end. */
import type { WatchReply } from "../../core/adapter.js";
import type { JobRef } from "../../core/job.js";
import { isFinalState } from "../../core/lifecycle.js";
import { isOverdue, outcomeOf } from "../../core/stored-job.js";
import { isText } from "../codec/encoded.js";
import { type JobRow, toJob } from "../codec/job-row.js";
import { perTask, type Session } from "../session.js";

export async function watchJobs(session: Session, refs: readonly JobRef[]): Promise<readonly WatchReply[]> {
  await session.mailbox.register();
  return perTask(refs, async (task, some) => {
    const ids = [...new Set(some.map(({ id }) => id).filter(isText))].sort();
    const rows = await session.database.rows("select * from @@watch($1, $2, $3)", [
      task,
      ids,
      session.instance,
    ]);
    const found = new Map(rows.map((row) => [String(row.id), { job: toJob(row), now: Number(row.present) }]));
    return some.map(({ id }) => replyOf(found.get(id)));
  });
}

function replyOf(found: { readonly job: JobRow; readonly now: number } | undefined): WatchReply {
  if (found === undefined) return { status: "missing" };
  const { job, now } = found;
  const state = isOverdue(job, now) ? "expired" : job.state;
  if (!isFinalState(state)) return { status: "watching" };
  return { status: "final", outcome: outcomeOf(job.task, job, state) };
}
