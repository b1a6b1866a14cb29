/** Waiting jobs as a round reads them, and queues of them that are read as far as they are needed. */
import { type GatedJob, gatesOf } from "../../core/limits/gates.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import type { LimitOverride } from "../../core/limits/limit.js";
import { fromLimitsText } from "../codec/stored-limits.js";
import { ASIDE, type Mark } from "../sql/marks.js";

/** A job as SQL gives it. */
export interface GivenJob {
  readonly id: string;
  readonly aside: number;
  readonly rank: number;
  readonly place: number;
  readonly mark: Mark | null;
  readonly queue: string | null;
  readonly attempt: number;
  readonly cameAt: number | null;
  readonly number: number | null;
  readonly limits: string | null;
}

/** A waiting job in a round. */
export interface RoundJob extends GatedJob {
  readonly id: string;
  readonly priority: number;
  readonly mark: Mark | undefined;
  /** Its group, or the key it is collected by, as it is named in tables. */
  readonly queue: string | undefined;
  readonly limits: JobLimits | undefined;
  readonly attempt: number;
  /** When it became waiting; only of one that is not in its place yet. */
  readonly cameAt: number;
  readonly isSuspect: boolean;
  /** Where it stood when it was read. */
  readonly seen: { readonly aside: number; readonly place: number };
  aside: number;
  place: number;
  isClaimed: boolean;
  /** It was put elsewhere, or is claimed. */
  isMoved: boolean;
}

/** Every job of a round once. */
export class RoundJobs {
  readonly #jobs = new Map<string, RoundJob>();
  readonly #override: LimitOverride;
  /** Rising, since each was given when it was read. */
  readonly #numbers: number[] = [];

  constructor(override: LimitOverride) {
    this.#override = override;
  }

  read(given: GivenJob): RoundJob {
    const known = this.#jobs.get(given.id);
    if (given.number !== null) this.#numbers.push(given.number);
    if (known !== undefined) return known;
    const { id, aside, rank, place, attempt } = given;
    const limits = given.limits === null ? undefined : fromLimitsText(given.limits);
    const job: RoundJob = {
      id,
      priority: 0 - rank,
      mark: given.mark ?? undefined,
      queue: given.queue ?? undefined,
      limits,
      gates: gatesOf(limits, this.#override),
      attempt,
      cameAt: given.cameAt ?? 0,
      isSuspect: aside === ASIDE.suspects || aside === ASIDE.blockedSuspect,
      seen: { aside, place },
      aside,
      place,
      isClaimed: false,
      isMoved: false,
    };
    this.#jobs.set(id, job);
    return job;
  }

  /**
   * A number at the back of all priorities, for a job that may have to wait at a gate; undefined: none that was read is left. Jobs get
   * them in the order in which they are next, which is not that in which they are read.
   */
  nextNumber(): number | undefined {
    return this.#numbers.shift();
  }

  /** Those that are to be put elsewhere, or are claimed. */
  *moved(): Generator<RoundJob> {
    for (const job of this.#jobs.values()) if (job.isMoved) yield job;
  }
}

/** Where a job stands among those that wait: by priority, then by number. */
export interface Position {
  readonly rank: number;
  readonly place: number;
}

/** Reads more of a queue, behind a position. */
export type ReadMore = (
  after: Position,
) => Promise<{ readonly jobs: readonly RoundJob[]; readonly isAll: boolean }>;

/** Jobs by rank and place, read from the front as far as they are asked for. */
export class RoundQueue {
  readonly #jobs: RoundJob[] = [];
  readonly #readMore: ReadMore;
  /** The last that was read; undefined: all were. */
  #end: Position | undefined = { rank: -32_768, place: Number.MIN_SAFE_INTEGER };

  constructor(readMore: ReadMore, first?: { readonly jobs: readonly RoundJob[]; readonly isAll: boolean }) {
    this.#readMore = readMore;
    if (first !== undefined) this.#take(first);
  }

  /** The next job, left in place. */
  async first(): Promise<RoundJob | undefined> {
    while (this.#end !== undefined && !this.#isKnown(this.#jobs[0], this.#end))
      this.#take(await this.#readMore(this.#end));
    return this.#jobs[0];
  }

  /** The first so many, left in place. */
  async firstOf(count: number): Promise<readonly RoundJob[]> {
    while (this.#end !== undefined && !this.#isKnown(this.#jobs[count - 1], this.#end))
      this.#take(await this.#readMore(this.#end));
    return this.#jobs.slice(0, count);
  }

  insert(job: RoundJob): void {
    let low = 0;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#jobs[middle];
      if (other !== undefined && compare(other, job) < 0) low = middle + 1;
      else high = middle;
    }
    this.#jobs.splice(low, 0, job);
  }

  remove(job: RoundJob): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) this.#jobs.splice(at, 1);
  }

  #isKnown(job: RoundJob | undefined, end: Position): boolean {
    return job !== undefined && (0 - job.priority - end.rank || job.place - end.place) <= 0;
  }

  #take({ jobs, isAll }: { readonly jobs: readonly RoundJob[]; readonly isAll: boolean }): void {
    const last = jobs.at(-1);
    this.#end = isAll || last === undefined ? undefined : { rank: 0 - last.priority, place: last.seen.place };
    for (const job of jobs) if (!job.isMoved) this.insert(job);
  }
}

function compare(a: RoundJob, b: RoundJob): number {
  return b.priority - a.priority || a.place - b.place;
}
