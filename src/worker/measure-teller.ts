/** Tells the store what a worker has counted; what it does not take goes with the next. */
import type { MeasureStore } from "../core/observe/measure-store.js";
import type { WorkerMeasures } from "./measures.js";

/** What a teller is made of. */
export interface MeasureTellerParts {
  readonly store: Pick<MeasureStore, "record" | "mark">;
  readonly measures: WorkerMeasures;
  readonly worker: string;
  /** Undefined: it has no name. */
  readonly release: string | undefined;
}

export class MeasureTeller {
  readonly #parts: MeasureTellerParts;
  readonly #reportError: (error: unknown) => void;
  #isFailing = false;
  #isOver = false;
  /** Telling follows telling. */
  #telling: Promise<void> = Promise.resolve();

  constructor(parts: MeasureTellerParts, reportError: (error: unknown) => void) {
    this.#parts = parts;
    this.#reportError = reportError;
  }

  /** What it tells. */
  get measures(): WorkerMeasures {
    return this.#parts.measures;
  }

  /** Tells what was counted since the last time. Never rejects: a failure is reported, the first of several. */
  tell(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tell());
    return this.#telling;
  }

  /** Tells for the last time. That a store is away has been told of: a close waits for nothing, and reports nothing more. */
  end(): Promise<void> {
    this.#isOver = true;
    return this.tell();
  }

  /** Says which release begins to work here. */
  async begin(): Promise<void> {
    const { store, release } = this.#parts;
    if (release !== undefined) await this.#quietly(() => store.mark(release));
  }

  async #tell(): Promise<void> {
    const { store, measures, worker } = this.#parts;
    const tasks = measures.take();
    if (tasks.length === 0) return;
    const isTold = await this.#quietly(() => store.record({ worker, tasks }));
    if (!isTold) measures.putBack(tasks);
  }

  /** Returns whether the call succeeded. */
  async #quietly(call: () => Promise<void>): Promise<boolean> {
    try {
      await call();
      this.#isFailing = false;
      return true;
    } catch (error) {
      if (!this.#isFailing && !this.#isOver) this.#reportError(error);
      this.#isFailing = true;
      return false;
    }
  }
}
