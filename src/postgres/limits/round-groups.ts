/** Groups that take turns in a round, read as far as they are needed. The rules are those of `core/limits/turns`. */
import { compareTurns, takeTurn, UNGROUPED } from "../../core/limits/turns.js";
import type { GivenJob, RoundJob, RoundQueue } from "./round-jobs.js";

/** A group as SQL gives it. */
export interface GivenGroup {
  readonly name: string;
  readonly at: number;
  readonly weight: number;
  /** The first of its jobs, `share` at most; undefined: they were not read. */
  readonly jobs?: readonly GivenJob[];
  readonly share?: number;
}

interface Group {
  readonly name: string;
  at: number;
  weight: number;
  readonly queue: RoundQueue;
}

/** How groups are read. */
export interface GroupReads {
  /** Those that take the next turns, behind a position. */
  after(
    at: number,
    name: string,
  ): Promise<{ readonly groups: readonly GivenGroup[]; readonly isAll: boolean }>;
  named(name: string): Promise<GivenGroup | undefined>;
  queue(group: GivenGroup): RoundQueue;
}

export class RoundGroups {
  readonly #reads: GroupReads;
  readonly #groups = new Map<string, Group>();
  /** Those that were changed; undefined: it has left. */
  readonly #changed = new Map<string, Group | undefined>();
  #end: { readonly at: number; readonly name: string } | undefined = { at: -1, name: "" };
  #now: number;
  readonly #nowBefore: number;

  constructor(reads: GroupReads, now: number) {
    this.#reads = reads;
    this.#now = now;
    this.#nowBefore = now;
  }

  know(groups: readonly GivenGroup[], isAll: boolean): void {
    for (const group of groups) {
      this.#end = { at: group.at, name: group.name };
      if (!this.#groups.has(group.name) && !this.#changed.has(group.name))
        this.#groups.set(group.name, { ...group, queue: this.#reads.queue(group) });
    }
    if (isAll) this.#end = undefined;
  }

  /** Whether only the order of waiting decides. */
  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#end === undefined;
  }

  /** Puts a job where its number belongs. */
  async insert(job: RoundJob, by: { readonly name: string; readonly weight: number }): Promise<void> {
    const group = await this.#entry(by.name);
    if (group.weight !== by.weight) this.#changed.set(by.name, group);
    group.weight = by.weight;
    group.queue.insert(job);
  }

  leave(job: RoundJob): void {
    if (job.queue !== undefined) this.#groups.get(job.queue)?.queue.remove(job);
  }

  /** Whose turn it is, and counts it as had. `ungrouped`: the next job of priority 0 without a group. */
  async next(ungrouped: RoundJob | undefined): Promise<RoundJob | undefined> {
    if (ungrouped !== undefined) await this.#entry(UNGROUPED);
    for (let group = await this.#first(); group !== undefined; group = await this.#first()) {
      const job = group.name === UNGROUPED ? ungrouped : await group.queue.first();
      const turn = takeTurn(group, { now: this.#now, hasJobs: job !== undefined });
      this.#now = turn.now;
      if (turn.at !== undefined) {
        group.at = turn.at;
        this.#changed.set(group.name, group);
        return job;
      }
      this.#groups.delete(group.name);
      this.#changed.set(group.name, undefined);
    }
    return undefined;
  }

  /** What is to be written: name, time and weight, or the name alone of one that has left; undefined: nothing. */
  toWrite(): { readonly clock: number; readonly turns: readonly (readonly unknown[])[] } | undefined {
    if (this.#changed.size === 0 && this.#now === this.#nowBefore) return undefined;
    const turns = [...this.#changed].map(([name, group]) =>
      group === undefined ? [name, null, null] : [name, group.at, group.weight],
    );
    return { clock: this.#now, turns };
  }

  async #first(): Promise<Group | undefined> {
    for (;;) {
      let first: Group | undefined;
      for (const group of this.#groups.values())
        if (first === undefined || compareTurns(group, first) < 0) first = group;
      if (this.#end === undefined || (first !== undefined && compareTurns(first, this.#end) <= 0))
        return first;
      const { groups, isAll } = await this.#reads.after(this.#end.at, this.#end.name);
      this.know(groups, isAll);
    }
  }

  async #entry(name: string): Promise<Group> {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const isGone = this.#changed.has(name) || this.#end === undefined;
    const stored = isGone ? undefined : await this.#reads.named(name);
    const given = stored ?? { name, at: this.#now, weight: 1 };
    const group = { ...given, queue: this.#reads.queue(given) };
    this.#groups.set(name, group);
    if (stored === undefined) this.#changed.set(name, group);
    return group;
  }
}
