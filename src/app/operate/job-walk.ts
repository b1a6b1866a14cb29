/** Goes through the jobs of many tasks and states as through one list. */
import type { Adapter } from "../../core/adapter.js";
import type { JobState } from "../../core/lifecycle.js";
import type { Serializer } from "../../core/serializer.js";
import { decodeJob, detailsOf, type Job } from "./job.js";
import { type Page, pageOf, unknownCursor } from "./page.js";
import type { RestingReader } from "./rest.js";

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
  /** Awaited with the jobs of each reading, before `where` looks at them. */
  readonly prepare?: ((jobs: readonly Job[]) => Promise<void>) | undefined;
  /** `where` looks at what is kept beside the record: it is read of each job. */
  readonly details?: true | undefined;
  /** Rests between the reads of a search; undefined: there is no rest. */
  readonly reader?: RestingReader | undefined;
  /** Ends a page early. */
  readonly signal?: AbortSignal | undefined;
  /** Of failed and cancelled jobs. */
  readonly order?: "oldest" | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Jobs that one page may look at while nothing fits. */
const MOST_LOOKED_AT = 10_000;
/** Jobs that a search reads at once. */
const SEARCHED_AT_ONCE = 1000;

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
  const { limit, signal } = query;
  const stops = stopsOf(query);
  let position = query.cursor === undefined ? { at: 0, inner: "" } : startAt(stops, query.cursor);
  const held = await heldIn(host.adapter, stops);
  const items: Job[] = [];
  const goesOn = (looked: number) =>
    position.at < stops.length && items.length < limit && looked < MOST_LOOKED_AT && signal?.aborted !== true;
  for (let looked = 0; goesOn(looked); ) {
    const size = query.where === undefined ? limit - items.length : SEARCHED_AT_ONCE;
    const next = nextStops(stops, { position, held, room: size });
    position = { at: stops.length, inner: "" };
    const read = (places: readonly Position[], most: number) =>
      readPages(
        host,
        query,
        places.map(({ at, inner }) => ({ ...(stops[at] as Stop), inner, limit: most })),
      );
    for (const [index, found] of (await read(next, size)).entries()) {
      position = next[index] as Position;
      looked += Math.max(found.looked, 1);
      const room = limit - items.length;
      const last = found.fitting[room];
      // More fit than there is room for: the stop is read again, up to the last that has room.
      const [page = found] = last === undefined ? [found] : await read([position], last.index);
      if (page.fitting.length > room) break;
      items.push(...page.fitting.map(({ job }) => job));
      const { at } = position;
      position = page.cursor === undefined ? { at: at + 1, inner: "" } : { at, inner: page.cursor };
      if (page.cursor !== undefined || items.length >= limit) break;
    }
  }
  const [last] = nextStops(stops, { position, held, room: 1 });
  const stop = last && stops[last.at];
  return pageOf(items, stop === undefined ? undefined : cursorOf(stop, last?.inner ?? ""));
}

/** The cursor of a first page; undefined: there is nothing to walk through. */
export function firstCursor(query: Pick<JobWalkQuery, "tasks" | "states">): string | undefined {
  const [first] = stopsOf(query);
  return first && cursorOf(first, "");
}

function stopsOf({ tasks, states }: Pick<JobWalkQuery, "tasks" | "states">): readonly Stop[] {
  return [...tasks].sort().flatMap((task) => states.map((state) => ({ task, state })));
}

/** A page of a stop. */
interface FoundJobs {
  readonly looked: number;
  /** Those that fit, and where each stands in the page. */
  readonly fitting: readonly { readonly job: Job; readonly index: number }[];
  readonly cursor?: string;
}

/** Reads pages of several stops at once. */
async function readPages(
  host: JobWalkHost,
  { where = () => true, details, order, reader, prepare }: JobWalkQuery,
  stops: readonly (Stop & { readonly inner: string; readonly limit: number })[],
): Promise<readonly FoundJobs[]> {
  const readAll = () =>
    Promise.all(
      stops.map(async ({ inner, ...stop }) => {
        const page = await host.adapter.list({ ...stop, order, ...(inner === "" ? {} : { cursor: inner }) });
        return { ...page, kept: details && (await host.adapter.read(page.jobs, { details })) };
      }),
    );
  const pages = await (reader === undefined ? readAll() : reader.read(readAll));
  const read = pages.map((page) => ({
    ...page,
    decoded: page.jobs.map((job, index) => ({ job: decodeJob(host.serializer, job), index })),
  }));
  await prepare?.(read.flatMap(({ decoded }) => decoded.map(({ job }) => job)));
  return read.map(({ jobs, kept, decoded, ...rest }) => {
    const fitting = decoded.filter(({ job, index }) => {
      const reading = kept?.[index];
      return where(reading === undefined ? job : detailsOf(host.serializer, reading));
    });
    return { looked: jobs.length, fitting, ...rest };
  });
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
  if (task === undefined || state === undefined) throw unknownCursor(cursor);
  const at = stops.findIndex((stop) => stop.task === task && stop.state === state);
  if (at >= 0) return { at, inner };
  const after = stops.findIndex((stop) => stop.task > task);
  return { at: after < 0 ? stops.length : after, inner: "" };
}
