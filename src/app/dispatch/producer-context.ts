import type {
  Adapter,
  CallOptions,
  ChangeReply,
  CollectedKey,
  CollectedQuery,
  ControlReply,
  ControlRequest,
  JobChange,
  KeyRef,
  MessagesQuery,
  Retention,
  StateCounts,
} from "../../core/adapter.js";
import { CallBatcher } from "../../core/batcher.js";
import type { Clock } from "../../core/clock.js";
import { type AskedFeature, hasFeature } from "../../core/features.js";
import type { JobRef, JobSnapshot, StoredMessage } from "../../core/job.js";
import type { JobState } from "../../core/lifecycle.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import { decodeValue, type Serializer } from "../../core/serializer.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { EventHub } from "../events.js";
import { requireFeature, requireLimits } from "../features.js";
import type { Ear, MessageHub } from "../handles/message-hub.js";
import type { JobMessage } from "../handles/messages.js";
import type { ResultHub } from "../handles/results.js";
import { type ChangeResult, cancelResult, isDone, type ToldChange } from "../operate/change.js";
import { decodeJob, detailsOf, type JobDetails } from "../operate/job.js";
import type { KnownTasks } from "../operate/known-tasks.js";
import { type ImplementedContract, readTaskContracts } from "../operate/task-contracts.js";
import { readVersions, type VersionCounts } from "../operate/versions.js";
import { contractStoreOf } from "../operate/workers.js";
import type { AppSettings } from "../options.js";

/** What handles need from their app. */
export interface ProducerContext {
  readonly clock: Clock;
  readonly results: ResultHub;
  /** The app's: what a cancel or a drain keeps of what it ends. */
  readonly retention: Retention;
  cancel(ref: JobRef, reason: string): Promise<ChangeResult>;
  change(change: JobChange): Promise<ChangeReply>;
  control(request: ControlRequest): Promise<ControlReply>;
  count(task: string): Promise<StateCounts>;
  read(ref: JobRef): Promise<JobSnapshot | undefined>;
  /** Who holds a key now; undefined: nobody. */
  holder(key: KeyRef): Promise<JobRef | undefined>;
  readDetails(ref: JobRef): Promise<JobDetails | undefined>;
  /** A page of what a job emitted; no state: it is not stored (any more). */
  readMessages(query: MessagesQuery): Promise<ReadMessages>;
  listenForMessages(ref: JobRef, signal: AbortSignal | undefined): Promise<Ear>;
  collected(query: CollectedQuery): Promise<readonly CollectedKey[]>;
  versions(task: string): Promise<readonly VersionCounts[]>;
  contracts(task: string): Promise<readonly ImplementedContract[]>;
  /** A job's payload; undefined when it cannot be read. */
  decodeInput(job: JobSnapshot): unknown;
  /** Refuses a name that means no task; see {@link KnownTasks}. */
  requireTask(task: string): Promise<void>;
  /** Refuses what the adapter declines. */
  requireFeature(feature: AskedFeature, asked: string): void;
  /** Refuses limits that the adapter declines. */
  requireLimits(limits: JobLimits, task: string): void;
  reportError(error: unknown, about: { readonly task: string; readonly jobId: string }): void;
  /** Something was asked to be changed by hand: `audit` listeners are told when it was. */
  audit(change: ToldChange): void;
}

/** A page of messages as their listener gets them. */
export interface ReadMessages {
  readonly messages: readonly JobMessage[];
  readonly state?: JobState;
}

/** What it takes of its app. */
export interface ProducerContextHost {
  readonly settings: AppSettings;
  readonly results: ResultHub;
  readonly events: EventHub;
  readonly messages: MessageHub;
  readonly tasks: KnownTasks;
  readonly connect: () => Promise<void>;
}

/** Calls of handles made together travel together. */
export function createProducerContext(app: ProducerContextHost): ProducerContext {
  const { adapter, serializer, retention, clock } = app.settings;
  const { cancels, changes, controls, counts, holders, reads, details } = batchersOf(adapter);
  /** A job that is not there may be one of a task that is not there. */
  const found = async <Reply extends { readonly status: string }>(task: string, reply: Reply) => {
    if (reply.status === "missing") await app.tasks.require(task);
    return reply;
  };
  return {
    ...{ clock, retention, results: app.results },
    cancel: async ({ task, id }, reason) => {
      await app.connect();
      return cancelResult(await found(task, await cancels.call({ task, id, reason, retention })));
    },
    change: async (change) => {
      await app.connect();
      return found(change.task, await changes.call(change));
    },
    control: async (request) => {
      requireFeature(adapter, "control", `${request.control} of ${request.task}`);
      await app.connect();
      return controls.call(request);
    },
    count: async (task) => {
      await app.connect();
      return counts.call(task);
    },
    read: async (ref) => {
      await app.connect();
      const snapshot = await reads.call(ref);
      if (snapshot === undefined) await app.tasks.require(ref.task);
      return snapshot;
    },
    holder: async ({ task, key }) => {
      if (!hasFeature(adapter, "idempotency"))
        requireFeature(adapter, "unique", `a look for the key of ${task}`);
      await app.connect();
      const id = await holders.call({ task, key });
      if (id !== undefined) return { task, id };
      await app.tasks.require(task);
      return undefined;
    },
    readDetails: async (ref) => {
      await app.connect();
      const found = await details.call(ref);
      if (found !== undefined) return detailsOf(serializer, found);
      await app.tasks.require(ref.task);
      return undefined;
    },
    ...messagesOf(app),
    collected: async (query) => {
      requireFeature(adapter, "collect", `a look at what ${query.task} collects`);
      await app.connect();
      return (await adapter.collected?.(query)) ?? [];
    },
    versions: (task) => versionsOf(app, task),
    contracts: (task) => contractsOf(app, task),
    decodeInput: (job) => decodeJob(serializer, job).data,
    requireTask: async (task) => {
      await app.connect();
      await app.tasks.require(task);
    },
    requireFeature: (feature, asked) => requireFeature(adapter, feature, asked),
    requireLimits: (limits, task) => requireLimits(adapter, limits, task),
    reportError: (error, about) => app.events.reportError(error, about),
    audit: ({ status, ...change }) => {
      if (isDone(status)) app.events.audit({ type: "audit", ...ofWorkflow(change), status, at: clock.now() });
    },
  };
}

async function contractsOf(
  { settings, tasks, connect }: ProducerContextHost,
  task: string,
): Promise<readonly ImplementedContract[]> {
  contractStoreOf(settings.adapter, "contracts()");
  await connect();
  const found = (await readTaskContracts(settings.adapter, [task])).get(task) ?? [];
  if (found.length === 0) await tasks.require(task);
  return found;
}

async function versionsOf(
  { settings, tasks, connect }: ProducerContextHost,
  task: string,
): Promise<readonly VersionCounts[]> {
  const contracts = contractStoreOf(settings.adapter, "versions()");
  await connect();
  const found = await readVersions(contracts, task);
  if (found.length === 0) await tasks.require(task);
  return found;
}

function messagesOf({
  settings,
  connect,
  tasks,
  messages: hub,
}: ProducerContextHost): Pick<ProducerContext, "readMessages" | "listenForMessages"> {
  const { adapter, serializer } = settings;
  const pages = new CallBatcher(
    async (queries: readonly MessagesQuery[], call: CallOptions) =>
      (await adapter.messages?.(queries, call)) ?? [],
  );
  return {
    readMessages: async (query) => {
      await connect();
      const page = await pages.call(query);
      if (page.state === undefined) await tasks.require(query.task);
      return { ...page, messages: page.messages.map((each) => decodeMessage(serializer, query.task, each)) };
    },
    listenForMessages: (ref, signal) => hub.listen(ref, signal),
  };
}

/** @throws {TaskoraError} `RECORD_CORRUPT` when the serializer cannot read it */
function decodeMessage(serializer: Serializer, task: string, stored: StoredMessage): JobMessage {
  const { message, number, attempt, at } = stored;
  return { value: decodeValue(serializer, message, { task, side: "message" }), number, attempt, at };
}

/** What is asked of one task goes with what is asked of others meanwhile. */
function batchersOf(adapter: Adapter) {
  return {
    cancels: new CallBatcher(adapter.cancel.bind(adapter)),
    changes: new CallBatcher(adapter.change.bind(adapter)),
    controls: new CallBatcher(
      async (requests: readonly ControlRequest[], call: CallOptions) =>
        (await adapter.control?.(requests, call)) ?? [],
    ),
    counts: new CallBatcher(adapter.count.bind(adapter)),
    holders: new CallBatcher(
      async (keys: readonly KeyRef[], call: CallOptions) => (await adapter.holders?.(keys, call)) ?? [],
    ),
    reads: new CallBatcher(adapter.read.bind(adapter)),
    details: new CallBatcher((refs: readonly JobRef[], call: CallOptions) =>
      adapter.read(refs, { ...call, details: true }),
    ),
  };
}

/** What is done to the job that stands for a workflow is done to the workflow. */
function ofWorkflow(change: Omit<ToldChange, "status">): Omit<ToldChange, "status"> {
  const { task, jobId, ...rest } = change;
  if (task !== WORKFLOW_TASK || jobId === undefined) return change;
  return {
    ...rest,
    workflow: jobId,
    action: change.action === "job.retry" ? "workflow.resume" : "workflow.cancel",
  };
}
