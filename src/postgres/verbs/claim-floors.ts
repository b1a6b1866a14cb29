/**
 * Where claims of this process begin to look. A transaction that somebody keeps open keeps the rows of jobs that were claimed
 * since, and a claim that looks from the first place steps over all of them. So a process remembers, of each priority, up to which
 * place jobs were found; what is given back stands before the first place, and is always looked at.
 *
 * A job may come below a floor: places are given when a job is stored, and seen when its transaction commits; or somebody held its row
 * when it was looked for. Each such transaction was writing before the floor came to be. A claim tells which are writing still, so
 * when one of those is over, the next claim looks at everything. Most end within {@link LAG_MS}, and floors lag so far behind.
 *
 * Life of the floors of a task: none → a claim reads much in vain → its answers are remembered → floors, once they are old enough →
 * a claim that looks at everything is quick again → none.
 */
import { type Clock, systemClock } from "../../core/clock.js";

/** A floor is so old before it is used, in ms: longer than most transactions that store jobs. */
const LAG_MS = 300;
/** Everything is looked at so often whatever is known, in ms, and so many times more seldom than it takes. */
const WHOLE = { everyMs: 1000, times: 100 } as const;
/** Likewise when jobs may have come below a floor. */
const OWED = { everyMs: 50, times: 20 } as const;

/** Before all priorities, and behind them. */
const FIRST_RANK = -32_769;
const END_RANK = 32_768;
/** Before all places, and behind them. */
const FIRST_PLACE = Number.MIN_SAFE_INTEGER;
const END_PLACE = Number.MAX_SAFE_INTEGER;

/** What a claim says of its look, where it was slow or was asked. */
export interface Looked {
  /** Much was read in vain. */
  readonly slow: boolean;
  readonly ms?: number;
  /** The last place that was given before the look. */
  readonly place?: number;
  /** Transactions that were writing before the look. */
  readonly open?: readonly number[];
  /** The one that begins next, after the look. */
  readonly next?: number;
  /** The last place that was found, by rank. */
  readonly last?: readonly (readonly [rank: number, place: number])[];
}

/** One claim that is about to look. */
export interface Look {
  readonly task: string;
  readonly sentAt: number;
  /**
   * Parts of the order of waiting jobs, four numbers each: between two ranks, or of one rank from a place on, before another. None: all;
   * null: all, and nothing need be told.
   */
  readonly parts: readonly number[] | null;
}

export interface Found {
  readonly jobs: readonly { readonly priority: number }[];
  readonly wanted: number;
}

export class ClaimFloors {
  readonly #tasks = new Map<string, TaskFloors>();
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(clock: Pick<Clock, "monotonic"> = systemClock) {
    this.#clock = clock;
  }

  /** Where a claim is to look. */
  look(task: string): Look {
    const sentAt = this.#clock.monotonic();
    return { task, sentAt, parts: this.#tasks.get(task)?.look(sentAt) ?? null };
  }

  /** What came of it. */
  found({ task, sentAt, parts }: Look, looked: Looked | undefined | null, found: Found): void {
    if (looked === undefined || looked === null) return;
    let floors = this.#tasks.get(task);
    if (floors === undefined) {
      if (!looked.slow) return;
      floors = new TaskFloors(found.jobs.map(({ priority }) => 0 - priority));
      this.#tasks.set(task, floors);
    }
    if (parts === null) return;
    const isWhole = parts.length === 0;
    const isNeeded = floors.found({ sentAt, isWhole, now: this.#clock.monotonic() }, looked, found);
    if (!isNeeded) this.#tasks.delete(task);
  }

  /** Parts of a task that has floors, for who only asks whether there is something. */
  partsOf(task: string): readonly number[] | undefined {
    const parts = this.#tasks.get(task)?.parts(this.#clock.monotonic()) ?? [];
    return parts.length === 0 ? undefined : parts;
  }

  /** Parts of those of these tasks that have floors, as {@link partsOf}; to be written, not to be looked into: `constructor` may be a task. */
  parts(tasks: readonly string[]): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries(
      tasks.flatMap((task) => {
        const parts = this.partsOf(task);
        return parts === undefined ? [] : [[task, parts]];
      }),
    );
  }

  /** Tasks of which the next claim looks at everything, since something may have come below a floor. */
  owed(tasks: readonly string[]): readonly string[] {
    const now = this.#clock.monotonic();
    return tasks.filter((task) => this.#tasks.get(task)?.isWholeDue(now) === true);
  }

  /** Ms until a claim of one of these tasks looks at something that others did not; infinite: there is no such thing. */
  owedInMs(tasks: readonly string[]): number {
    const now = this.#clock.monotonic();
    return Math.min(
      ...tasks.map((task) => this.#tasks.get(task)?.owedInMs(now) ?? Number.POSITIVE_INFINITY),
      Number.POSITIVE_INFINITY,
    );
  }
}

/** What one claim told. */
interface Told {
  readonly at: number;
  readonly next: number;
  readonly places: readonly (readonly [rank: number, place: number])[];
}

class TaskFloors {
  /** By rank; those that are old enough. */
  readonly #floors: Map<number, number>;
  /** Those that are not, oldest first. */
  #young: Told[] = [];
  /** Transactions from here on began after the floors came to be. */
  #next = 0;
  /** The claim that was sent last of those that were answered, and what was writing then. */
  #last: { readonly sentAt: number; readonly open: readonly number[] } | undefined;
  /** The last look at everything. */
  #whole = { at: Number.NEGATIVE_INFINITY, ms: 0 };
  /** Since when jobs may have come below a floor. */
  #owedAt: number | undefined;

  /** @param ranks some that the task has */
  constructor(ranks: readonly number[]) {
    this.#floors = new Map([0, ...ranks].map((rank) => [rank, 0]));
  }

  /** Parts to look at; none: all. */
  look(now: number): readonly number[] {
    if (!this.isWholeDue(now)) return this.parts(now);
    // Others that are sent meanwhile need not do the same.
    this.#whole = { ...this.#whole, at: now };
    return [];
  }

  isWholeDue(now: number): boolean {
    return (
      now >= this.#whole.at + Math.max(WHOLE.everyMs, WHOLE.times * this.#whole.ms) || this.owedInMs(now) <= 0
    );
  }

  owedInMs(now: number): number {
    return this.#owedAt === undefined ? Number.POSITIVE_INFINITY : this.#wholeInMs(now, OWED);
  }

  #wholeInMs(now: number, { everyMs, times }: { readonly everyMs: number; readonly times: number }): number {
    return Math.max(0, this.#whole.at + Math.max(everyMs, times * this.#whole.ms) - now);
  }

  /** None: there are no floors yet. */
  parts(now: number): readonly number[] {
    this.#ripen(now);
    if (this.#next === 0) return [];
    const ranks = [...this.#floors].filter(([, place]) => place > 0).sort(([a], [b]) => a - b);
    const parts = ranks.flatMap(([rank, place], nth) => [
      ...[ranks[nth - 1]?.[0] ?? FIRST_RANK, 0, rank, 0],
      ...[rank, FIRST_PLACE, rank, 0],
      ...[rank, place + 1, rank, END_PLACE],
    ]);
    return [...parts, ...[ranks.at(-1)?.[0] ?? FIRST_RANK, 0, END_RANK, 0]];
  }

  /** @returns whether floors are of use still */
  found(
    { sentAt, isWhole, now }: { readonly sentAt: number; readonly isWhole: boolean; readonly now: number },
    { slow, ms = 0, place = 0, open = [], next = 0, last = [] }: Looked,
    { jobs, wanted }: Found,
  ): boolean {
    const top = Math.max(0, ...this.#floors.values());
    // A server that crashed may give places again.
    if (place < top) return false;
    const [lastRank, lastPlace] = last.at(-1) ?? [END_RANK, 0];
    const isShort = jobs.length < wanted;
    if (isWhole) {
      this.#whole = { at: Math.max(this.#whole.at, sentAt), ms };
      if (this.#owedAt !== undefined && this.#owedAt <= sentAt) this.#owedAt = undefined;
      const isPast = isShort || lastPlace > (this.#floors.get(lastRank) ?? 0);
      if (!slow && isPast) return false;
    } else if (this.#ended(open)) this.#owedAt ??= now;
    this.#remember({ at: now, next, places: this.#passed(last, { isShort, lastRank, place }) });
    if (this.#last === undefined || this.#last.sentAt < sentAt) this.#last = { sentAt, open };
    return true;
  }

  /** Whether a transaction is over that was writing before the floors came to be, and when the claim before looked. */
  #ended(open: readonly number[]): boolean {
    const writing = new Set(open);
    return this.#last?.open.some((each) => each < this.#next && !writing.has(each)) === true;
  }

  /** Of priorities that were looked at to their end, everything is passed. */
  #passed(
    last: readonly (readonly [number, number])[],
    {
      isShort,
      lastRank,
      place,
    }: { readonly isShort: boolean; readonly lastRank: number; readonly place: number },
  ): readonly (readonly [number, number])[] {
    const known = new Set([...this.#floors.keys(), ...last.map(([rank]) => rank)]);
    const ended = [...known].filter((rank) => isShort || rank < lastRank);
    return [...last, ...ended.map((rank) => [rank, place] as const)].filter(([, at]) => at > 0);
  }

  #remember(told: Told): void {
    this.#young.push(told);
    for (const [rank] of told.places) if (!this.#floors.has(rank)) this.#floors.set(rank, 0);
  }

  /** What is old enough becomes a floor, if a claim that was sent after it has been answered. */
  #ripen(now: number): void {
    const until = Math.min(now - LAG_MS, this.#last?.sentAt ?? Number.NEGATIVE_INFINITY);
    const count = this.#young.findIndex(({ at }) => at > until);
    const ripe = this.#young.splice(0, count < 0 ? this.#young.length : count);
    for (const { next, places } of ripe) {
      this.#next = Math.max(this.#next, next);
      for (const [rank, place] of places)
        this.#floors.set(rank, Math.max(this.#floors.get(rank) ?? 0, place));
    }
  }
}
