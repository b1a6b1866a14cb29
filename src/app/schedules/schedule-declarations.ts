import { createHash } from "node:crypto";
import { TaskoraError } from "../../core/errors.js";
import type { Encoded } from "../../core/job.js";
import type { ScheduleStore, StoredSchedule } from "../../core/schedule-store.js";
import type { WarningAbout } from "../event-types.js";
import type { RegisteredContract } from "../registry.js";
import { type PayloadSettings, type PreparedJobs, prepareJobs, type ScheduledData } from "./schedule-jobs.js";
import { isSpent, type PlannedRules, type PlannedTiming, type SchedulePlan } from "./schedule-plan.js";
import { changeStored, planOf, type ScheduleChange, type WantedSchedule } from "./stored-changes.js";

/** One schedule as the code declares it. */
export interface Declaration extends Omit<ScheduledData, "contract"> {
  readonly name: string;
  readonly timing: PlannedTiming;
  readonly rules: PlannedRules;
}

/** What declarations ask of their app. */
export interface DeclarationHost extends PayloadSettings {
  readonly store: ScheduleStore | undefined;
  contract(task: string): RegisteredContract | undefined;
  /** @throws {TaskoraError} `TASK_NOT_FOUND` */
  requireTask(task: string): Promise<void>;
  warn(message: string, about: WarningAbout): void;
  reportError(error: unknown, about: { readonly schedule: string; readonly task: string }): void;
}

/**
 * The schedules of an app's code. They are stored once per connection, before anything else is done with schedules.
 * The store remembers what the code said when it was last applied, so that the same code changes nothing, not even
 * what somebody changed at run time, and other code wins.
 */
export class Declarations {
  readonly #host: DeclarationHost;
  readonly #declared = new Map<string, Declaration>();
  #pending = new Set<Declaration>();
  #applying: Promise<void> = Promise.resolve();

  constructor(host: DeclarationHost) {
    this.#host = host;
  }

  /** @throws {TaskoraError} `SCHEDULE_CONFLICT`, `VALIDATION_FAILED` when the schema can tell at once */
  add(declaration: Declaration): void {
    const { name, task, data } = declaration;
    if (this.#declared.has(name)) throw declaredTwice(name);
    const prepared = prepareJobs({ task, data, contract: this.#host.contract(task) }, this.#host);
    // An asynchronous schema speaks when the schedule is stored.
    if (prepared instanceof Promise) prepared.catch(() => undefined);
    this.#declared.set(name, declaration);
    this.#pending.add(declaration);
  }

  /** What was declared of this name is declared no longer, and may be declared anew. */
  forget(name: string): void {
    const declaration = this.#declared.get(name);
    if (declaration === undefined) return;
    this.#declared.delete(name);
    this.#pending.delete(declaration);
  }

  get size(): number {
    return this.#declared.size;
  }

  copy(other: Declarations): void {
    for (const declaration of other.#declared.values()) this.#declared.set(declaration.name, declaration);
    this.reset();
  }

  /** They will be applied again: the next connection may be to other data. */
  reset(): void {
    this.#pending = new Set(this.#declared.values());
  }

  /** Stores what is not stored yet. One that cannot be is reported and left out. */
  apply(): Promise<void> {
    const done = this.#applying.then(() => this.#applyPending());
    this.#applying = done.then(undefined, () => undefined);
    return done;
  }

  async #applyPending(): Promise<void> {
    const { store } = this.#host;
    if (store === undefined || this.#pending.size === 0) return;
    const pending = [...this.#pending];
    const changes = new Map<string, ScheduleChange>();
    for (const declaration of pending) {
      const change = await this.#changeFor(declaration);
      if (change !== undefined) changes.set(declaration.name, change);
    }
    const written = await changeStored(store, changes);
    for (const declaration of pending) this.#pending.delete(declaration);
    if (written.length === 0) return;
    await this.#warnOfEnded(store, written);
    await this.#warnOfUnknownTasks(pending.filter(({ name }) => written.includes(name)));
  }

  /** No reason to refuse it: whoever runs the task may be deployed later. */
  async #warnOfUnknownTasks(declarations: readonly Declaration[]): Promise<void> {
    for (const { name, task } of declarations) {
      try {
        await this.#host.requireTask(task);
      } catch (error) {
        if (!(error instanceof TaskoraError) || error.code !== "TASK_NOT_FOUND") throw error;
        this.#host.warn(`Schedule ${name} has nothing to run so far. ${error.message}`, {
          schedule: name,
          task,
          code: "SCHEDULE_WITHOUT_TASK",
        });
      }
    }
  }

  async #changeFor(declaration: Declaration): Promise<ScheduleChange | undefined> {
    const { name, task } = declaration;
    try {
      const contract = this.#host.contract(task);
      return declaredChange(declaration, await prepareJobs({ ...declaration, contract }, this.#host));
    } catch (error) {
      this.#pending.delete(declaration);
      this.#host.reportError(error, { schedule: name, task });
      return undefined;
    }
  }

  async #warnOfEnded(store: ScheduleStore, names: readonly string[]): Promise<void> {
    const { schedules } = await store.read(names);
    for (const stored of schedules) {
      const plan = planOf(stored);
      if (stored === undefined || stored.nextSlotAt !== undefined || plan?.paused !== false) continue;
      const { name, task } = stored;
      this.#host.warn(`Schedule ${name} never runs any more: ${endOf(plan, stored)}.`, {
        schedule: name,
        task,
        code: "SCHEDULE_ENDED",
      });
    }
  }
}

function declaredChange(declaration: Declaration, { payload, ...job }: PreparedJobs): ScheduleChange {
  const { task, timing, rules } = declaration;
  const declared = fingerprintOf(JSON.stringify([task, timing, rules, job]), payload);
  return (stored: StoredSchedule | undefined): WantedSchedule | undefined => {
    const before = planOf(stored);
    if (before?.declared === declared) return undefined;
    return { task, payload, plan: { timing, rules, ...job, paused: before?.paused ?? false, declared } };
  };
}

/** Why no slot comes any more. */
function endOf(plan: SchedulePlan, stored: StoredSchedule): string {
  if (isSpent(plan, stored)) return `it has made ${stored.runs} jobs, and its limit is ${plan.rules.limit}`;
  if (plan.timing.endAt === undefined) return "its cron expression has no time ahead";
  return `its last slot before ${new Date(plan.timing.endAt).toISOString()}, its end, is past`;
}

function fingerprintOf(text: string, payload: Encoded): string {
  return createHash("sha256").update(text).update("\n").update(payload).digest("base64url").slice(0, 22);
}

function declaredTwice(name: string): TaskoraError {
  return new TaskoraError(
    "SCHEDULE_CONFLICT",
    `The schedule ${name} is declared twice in this app. Give one of the two another name.`,
  );
}
