/**
 * Who of the tasks of a pool claims next.
 *
 * While there is room for all, everybody claims what he has room for. When there is not, slots are given out one by one: to
 * the task whose next job has the highest priority, and among equals in turn. What is next in a task that is not being
 * claimed from is asked of the store, in one call for all of them, when it is not known well enough: longer ago than
 * 20 ms, or after a claim where others have another priority. A task that is known to be empty gets no slot and
 * stands in nobody's way.
 */
import type { Adapter, StateCounts } from "../core/adapter.js";
import type { Lane } from "./lane.js";
import type { Pool } from "./pool.js";

/** Lanes that compete for what a pool has left. */
interface Contest {
  readonly lanes: readonly Lane[];
  readonly free: Map<Pool, number>;
}

export class PoolTurns {
  readonly #adapter: Adapter;
  readonly #pump: () => void;
  readonly #reportError: (error: unknown) => void;
  #looking: ReadonlySet<Lane> = new Set();
  /** Counts slots that were given out, so that lanes know their turns. */
  #given = 0;

  constructor(adapter: Adapter, told: { pump(): void; reportError(error: unknown): void }) {
    this.#adapter = adapter;
    this.#pump = told.pump;
    this.#reportError = told.reportError;
  }

  /** Says to each lane how much it may claim now, and how much a claim of it that waits may. */
  share(all: Iterable<Lane>): void {
    const bound = restrict(all, Number.POSITIVE_INFINITY);
    if (bound.length === 0) return;
    const now = performance.now();
    const free = new Map<Pool, number>();
    for (const lane of bound) for (const pool of lane.boundTo) if (!free.has(pool)) free.set(pool, pool.free);
    const short = poolsThatAreShort(bound, { free, now });
    const lanes = bound.filter(
      (lane) => lane.boundTo.some((pool) => short.has(pool)) && wants(lane, now) > 0,
    );
    for (const lane of bound) {
      if (lanes.includes(lane)) lane.granted = 0;
      else for (const pool of lane.boundTo) use(free, pool, lane.demand);
    }
    const isDecided = lanes.length === 0 || this.#decide({ lanes, free }, now);
    for (const lane of bound) {
      const left = lane.boundTo.map((pool) =>
        isDecided || !short.has(pool) ? leftOf(pool, { lanes, free }) : 0,
      );
      lane.spare = Math.max(0, Math.min(...left));
    }
  }

  /** Nothing can be claimed now. */
  rest(all: Iterable<Lane>): void {
    restrict(all, 0);
  }

  /** Whether somebody waits for a slot that is kept for a claim that waits. */
  isHeldUp(all: Iterable<Lane>): boolean {
    for (const lane of all) {
      for (const pool of lane.boundTo) {
        if (pool.reserved > 0 && (pool.free < 0 || (lane.demand > 0 && lane.granted === 0))) return true;
      }
    }
    return false;
  }

  /** Returns whether it was known well enough who is next. */
  #decide({ lanes, free }: Contest, now: number): boolean {
    const isAlone = lanes.length === 1;
    if (!isAlone && lanes.some((lane) => this.#looking.has(lane) || !lane.front.isFresh(now)))
      return this.#look(lanes);
    for (let given = 0; ; given++) {
      const open = lanes.filter((lane) => {
        const most = isAlone ? lane.demand : Math.min(lane.demand, lane.front.waiting);
        return lane.granted < most && lane.boundTo.every((pool) => (free.get(pool) ?? 0) > 0);
      });
      const next = firstOf(open);
      if (next === undefined) return true;
      const isSure = next.front.isExact || open.every(({ front }) => front.atMost === next.front.atMost);
      // What is given goes first: its answer says what is next there.
      if (!isSure) return given > 0 ? false : this.#look(open);
      next.granted += 1;
      next.turn = ++this.#given;
      next.front.isExact = false;
      for (const pool of next.boundTo) use(free, pool, 1);
    }
  }

  #look(lanes: readonly Lane[]): false {
    if (this.#looking.size > 0) return false;
    this.#looking = new Set(lanes);
    void this.#ask(lanes).then(() => {
      this.#looking = new Set();
      this.#pump();
    });
    return false;
  }

  async #ask(lanes: readonly Lane[]): Promise<void> {
    let counts: readonly StateCounts[] = [];
    try {
      counts = await this.#adapter.count(lanes.map(({ task }) => task.name));
    } catch (error) {
      this.#reportError(error);
    }
    const now = performance.now();
    for (const [index, lane] of lanes.entries()) lane.looked(counts[index], now);
  }
}

/** Lets every lane claim, those in pools so much. Gives those. */
function restrict(all: Iterable<Lane>, granted: number): readonly Lane[] {
  const bound: Lane[] = [];
  for (const lane of all) {
    const isBound = lane.boundTo.length > 0;
    lane.granted = lane.spare = isBound ? granted : Number.POSITIVE_INFINITY;
    if (isBound) bound.push(lane);
  }
  return bound;
}

/** What it would claim. A lane without known jobs, of which no claim waits, may have got one. */
function wants(lane: Lane, now: number): number {
  return lane.demand === 0 && lane.mayHaveMissed && !lane.front.isFresh(now) ? 1 : lane.demand;
}

/** Pools that have less than is wanted of them. */
function poolsThatAreShort(
  lanes: readonly Lane[],
  { free, now }: { readonly free: ReadonlyMap<Pool, number>; readonly now: number },
): ReadonlySet<Pool> {
  const left = new Map(free);
  for (const lane of lanes) for (const pool of lane.boundTo) use(left, pool, wants(lane, now));
  return new Set([...left].filter(([, count]) => count < 0).map(([pool]) => pool));
}

/** That with the highest priority, and of those the one whose last turn was first. */
function firstOf(lanes: readonly Lane[]): Lane | undefined {
  let first: Lane | undefined;
  for (const lane of lanes) {
    const above = first === undefined ? 1 : lane.front.atMost - first.front.atMost || 0;
    if (first === undefined || above > 0 || (above === 0 && lane.turn < first.turn)) first = lane;
  }
  return first;
}

function use(free: Map<Pool, number>, pool: Pool, count: number): void {
  free.set(pool, (free.get(pool) ?? 0) - count);
}

/** What claims that wait may take: nothing while somebody who claims has less than he wants. */
function leftOf(pool: Pool, { lanes, free }: Contest): number {
  const isWanted = lanes.some(
    (lane) => lane.boundTo.includes(pool) && lane.granted < Math.min(lane.demand, lane.front.waiting),
  );
  return isWanted ? 0 : (free.get(pool) ?? 0);
}
