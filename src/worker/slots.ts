/** Where the runs of one task are: each takes a slot, and those of a collected batch share one. */

/** A run that takes a slot. */
export interface SlotUser {
  readonly job: { readonly id: string };
  /** Where it stands among the others; −1: nowhere. Set by {@link Slots} alone. */
  place: number;
  /** Undefined: it has a slot of its own. Set by {@link Slots} alone. */
  sharedSlot: SharedSlot | undefined;
}

/** Runs that share a slot. */
export interface SharedSlot {
  /** One of them gave it up. Returns whether it is free. */
  partFreed(): boolean;
}

/**
 * Life of a slot: taken → free, which may be long after its job was settled: a handler that was interrupted may go on, even
 * beside a later run of the same job.
 *
 * A list, not a map by id. Each time a busy `Map` cleans its table it leaves the old one behind with a reference to the new
 * one; once such a table is old for the garbage collector, all that follow, and the jobs in them, are kept until the next full
 * collection: 850 B a job, and half the jobs/s at 1 000 at once.
 */
export class Slots<Run extends SlotUser> {
  readonly #runs: Run[] = [];
  /** Runs that share a slot, and the slots they share. */
  #sharing = 0;
  #shared = 0;

  /** In use. */
  get taken(): number {
    return this.#runs.length - this.#sharing + this.#shared;
  }

  /** Whether nothing runs. */
  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** In no order. */
  get runs(): readonly Run[] {
    return [...this.#runs];
  }

  /** Runs of a job: more than one when it was lost while its handler ran, and runs here again. */
  of(id: string): readonly Run[] {
    return this.#runs.filter(({ job }) => job.id === id);
  }

  enter(run: Run): void {
    run.place = this.#runs.length;
    this.#runs.push(run);
  }

  /** These take one slot together. */
  enterTogether(runs: readonly Run[], slot: SharedSlot): void {
    for (const run of runs) {
      this.enter(run);
      run.sharedSlot = slot;
    }
    this.#sharing += runs.length;
    this.#shared += 1;
  }

  /** One that has left before may leave again. */
  leave(run: Run): void {
    const { place, sharedSlot } = run;
    if (place === -1) return;
    const last = this.#runs.pop() as Run;
    if (last !== run) {
      this.#runs[place] = last;
      last.place = place;
    }
    run.place = -1;
    if (sharedSlot === undefined) return;
    run.sharedSlot = undefined;
    this.#sharing -= 1;
    if (sharedSlot.partFreed()) this.#shared -= 1;
  }
}
