/**
 * One concurrency for several tasks of a process.
 *
 * A pool counts what its members have: slots that are taken, and jobs that are claimed or asked for and will take one. What is
 * left is what may be claimed, so that nothing is claimed that no slot is free for. It may change its size at any time; what
 * is too much then ends by itself.
 */
import { availableParallelism } from "node:os";

/** The name of the pool that all tasks of an app are in. */
export const APP_POOL = "app";

/** Of a task that says nothing, where nobody else does. */
export const DEFAULT_CONCURRENCY = 10;

/**
 * Handlers at once per core where nobody has said how many: most wait for others, and one that computes should not share its
 * core with hundreds.
 */
const DEFAULT_PER_CORE = 32;

/** How many handlers run at once in an app that says nothing. */
export function defaultAppConcurrency(): number {
  return DEFAULT_PER_CORE * availableParallelism();
}

/** A task within a pool. */
export interface PoolMember {
  /** Whether it says itself how many of its jobs run at once, or which pool it is in. */
  readonly isSized: boolean;
  /** Slots that are taken. */
  readonly running: number;
  /** Slots that are taken, or will be by what is claimed or asked for. */
  readonly occupied: number;
  /** What a claim of it that waits may take; of all that wait together one takes. */
  readonly standing: number;
  /** The pool has another size. */
  resized(): void;
}

/** What the pools of a task come to; it is asked for with every job, and changes with their sizes alone. */
export interface PoolShare {
  /** Those that count what it does. */
  readonly boundTo: readonly Pool[];
  /** Jobs that run at once: as the task says, else as many as the pools that somebody has given a size. */
  readonly concurrency: number;
  /** Whether jobs are claimed that no slot is free for: not where somebody has said how many run. */
  readonly claimsAhead: boolean;
}

/** @param pools that it is in, that of the app first */
export function shareOf(
  member: Pick<PoolMember, "isSized"> & {
    readonly task: { readonly concurrency: number | undefined };
  },
  pools: readonly Pool[],
): PoolShare {
  const given = pools.filter(({ isGiven }) => isGiven).map(({ size }) => size);
  return {
    boundTo: pools.filter((pool) => pool.binds(member)),
    concurrency: member.task.concurrency ?? (given.length === 0 ? DEFAULT_CONCURRENCY : Math.min(...given)),
    claimsAhead: given.length === 0,
  };
}

export class Pool {
  readonly name: string;
  readonly #members = new Set<PoolMember>();
  #size: number;
  #isDefault: boolean;

  /** @param size undefined: nobody has said; then tasks that say a number of their own are free of it */
  constructor(name: string, size: number | undefined) {
    this.name = name;
    this.#isDefault = size === undefined;
    this.#size = size ?? defaultAppConcurrency();
  }

  /** Handlers at once. */
  get size(): number {
    return this.#size;
  }

  set size(size: number) {
    this.#size = size;
    this.#isDefault = false;
    for (const member of this.#members) member.resized();
  }

  /** Whether somebody has said how many: then nothing is claimed ahead, and a task that says nothing may take all of it. */
  get isGiven(): boolean {
    return !this.#isDefault;
  }

  join(member: PoolMember): void {
    this.#members.add(member);
  }

  leave(member: PoolMember): void {
    this.#members.delete(member);
  }

  /** Whether it counts what this task does. */
  binds(member: Pick<PoolMember, "isSized">): boolean {
    return this.isGiven || !member.isSized;
  }

  /** Handlers at work, those of tasks that it does not bind left out. */
  get running(): number {
    return this.#sum((member) => member.running);
  }

  /** Slots that nothing takes, or will; below 0 when it was made smaller. */
  get free(): number {
    return this.#size - this.#sum((member) => member.occupied) - this.reserved;
  }

  /** Slots that are kept for what a waiting claim may bring. */
  get reserved(): number {
    let most = 0;
    for (const member of this.#members) if (this.binds(member)) most = Math.max(most, member.standing);
    return most;
  }

  #sum(count: (member: PoolMember) => number): number {
    let sum = 0;
    for (const member of this.#members) if (this.binds(member)) sum += count(member);
    return sum;
  }
}

/** The pools of an app: that of all its tasks, and those with a name. They outlive its workers. */
export class Pools {
  readonly #pools = new Map<string, Pool>();
  /** A size has changed. */
  changed: () => void = () => undefined;

  constructor(given: {
    readonly concurrency: number | undefined;
    readonly pools: ReadonlyMap<string, number>;
  }) {
    this.#pools.set(APP_POOL, new Pool(APP_POOL, given.concurrency));
    for (const [name, size] of given.pools) this.#pools.set(name, new Pool(name, size));
  }

  /** That of the app comes first. */
  get all(): readonly Pool[] {
    return [...this.#pools.values()];
  }

  get(name: string): Pool | undefined {
    return this.#pools.get(name);
  }

  /** Those that a task is in. */
  of({ pool }: { readonly pool: string | undefined }): readonly Pool[] {
    return [APP_POOL, pool].flatMap((name) => this.#pools.get(name ?? "") ?? []);
  }
}
