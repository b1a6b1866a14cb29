import { type JobGroup, TURN } from "../core/limits/group.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";
import { WaitingBands } from "./waiting-bands.js";

interface Group {
  readonly name: string;
  readonly jobs: WaitingBands<JobRecord>;
  weight: number;
}

/** The jobs of priority 0 that have no group. */
const UNGROUPED = "";

/**
 * Groups that take turns: start-time fair queueing (Goyal, Vin, Cheng 1996). The ring has the groups by the virtual
 * time of their next turn, which grows by less for a heavier group; one whose queue was found empty leaves it, and one
 * that comes starts at the present.
 */
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
    for (;;) {
      const entry = this.#ring.first;
      if (entry === undefined) return undefined;
      this.#now = Math.max(this.#now, entry.at);
      const group = entry.value;
      const record = group.name === UNGROUPED ? ungrouped : group.jobs.first;
      if (record !== undefined) {
        this.#ring.move(entry, entry.at + Math.floor(TURN / group.weight));
        return record;
      }
      this.#ring.remove(entry);
      this.#entries.delete(group.name);
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

/** Groups due together go by name, so that every store gives the same order. */
function byTurn(a: DueEntry<Group>, b: DueEntry<Group>): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.value.name === b.value.name) return 0;
  return a.value.name < b.value.name ? -1 : 1;
}
