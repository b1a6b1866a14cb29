/** Goes through the jobs of many tasks and states as through one list. */
import type { Adapter } from "../../core/adapter.js";
import { OptionError } from "../../core/errors.js";
import type { JobState } from "../../core/lifecycle.js";
import { describe } from "../../core/options.js";
import type { Serializer } from "../../core/serializer.js";
import { decodeJob, type Job } from "./job.js";
import { type Page, pageOf } from "./page.js";

/** What a walk needs from its app. */
export interface JobWalkHost {
  readonly adapter: Adapter;
  readonly serializer: Serializer;
}

/** Which jobs, and how many at most. */
export interface JobWalkQuery {
  readonly tasks: readonly string[];
  readonly states: readonly JobState[];
  readonly where?: ((job: Job) => boolean) | undefined;
  /** Of failed and cancelled jobs. */
  readonly order?: "oldest" | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Jobs that one page may look at while nothing fits. */
const MOST_LOOKED_AT = 10_000;

interface Stop {
  readonly task: string;
  readonly state: JobState;
}

/**
 * One page: task by task, state by state, each in the order of its state. A page with a filter may be short although more
 * follow, when a long stretch has nothing that fits.
 */
export async function walkJobs(host: JobWalkHost, query: JobWalkQuery): Promise<Page<Job>> {
  const { where = () => true, limit } = query;
  const stops = [...query.tasks].sort().flatMap((task) => query.states.map((state) => ({ task, state })));
  let [at, inner] = query.cursor === undefined ? [0, ""] : startAt(stops, query.cursor);
  const hasAny = await heldIn(host.adapter, stops);
  const items: Job[] = [];
  for (let looked = 0; at < stops.length && items.length < limit && looked < MOST_LOOKED_AT; ) {
    const stop = stops[at] as Stop;
    if (inner === "" && !hasAny(stop)) {
      at += 1;
      continue;
    }
    const page = await host.adapter.list({
      ...stop,
      order: query.order,
      limit: limit - items.length,
      ...(inner === "" ? {} : { cursor: inner }),
    });
    looked += Math.max(page.jobs.length, 1);
    items.push(...page.jobs.map((job) => decodeJob(host.serializer, job)).filter((job) => where(job)));
    if (page.cursor === undefined) at += 1;
    inner = page.cursor ?? "";
  }
  const next = stops[at];
  return pageOf(items, next === undefined ? undefined : cursorOf(next, inner));
}

/** Counts are one call for many tasks, where looking at each would be one for every state of every task. */
async function heldIn(adapter: Adapter, stops: readonly Stop[]): Promise<(stop: Stop) => boolean> {
  if (stops.length <= 1) return () => true;
  const tasks = [...new Set(stops.map(({ task }) => task))];
  const counts = await adapter.count(tasks);
  const byTask = new Map(tasks.map((task, index) => [task, counts[index]]));
  return ({ task, state }) => (byTask.get(task)?.[state] ?? 0) > 0;
}

function cursorOf({ task, state }: Stop, inner: string): string {
  return `${task} ${state} ${inner}`;
}

/** The stop a cursor stands at; where its task has gone, that which follows. */
function startAt(stops: readonly Stop[], cursor: string): readonly [at: number, inner: string] {
  const [, task, state, inner = ""] = /^(\S+) (\S+) (.*)$/.exec(cursor) ?? [];
  if (task === undefined || state === undefined) {
    throw new OptionError(`expected cursor to come from a page before, got ${describe(cursor)}`, {
      option: "cursor",
    });
  }
  const at = stops.findIndex((stop) => stop.task === task && stop.state === state);
  if (at >= 0) return [at, inner];
  const after = stops.findIndex((stop) => stop.task > task);
  return [after < 0 ? stops.length : after, ""];
}
