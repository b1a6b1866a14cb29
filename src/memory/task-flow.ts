import type { JobRecord } from "./job-record.js";
import { OrderedRing } from "./ordered-ring.js";

/**
 * The places at which a job with a flow may be treated differently: each is called for such jobs alone. A waiting
 * job that may not be next is set aside: it stands here instead of in the bands, and whoever set it aside brings it
 * back.
 */
export class TaskFlow {
  readonly #aside = new OrderedRing<JobRecord>();

  /** The job becomes waiting at one end of its priority. Returns whether it was set aside. */
  enter(_record: JobRecord, _end: "front" | "back"): boolean {
    return false;
  }

  /** A waiting job that was set aside goes for another reason than a claim. */
  leave(record: JobRecord): void {
    this.#aside.remove(record.place);
    record.isAside = false;
  }

  /** The job is next. Returns whether it may start; when not, it was set aside. */
  start(_record: JobRecord, _now: number): boolean {
    return true;
  }

  /** The job is no longer active. */
  stop(_record: JobRecord): void {}

  /** The job is over: final, discarded or removed. */
  end(_record: JobRecord): void {}

  /** Jobs set aside, behind `place` when given. */
  after(place?: number): Iterable<JobRecord> {
    return this.#aside.after(place);
  }
}
