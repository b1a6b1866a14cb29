/** How tasks stand, many of them in one call. */
import { FINAL_STATES, JOB_STATES, type JobState } from "../../../core/lifecycle.js";
import type { EndCounts, TaskGauges } from "../../../core/observe/gauges.js";
import { gaugesScript } from "../../scripts.generated.js";
import type { Session } from "../../session.js";
import { countJobs } from "../read-jobs.js";

/** Tasks that one script looks at: each takes some 10 µs, and nobody else is served meanwhile. */
const MOST_TASKS = 25;

/** As `ObserveStore.gauges`: a call for so many tasks of one server or slot. */
export async function readGauges(session: Session, tasks: readonly string[]): Promise<readonly TaskGauges[]> {
  const { keys, runner } = session;
  const names = new Map(tasks.map((task) => [keys.root(task), task]));
  const parts = runner.link.together([...names.keys()]).flatMap(inParts);
  const answers = await Promise.all(
    runner.link.inOneWrite(() => parts.map((roots) => runner.run(gaugesScript, roots, []))),
  );
  const found = new Map<string, Read>();
  for (const [index, [now, rows]] of answers.entries()) {
    for (const [at, root] of (parts[index] ?? []).entries())
      found.set(names.get(root) ?? "", readRow(now, rows[at] ?? []));
  }
  await recount(session, found);
  return tasks.map((task) => (found.get(task) ?? readRow(0, [])).gauges);
}

function inParts(roots: readonly string[]): (readonly string[])[] {
  const count = Math.ceil(roots.length / MOST_TASKS);
  return Array.from({ length: count }, (_, part) => roots.slice(part * MOST_TASKS, (part + 1) * MOST_TASKS));
}

interface Read {
  readonly gauges: TaskGauges;
  /** Jobs whose TTL is past are among those that wait. */
  readonly hasOverdue: boolean;
}

const NONE = -1;

function readRow(now: number, row: readonly number[]): Read {
  const counts = Object.fromEntries(JOB_STATES.map((state, at) => [state, row[at] ?? 0]));
  const [pausedAt = NONE, since = NONE, due = NONE, overdue = 0, ...past] = row.slice(JOB_STATES.length);
  const typed = counts as Record<JobState, number>;
  const out = Object.fromEntries(FINAL_STATES.map((state, at) => [state, typed[state] + (past[at] ?? 0)]));
  const ended = FINAL_STATES.reduce((sum, state) => sum + (out[state] ?? 0), 0);
  const gauges = {
    now,
    counts: typed,
    ...(pausedAt === NONE ? {} : { pausedAt }),
    ...(since === NONE ? {} : { oldestWaitingSince: since }),
    ...(due === NONE ? {} : { nextDueAt: due }),
    in: typed.waiting + typed.delayed + typed.active + typed.retrying + ended,
    out: out as EndCounts,
  };
  return { gauges, hasOverdue: overdue > 0 };
}

/** Readers see what is overdue as expired: which that is takes another look, at the few tasks that have any. */
async function recount(session: Session, found: Map<string, Read>): Promise<void> {
  const overdue = [...found].filter(([, { hasOverdue }]) => hasOverdue);
  const seen = await countJobs(
    session,
    overdue.map(([task]) => task),
  );
  for (const [index, [task, { gauges }]] of overdue.entries()) {
    const counts = Object.fromEntries(JOB_STATES.map((state) => [state, seen[index]?.[state] ?? 0]));
    found.set(task, { gauges: { ...gauges, counts: counts as TaskGauges["counts"] }, hasOverdue: false });
  }
}
