import type { JobGroup } from "../core/limits/group.js";
import { compareTurns, takeTurn, UNGROUPED } from "../core/limits/turns.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";
import { WaitingBands } from "./waiting-bands.js";

interface Group {
  readonly name: string;
  readonly jobs: WaitingBands<JobRecord>;
  weight: number;
}

/** The groups of a task that have jobs, and their jobs. The rules are those of `core/limits/turns`. */
export class GroupTurns {
  readonly #ring = new DueHeap<Group>(byTurn);
  readonly #entries = new Map<string, DueEntry<Group>>();
  #now = 0;
  #size = 0;

  /** Whether only the order of waiting decides. */
  get isEmpty(): boolean {
    return this.#ring.size === 0;
  }

  /** Jobs in groups. */
  get size(): number {
    return this.#size;
  }

  enter(record: JobRecord, limits: JobGroup, end: "front" | "back"): void {
    const group = this.#entry(limits.key).value;
    group.weight = limits.weight ?? 1;
    this.#size += 1;
    if (end === "front") group.jobs.pushFront(record);
    else group.jobs.pushBack(record);
  }

  /** Adds a job by the number of its place, as {@link WaitingBands.insert}. */
  insert(record: JobRecord, limits: JobGroup, number: number): void {
    const group = this.#entry(limits.key).value;
    group.weight = limits.weight ?? 1;
    this.#size += 1;
    group.jobs.insert(record, number);
  }

  leave(record: JobRecord, limits: JobGroup): void {
    this.#entries.get(limits.key)?.value.jobs.remove(record);
    this.#size -= 1;
  }

  /**
   * Whose turn it is, and counts it as had.
   *
   * @param ungrouped the next job of priority 0 without a group
   */
  next(ungrouped: JobRecord | undefined): JobRecord | undefined {
    if (ungrouped !== undefined) this.#entry(UNGROUPED);
    for (let entry = this.#ring.first; entry !== undefined; entry = this.#ring.first) {
      const { name, jobs, weight } = entry.value;
      const record = name === UNGROUPED ? ungrouped : jobs.first;
      const turn = takeTurn({ at: entry.at, weight }, { now: this.#now, hasJobs: record !== undefined });
      this.#now = turn.now;
      if (turn.at !== undefined) {
        this.#ring.move(entry, turn.at);
        return record;
      }
      this.#ring.remove(entry);
      this.#entries.delete(name);
    }
    return undefined;
  }

  /** Ids of the waiting jobs of each group, in order. */
  *queues(): Iterable<readonly [string, readonly string[]]> {
    for (const { name, jobs } of this.#ring.values()) {
      if (name !== UNGROUPED) yield [name, [...jobs.after()].map(({ id }) => id)];
    }
  }

  #entry(name: string): DueEntry<Group> {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = this.#ring.add(this.#now, { name, jobs: new WaitingBands<JobRecord>(), weight: 1 });
      this.#entries.set(name, entry);
    }
    return entry;
  }
}

function byTurn({ at, value: a }: DueEntry<Group>, { at: bAt, value: b }: DueEntry<Group>): number {
  return compareTurns({ at, name: a.name }, { at: bAt, name: b.name });
}
