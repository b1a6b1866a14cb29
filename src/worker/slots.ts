/** Where the runs of one task are: each takes a slot, and those of a collected batch share one. */

/** A run that takes a slot. */
export interface SlotUser {
  readonly job: { readonly id: string };
}

/** Runs that share a slot. */
export interface SharedSlot {
  /** One of them gave it up. Returns whether it is free. */
  partFreed(): boolean;
}

/** Life of a slot: taken → free, which may be long after its job was settled: a handler that was interrupted may go on. */
export class Slots<Run extends SlotUser> {
  readonly #running = new Map<string, Run>();
  readonly #overstaying = new Set<Run>();
  readonly #shared = new Map<Run, SharedSlot>();
  #sharedCount = 0;

  /** In use. */
  get taken(): number {
    return this.#running.size + this.#overstaying.size - this.#shared.size + this.#sharedCount;
  }

  /** Whether nothing runs. */
  get isEmpty(): boolean {
    return this.#running.size + this.#overstaying.size === 0;
  }

  /** Runs whose job is still theirs. */
  get running(): readonly Run[] {
    return [...this.#running.values()];
  }

  /** All runs, also those whose job was taken from them. */
  get all(): readonly Run[] {
    return [...this.#running.values(), ...this.#overstaying];
  }

  find(id: string): Run | undefined {
    return this.#running.get(id);
  }

  /** A run of a job that runs here already has lost it: the earlier one keeps its slot until it ends. */
  enter(run: Run): void {
    const earlier = this.#running.get(run.job.id);
    if (earlier !== undefined) this.#overstaying.add(earlier);
    this.#running.set(run.job.id, run);
  }

  /** These take one slot together. */
  enterTogether(runs: readonly Run[], slot: SharedSlot): void {
    for (const run of runs) {
      this.enter(run);
      this.#shared.set(run, slot);
    }
    this.#sharedCount += 1;
  }

  leave(run: Run): void {
    if (this.#running.get(run.job.id) === run) this.#running.delete(run.job.id);
    this.#overstaying.delete(run);
    const slot = this.#shared.get(run);
    if (slot === undefined) return;
    this.#shared.delete(run);
    if (slot.partFreed()) this.#sharedCount -= 1;
  }
}
