import { limitArguments } from "../../core/arguments.js";
import type { Duration } from "../../core/duration.js";
import { FINAL_STATES, type JobState } from "../../core/lifecycle.js";
import type { StepSnapshot, WorkflowStore } from "../../core/workflow/store.js";
import type { ChangeOptions, ChangeResult } from "../operate/change.js";
import type { DispatchedJob } from "./dispatched-job.js";
import { HANDLE_ARGUMENTS, type JobHandle, type WaitOptions } from "./job-handle.js";

/** Where a workflow may stand. `delayed`: it waits for its delay. */
export const WORKFLOW_STATES = ["delayed", "running", ...FINAL_STATES] as const;

export type WorkflowState = (typeof WORKFLOW_STATES)[number];

/** What resuming a workflow did. `applied`: with the handle of the new run. */
export type ResumeResult<Result = unknown> =
  | { readonly status: "applied"; readonly workflow: WorkflowHandle<Result> }
  | { readonly status: "missing" }
  | { readonly status: "refused"; readonly state: WorkflowState };

/** One workflow, from any process. */
export interface WorkflowHandle<Result = unknown> {
  /** Finds it again from another process, by `taskora.workflows.handle(id)`. */
  readonly id: string;
  /**
   * What the last part gives. Rejects with `WorkflowFailedError`, `CancelledError`, `ExpiredError` or
   * `JobNotFoundError`.
   */
  readonly result: Promise<Result>;
  /** As {@link result}, but no longer than a time, or until a signal aborts; the workflow goes on. */
  waitFor(wait: Duration | WaitOptions): Promise<Result>;
  /** Ends it and all its steps: those that have not begun at once, the others are told. */
  cancel(change?: ChangeOptions): Promise<ChangeResult>;
  /** `undefined` when the workflow is not stored (any more). */
  getState(): Promise<WorkflowState | undefined>;
  /** All steps in the order they were written; none when the workflow is not stored (any more). */
  getSteps(): Promise<readonly StepSnapshot[]>;
  /** Runs a failed workflow again, without what had completed. A TTL starts anew. */
  resume(change?: ChangeOptions): Promise<ResumeResult<Result>>;
}

/** A {@link WorkflowHandle} that is also the promise of being stored. */
export interface PendingWorkflow<Result = unknown>
  extends WorkflowHandle<Result>,
    Promise<WorkflowHandle<Result>> {}

/** What handles need from their app. */
export interface WorkflowContext {
  store(): WorkflowStore;
  /** The handle of a workflow that is stored. */
  handle<Result>(id: string): WorkflowHandle<Result>;
}

const STEPS_PER_PAGE = 1000;

/** Its job is parked while its steps run, and is active or retrying never. */
export function workflowState(state: JobState): WorkflowState {
  return state === "waiting" || state === "active" || state === "retrying" ? "running" : state;
}

/** The handle of a workflow that is stored, or believed to be. No thenable, so async functions can return it. */
export class StoredWorkflow<Result> implements WorkflowHandle<Result> {
  readonly id: string;
  /** The job that stands for the workflow. */
  readonly #job: JobHandle<Result>;
  readonly #context: WorkflowContext;

  constructor(job: JobHandle<Result>, context: WorkflowContext) {
    this.id = job.id;
    this.#job = job;
    this.#context = context;
  }

  get result(): Promise<Result> {
    return this.#job.result;
  }

  waitFor(wait: Duration | WaitOptions): Promise<Result> {
    return this.#job.waitFor(wait);
  }

  cancel(change?: ChangeOptions): Promise<ChangeResult> {
    return this.#job.cancel(change);
  }

  async getState(): Promise<WorkflowState | undefined> {
    const state = await this.#job.getState();
    return state === undefined ? undefined : workflowState(state);
  }

  async getSteps(): Promise<readonly StepSnapshot[]> {
    await this.#job.getState();
    const steps: StepSnapshot[] = [];
    for (let from = 0; ; from = (steps.at(-1)?.node ?? 0) + 1) {
      const page = await this.#context.store().readSteps({ id: this.id, from, limit: STEPS_PER_PAGE });
      steps.push(...page);
      if (page.length < STEPS_PER_PAGE) return steps;
    }
  }

  async resume(change?: ChangeOptions): Promise<ResumeResult<Result>> {
    const reply = await this.#job.retry(change);
    if (reply.status === "applied") return { status: "applied", workflow: this.#context.handle(this.id) };
    if (reply.status === "missing") return { status: "missing" };
    return { status: "refused", state: workflowState(reply.state) };
  }
}

limitArguments(StoredWorkflow.prototype, "", {
  ...HANDLE_ARGUMENTS,
  rejects: { ...HANDLE_ARGUMENTS.rejects, getSteps: 0, resume: 1 },
});

/** What starting a workflow returns: the handle at once, and the promise that the store has it. */
export class DispatchedWorkflow<Result> extends StoredWorkflow<Result> implements PendingWorkflow<Result> {
  readonly [Symbol.toStringTag] = "PendingWorkflow";
  readonly #pending: DispatchedJob<Result>;
  readonly #handles: WorkflowContext;

  constructor(job: DispatchedJob<Result>, context: WorkflowContext) {
    super(job, context);
    this.#pending = job;
    this.#handles = context;
  }

  // biome-ignore lint/suspicious/noThenProperty: as dispatch() does, this returns a promise that has members of its own
  then<A = WorkflowHandle<Result>, B = never>(
    onStored?: ((handle: WorkflowHandle<Result>) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#pending.then((job) => new StoredWorkflow(job, this.#handles)).then(onStored, onFailed);
  }

  catch<B = never>(
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<WorkflowHandle<Result> | B> {
    return this.then(undefined, onFailed);
  }

  finally(onEnd?: (() => void) | null): Promise<WorkflowHandle<Result>> {
    return this.then().finally(onEnd);
  }
}
