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

/** Stops that are read at once: the jobs of many tasks with few each would be one call after another. */
const MOST_AT_ONCE = 25;

interface Stop {
  readonly task: string;
  readonly state: JobState;
}

/** Where a walk stands: at a stop, and within it where a page of the store ended; `""`: at its beginning. */
interface Position {
  readonly at: number;
  readonly inner: string;
}

/**
 * One page: task by task, state by state, each in the order of its state. A page with a filter may be short although more
 * follow, when a long stretch has nothing that fits.
 */
export async function walkJobs(host: JobWalkHost, query: JobWalkQuery): Promise<Page<Job>> {
  const { where = () => true, limit, order } = query;
  const stops = [...query.tasks].sort().flatMap((task) => query.states.map((state) => ({ task, state })));
  let position = query.cursor === undefined ? { at: 0, inner: "" } : startAt(stops, query.cursor);
  const held = await heldIn(host.adapter, stops);
  const items: Job[] = [];
  for (let looked = 0; position.at < stops.length && items.length < limit && looked < MOST_LOOKED_AT; ) {
    const room = limit - items.length;
    const next = nextStops(stops, { position, held, room });
    position = { at: stops.length, inner: "" };
    const pages = await Promise.all(
      next.map(({ at, inner }) =>
        host.adapter.list({
          ...(stops[at] as Stop),
          order,
          limit: room,
          ...(inner === "" ? {} : { cursor: inner }),
        }),
      ),
    );
    for (const [index, page] of pages.entries()) {
      position = next[index] as Position;
      looked += Math.max(page.jobs.length, 1);
      const fitting = page.jobs.map((job) => decodeJob(host.serializer, job)).filter((job) => where(job));
      // More have come than were counted: the stop is read again, for what there is room for.
      if (items.length + fitting.length > limit) break;
      items.push(...fitting);
      const { at } = position;
      position = page.cursor === undefined ? { at: at + 1, inner: "" } : { at, inner: page.cursor };
      if (page.cursor !== undefined || items.length >= limit) break;
    }
  }
  const [last] = nextStops(stops, { position, held, room: 1 });
  const stop = last && stops[last.at];
  return pageOf(items, stop === undefined ? undefined : cursorOf(stop, last?.inner ?? ""));
}

/** The stops to read now: the one where the walk stands, and those behind it as long as there is room for what they hold. */
function nextStops(
  stops: readonly Stop[],
  by: {
    readonly position: Position;
    readonly held: (stop: Stop) => number;
    readonly room: number;
  },
): readonly Position[] {
  const { position, held, room } = by;
  const next: Position[] = [];
  let jobs = 0;
  for (let { at } = position; at < stops.length && jobs < room && next.length < MOST_AT_ONCE; at++) {
    const inner = at === position.at ? position.inner : "";
    const count = held(stops[at] as Stop);
    if (inner === "" && count === 0) continue;
    next.push({ at, inner });
    jobs += count;
  }
  return next;
}

/** Counts are one call for many tasks, where looking at each would be one for every state of every task. */
async function heldIn(adapter: Adapter, stops: readonly Stop[]): Promise<(stop: Stop) => number> {
  if (stops.length <= 1) return () => Number.POSITIVE_INFINITY;
  const tasks = [...new Set(stops.map(({ task }) => task))];
  const counts = await adapter.count(tasks);
  const byTask = new Map(tasks.map((task, index) => [task, counts[index]]));
  return ({ task, state }) => byTask.get(task)?.[state] ?? 0;
}

function cursorOf({ task, state }: Stop, inner: string): string {
  return `${task} ${state} ${inner}`;
}

/** The stop a cursor stands at; where its task has gone, that which follows. */
function startAt(stops: readonly Stop[], cursor: string): Position {
  const [, task, state, inner = ""] = /^(\S+) (\S+) (.*)$/.exec(cursor) ?? [];
  if (task === undefined || state === undefined) {
    throw new OptionError(`expected cursor to come from a page before, got ${describe(cursor)}`, {
      option: "cursor",
    });
  }
  const at = stops.findIndex((stop) => stop.task === task && stop.state === state);
  if (at >= 0) return { at, inner };
  const after = stops.findIndex((stop) => stop.task > task);
  return { at: after < 0 ? stops.length : after, inner: "" };
}
