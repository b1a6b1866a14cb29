import type { PlacedJobs } from "../core/limits/gates.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";

/** Jobs by place, the lowest or the highest first; each of them can be taken out. */
export class JobHeap implements PlacedJobs<JobRecord> {
  readonly #sign: 1 | -1;
  readonly #heap = new DueHeap<JobRecord>();
  readonly #entries = new Map<JobRecord, DueEntry<JobRecord>>();

  constructor(first: "lowest" | "highest") {
    this.#sign = first === "lowest" ? 1 : -1;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The first job, left in place. */
  get first(): JobRecord | undefined {
    return this.#heap.first?.value;
  }

  add(record: JobRecord, place: number): void {
    this.#entries.set(record, this.#heap.add(place * this.#sign, record));
  }

  placeOf(record: JobRecord): number | undefined {
    const entry = this.#entries.get(record);
    return entry && entry.at * this.#sign;
  }

  /** Takes a job out. Returns whether it was there. */
  remove(record: JobRecord): boolean {
    const entry = this.#entries.get(record);
    if (entry === undefined) return false;
    this.#heap.remove(entry);
    return this.#entries.delete(record);
  }
}
