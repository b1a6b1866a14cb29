import { DueHeap } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";

/** Distance between the places of two priorities: more than fences will ever come to. */
const BAND = 2 ** 40;

/**
 * Jobs that were put back since their version was newer than that of the worker that had claimed them. They are delayed
 * jobs, and known here by priority and in the order in which they were claimed, until a worker comes that runs them.
 */
export class NewerJobs {
  readonly #byVersion = new Map<number, DueHeap<JobRecord>>();
  /** The version of live workers that run what was put back last. */
  reach: number | undefined;

  get isEmpty(): boolean {
    return this.#byVersion.size === 0;
  }

  /** Whether there are any for workers of this version. */
  has(own: number): boolean {
    return [...this.#byVersion.keys()].some((version) => version <= own);
  }

  add(record: JobRecord, { version, reach }: { readonly version: number; readonly reach?: number }): void {
    const heap = this.#byVersion.get(version) ?? new DueHeap<JobRecord>();
    this.#byVersion.set(version, heap);
    record.newer = { version, entry: heap.add(record.fence - record.priority * BAND, record) };
    if (reach !== undefined) this.reach = reach;
  }

  /** The job is delayed no more. */
  remove(record: JobRecord): void {
    if (record.newer === undefined) return;
    const { version, entry } = record.newer;
    record.newer = undefined;
    const heap = this.#byVersion.get(version);
    heap?.remove(entry);
    if (heap?.size === 0) this.#byVersion.delete(version);
  }

  /** At most `count` of each version that workers of `own` run, last first: each goes to the front. */
  *take(own: number, count: number): Iterable<JobRecord> {
    for (const version of [...this.#byVersion.keys()].sort((a, b) => a - b)) {
      if (version > own) return;
      const taken: JobRecord[] = [];
      for (let first = this.#byVersion.get(version)?.first; first !== undefined && taken.length < count; ) {
        taken.push(first.value);
        this.remove(first.value);
        first = this.#byVersion.get(version)?.first;
      }
      yield* taken.reverse();
    }
  }
}
