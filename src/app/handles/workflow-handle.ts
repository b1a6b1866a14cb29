import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import type { Duration } from "../../core/duration.js";
import { JobNotFoundError } from "../../core/job-errors.js";
import type { FinalState } from "../../core/lifecycle.js";
import { WorkflowNotResumableError } from "../../core/workflow/errors.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { StepSnapshot, WorkflowStore } from "../../core/workflow/store.js";
import { type CancelResult, type DispatchedJob, HANDLE_ARGUMENTS, type JobHandle } from "./job-handle.js";

/** Where a workflow stands. `delayed`: it waits for its delay. */
export type WorkflowState = "delayed" | "running" | FinalState;

/** One step of a workflow as it stands; the number counts steps and the lists of groups. */
export type WorkflowStep = StepSnapshot;

/** One workflow, from any process. */
export interface WorkflowHandle<Result = unknown> {
  /** Finds it again from another process, by `taskora.findWorkflow(id)`. */
  readonly id: string;
  /**
   * What the last part gives. Rejects with `WorkflowFailedError`, `CancelledError`, `ExpiredError` or
   * `JobNotFoundError`.
   */
  readonly result: Promise<Result>;
  /** As {@link result}, but rejects with `TimeoutError` after `timeout`; the workflow goes on. */
  waitFor(timeout: Duration): Promise<Result>;
  /** Ends it and all its steps: those that have not begun at once, the others are told. */
  cancel(options?: { readonly reason?: string }): Promise<CancelResult>;
  /** `undefined` when the workflow is not stored (any more). */
  getState(): Promise<WorkflowState | undefined>;
  /** All steps in the order they were written; none when the workflow is not stored (any more). */
  getSteps(): Promise<readonly WorkflowStep[]>;
  /**
   * Runs a failed workflow again, without what had completed; gives the handle of the new run. A ttl starts anew.
   *
   * @throws {WorkflowNotResumableError} in any other state
   * @throws {JobNotFoundError} when it is not stored (any more)
   */
  resume(): Promise<WorkflowHandle<Result>>;
}

/** A {@link WorkflowHandle} that is also the promise of being stored. */
export interface PendingWorkflow<Result = unknown>
  extends WorkflowHandle<Result>,
    Promise<WorkflowHandle<Result>> {}

/** What handles need from their app. */
export interface WorkflowContext {
  readonly adapter: Adapter;
  store(): WorkflowStore;
  connect(): Promise<void>;
  /** The handle of a workflow that is stored. */
  handle<Result>(id: string): WorkflowHandle<Result>;
}

const STEPS_PER_PAGE = 1000;

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

  waitFor(timeout: Duration): Promise<Result> {
    return this.#job.waitFor(timeout);
  }

  cancel(options?: { readonly reason?: string }): Promise<CancelResult> {
    return this.#job.cancel(options);
  }

  async getState(): Promise<WorkflowState | undefined> {
    const state = await this.#job.getState();
    // Its job is parked while its steps run, and is active or retrying never.
    return state === "waiting" || state === "active" || state === "retrying" ? "running" : state;
  }

  async getSteps(): Promise<readonly WorkflowStep[]> {
    await this.#job.getState();
    const steps: WorkflowStep[] = [];
    for (let from = 0; ; from = (steps.at(-1)?.node ?? 0) + 1) {
      const page = await this.#context.store().readSteps({ id: this.id, from, limit: STEPS_PER_PAGE });
      steps.push(...page);
      if (page.length < STEPS_PER_PAGE) return steps;
    }
  }

  async resume(): Promise<WorkflowHandle<Result>> {
    await this.#context.connect();
    const change = { task: WORKFLOW_TASK, id: this.id, change: "revive" } as const;
    const [reply] = await this.#context.adapter.change([change]);
    if (reply?.status === "applied") return this.#context.handle(this.id);
    if (reply?.status === "refused") {
      throw new WorkflowNotResumableError(this.id, (await this.getState()) ?? reply.state);
    }
    throw new JobNotFoundError(this.id, "workflows");
  }
}

limitArguments(StoredWorkflow.prototype, "", {
  ...HANDLE_ARGUMENTS,
  rejects: { ...HANDLE_ARGUMENTS.rejects, getSteps: 0, resume: 0 },
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
