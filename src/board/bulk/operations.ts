/** Changes of many jobs that go on in this process while whoever asked for them does something else. */
import type { BulkResult } from "../../app/operate/change.js";
import type { Clock } from "../../core/clock.js";
import { isTaskoraError } from "../../core/error-classes.js";
import type { Operation } from "../api.js";
import { BoardFailure } from "../http/answer.js";

/** Going on at once. */
const MOST_RUNNING = 10;
/** Those that ended last are told of. */
const MOST_KEPT = 100;

/** What an operation does. */
export interface OperationWork {
  readonly action: Operation["action"];
  /** In the words of who asked. */
  readonly filter: string;
  readonly by: string;
  /** Whose jobs may be changed: who does not see them is not told of it. */
  readonly tasks: readonly string[];
  run(control: { readonly signal: AbortSignal; onProgress(done: BulkResult): void }): Promise<BulkResult>;
}

interface Kept {
  operation: Operation;
  readonly tasks: readonly string[];
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

/** Runs them, tells how far they are, and stops them. */
export class Operations {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #listeners = new Set<(operation: Operation) => void>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Begins one.
   *
   * @throws {BoardFailure} too many go on
   */
  begin(work: OperationWork): Operation {
    const running = [...this.#kept.values()].filter(({ operation }) => operation.state === "running").length;
    if (running >= MOST_RUNNING)
      throw new BoardFailure(429, "BOARD_TOO_MANY", {
        message: `${running} changes of many jobs go on, which is the most.`,
        hint: "Wait for one to end, or stop one.",
      });
    this.#count += 1;
    const id = String(this.#count);
    const stop = new AbortController();
    const { action, filter, by, tasks } = work;
    const operation: Operation = {
      ...{ id, action, filter, by, startedAt: this.#now(), state: "running" },
      ...{ matched: 0, applied: 0, refused: 0, missing: 0 },
    };
    const over = Promise.resolve().then(() => this.#run(id, work, stop.signal));
    this.#kept.set(id, { operation, tasks, stop, over });
    this.#forgetOldest();
    return operation;
  }

  /** The newest first. */
  list(sees: (task: string) => boolean): readonly Operation[] {
    return [...this.#kept.values()]
      .filter(({ tasks }) => tasks.every(sees))
      .map(({ operation }) => operation)
      .reverse();
  }

  get(id: string, sees: (task: string) => boolean): Operation | undefined {
    const kept = this.#kept.get(id);
    return kept?.tasks.every(sees) === true ? kept.operation : undefined;
  }

  /** Whose jobs one changes. */
  tasksOf(id: string): readonly string[] {
    return this.#kept.get(id)?.tasks ?? [];
  }

  /** Stops one within a page of its jobs, and waits for that; what was changed stays so. */
  async stop(id: string): Promise<Operation | undefined> {
    const kept = this.#kept.get(id);
    kept?.stop.abort();
    await kept?.over;
    return kept?.operation;
  }

  /** Tells of every step of every operation. Returns what stops it. */
  watch(listener: (operation: Operation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((id) => this.stop(id)));
  }

  async #run(id: string, work: OperationWork, signal: AbortSignal): Promise<void> {
    const onProgress = (done: BulkResult) => this.#set(id, countsOf(done));
    try {
      const done = await work.run({ signal, onProgress });
      const state = signal.aborted && done.cursor !== undefined ? "stopped" : "done";
      this.#set(id, { ...countsOf(done), state, endedAt: this.#now() });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // Other errors may say what nobody should read.
      const told = isTaskoraError(error)
        ? { error: error.message, code: error.code }
        : { error: "Something went wrong in the board." };
      this.#set(id, { state: "failed", ...told, endedAt: this.#now() });
    }
  }

  #set(id: string, change: Partial<Operation>): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    kept.operation = { ...kept.operation, ...change };
    for (const listener of this.#listeners) listener(kept.operation);
  }

  #forgetOldest(): void {
    for (const [id, { operation }] of this.#kept) {
      if (this.#kept.size <= MOST_KEPT) return;
      if (operation.state !== "running") this.#kept.delete(id);
    }
  }

  #now(): number {
    return this.#clock.now();
  }
}

function countsOf({ matched, applied, refused, missing }: BulkResult) {
  return { matched, applied, refused, missing };
}
