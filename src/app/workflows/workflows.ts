import type { Adapter, NewJob } from "../../core/adapter.js";
import { CallBatcher } from "../../core/batcher.js";
import { anObject, instant } from "../../core/checks.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import { AppClosedError } from "../../core/job-errors.js";
import { type Check, optionSet } from "../../core/options.js";
import type { DispatchGroup } from "../../core/telemetry/job-telemetry.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { GraphPart, WorkflowStore } from "../../core/workflow/store.js";
import type { KeptTask } from "../../worker/caretaker.js";
import { resolveDispatch } from "../dispatch/dispatch-options.js";
import type { TaskClientHost } from "../dispatch/task-client.js";
import { notSupported } from "../features.js";
import { DispatchedJob } from "../handles/dispatched-job.js";
import { StoredJobHandle } from "../handles/job-handle.js";
import {
  DispatchedWorkflow,
  type PendingWorkflow,
  StoredWorkflow,
  type WorkflowContext,
  type WorkflowHandle,
} from "../handles/workflow-handle.js";
import type { AppSettings } from "../options.js";
import { buildGraph, type StepApp } from "./workflow-graph.js";
import { createWorkflowList, type WorkflowList } from "./workflow-list.js";
import { planOf, type WorkflowLink } from "./workflow-part.js";

/** How a workflow is started. */
export interface WorkflowOptions {
  /** Wait before its first steps may start, on the store's clock. */
  readonly delay?: Duration | undefined;
  /** When its first steps may start; a past time means at once. Not with `delay`. */
  readonly runAt?: number | Date | undefined;
  /** Expires as a whole, with all its steps, when it has not ended this long after it was stored. Default: never. */
  readonly ttl?: Duration | undefined;
  /**
   * A transaction of yours: the workflow is started by its commit. Its steps are stored before, and forgotten when no commit
   * has followed within an hour. For stores in your own database.
   */
  readonly within?: object | undefined;
}

const OPTIONS = optionSet({
  delay: parseDuration,
  runAt: instant,
  ttl: parseDuration,
  within: anObject,
} satisfies {
  readonly [Key in keyof Required<WorkflowOptions>]: Check<unknown>;
});
const DEFAULTS = {
  priority: 0,
  delayMs: undefined,
  ttlMs: undefined,
  onExpire: undefined,
  isDeduplicated: false,
};
const JOB_BYTES = 256;

/** What workers sweep beside their own tasks, so that workflows expire and go on when nobody else looks after them. */
export function keptWorkflows({ adapter, retention }: AppSettings): readonly KeptTask[] {
  return adapter.workflows === undefined ? [] : [{ name: WORKFLOW_TASK, retention, stallLimit: 0 }];
}

/** Starts and finds workflows of one app. */
export class Workflows {
  readonly #adapter: Adapter;
  readonly #app: StepApp;
  readonly #host: TaskClientHost;
  readonly #connect: () => Promise<void>;
  /** Graphs of workflows that are started together travel together. */
  readonly #graphs: CallBatcher<GraphPart, void>;
  /** Those of the store. */
  readonly list: WorkflowList;

  constructor(app: StepApp & { readonly adapter: Adapter; readonly connect: () => Promise<void> }) {
    this.#app = app;
    this.#adapter = app.adapter;
    this.#host = app.host;
    this.#connect = app.connect;
    this.#graphs = new CallBatcher(async (parts) => {
      await this.#store().define(parts);
      return parts.map(() => undefined);
    });
    const { serializer } = app.host;
    const handle = <Result>(id: string) => this.handle<Result>(id);
    this.list = createWorkflowList({ adapter: app.adapter, serializer, handle, connect: app.connect });
  }

  start<Result>(link: WorkflowLink, options: WorkflowOptions = {}): PendingWorkflow<Result> {
    const ref = { task: WORKFLOW_TASK, id: this.#host.newId() };
    const job = new DispatchedJob<Result>(ref, this.#host.context);
    const preparing = this.#prepare(job as DispatchedJob<unknown>, link, options).then(
      undefined,
      (error: unknown) => job.fail(error),
    );
    this.#host.preparing.add(preparing);
    void preparing.then(() => this.#host.preparing.delete(preparing));
    return new DispatchedWorkflow(job, this.#context());
  }

  handle<Result>(id: string): WorkflowHandle<Result> {
    const job = new StoredJobHandle<Result>({ task: WORKFLOW_TASK, id }, this.#host.context, "unknown");
    return new StoredWorkflow<Result>(job, this.#context());
  }

  /** The graph first, in its parts, then the job that starts it. */
  async #prepare(job: DispatchedJob<unknown>, link: WorkflowLink, options: WorkflowOptions): Promise<void> {
    const stored = job.answered();
    stored.catch(() => undefined);
    const group = this.#tellOf(stored);
    // The caller may want the result, which is asked for together with the insert.
    await Promise.resolve();
    if (!this.#host.isOpen()) throw new AppClosedError("start a workflow");
    const { within } = OPTIONS.read(options, "the options of a workflow");
    const { within: _, ...times } = options;
    const timing = resolveDispatch(times, DEFAULTS);
    this.#store();
    if (within !== undefined) {
      this.#host.context.requireFeature("transactions", "within of a workflow");
      job.joinTransaction(within);
    }
    const plan = planOf(link, "workflow()");
    const { parts, nodes } = await buildGraph(job.id, plan, { ...this.#app, stored: () => stored, group });
    await this.#connect();
    for (const { part, bytes } of parts) await this.#graphs.call(part, bytes);
    const newJob: NewJob = {
      task: WORKFLOW_TASK,
      id: job.id,
      payload: "",
      version: 1,
      fingerprint: "",
      ...timing,
      limits: { workflow: { nodes } },
    };
    job.prepared(newJob, JOB_BYTES);
    this.#host.store(job);
  }

  /** Its steps are dispatched by one call. */
  #tellOf(stored: Promise<unknown>): DispatchGroup | undefined {
    const { telemetry } = this.#host;
    const group = telemetry.many(WORKFLOW_TASK);
    const end = () => telemetry.endMany(group);
    if (group !== undefined) stored.then(end, end);
    return group;
  }

  #context(): WorkflowContext {
    return { store: () => this.#store(), handle: (id) => this.handle(id) };
  }

  #store(): WorkflowStore {
    const { workflows } = this.#adapter;
    if (workflows !== undefined) return workflows;
    throw notSupported(this.#adapter, "workflows", "a workflow");
  }
}
