/** Moves the workflows on of which this process learns that there is news, some at a time; the courier of core gathers them. */
import type { SweepReply, SweepRequest } from "../../core/adapter.js";
import { systemClock } from "../../core/clock.js";
import { TaskoraError } from "../../core/errors.js";
import {
  Courier,
  type CrashHook,
  type CrashPoint,
  type Errand,
  type OutboxEntry,
} from "../../core/workflow/courier.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { Database } from "../connection/database.js";
import { answerOf } from "../connection/database.js";
import { type MovingParts, moveOn } from "./move-on.js";

/** Most workflows that one sweep takes up. */
const MOST_LYING = 1000;
const NOTHING: ReadonlySet<string> = new Set();

export class WorkflowMover {
  readonly #database: Database;
  readonly #crash: CrashHook;
  readonly #parts: MovingParts;
  readonly #courier: Courier<OutboxEntry, Errand, never>;
  #isDead = false;

  /** @param crash where it stops, for tests */
  constructor(parts: Omit<MovingParts, "reach">, crash: CrashHook) {
    this.#database = parts.database;
    this.#crash = crash;
    this.#parts = { ...parts, reach: (point) => this.#reach(point) };
    this.#courier = new Courier(
      {
        advance: async (turns) => {
          const more = await this.#moveAll(turns.map(({ workflow }) => workflow));
          return { errands: [], receipts: [], more, late: NOTHING };
        },
        carry: async () => undefined,
      },
      // The other points are within a transaction.
      { clock: systemClock, crash: { at: (point) => point === "taken" && this.#reach(point) } },
    );
  }

  /** There is news of these. */
  look(workflows: readonly string[]): void {
    this.#courier.take(
      [],
      workflows.map((workflow) => ({ workflow })),
    );
  }

  /** Resolves when all that there was to do has been done, or did not work. */
  caughtUp(): Promise<void> {
    return this.#courier.caughtUp();
  }

  stop(): void {
    this.#courier.stop();
  }

  /** A sweep of the workflows takes up what others have left; none resolves before what it found has been done. */
  async afterSweep(
    requests: readonly SweepRequest[],
    replies: readonly SweepReply[],
  ): Promise<readonly SweepReply[]> {
    const isOfWorkflows = requests.some(({ task }) => task === WORKFLOW_TASK);
    if (isOfWorkflows) this.look(await this.#lying(MOST_LYING));
    await this.#courier.caughtUp();
    if (!isOfWorkflows || (await this.#lying(1)).length === 0) return replies;
    return replies.map((reply, index) =>
      requests[index]?.task === WORKFLOW_TASK ? { ...reply, nextDueInMs: 0 } : reply,
    );
  }

  #lying(limit: number): Promise<readonly string[]> {
    return answerOf(this.#database, "select @@lying_workflows($1)", [limit]);
  }

  /** One that cannot be moved on does not keep the others from it. */
  async #moveAll(ids: readonly string[]): Promise<readonly string[]> {
    try {
      return await moveOn(this.#parts, ids);
    } catch (error) {
      const isStore = error instanceof TaskoraError && "retryable" in error && error.retryable === true;
      if (this.#isDead || isStore || ids.length === 1) throw error;
    }
    const left: string[] = [];
    for (const id of ids) left.push(...(await moveOn(this.#parts, [id]).catch(() => [])));
    return left;
  }

  #reach(point: CrashPoint): void {
    try {
      this.#crash.at?.(point);
    } catch (error) {
      this.#isDead = true;
      this.#courier.stop();
      throw error;
    }
  }
}
