/** The hops of workflows in memory: each leaves the store as if the process could end behind it. */
import { type JobMove, promoteMove } from "../core/job-moves.js";
import { Courier, type CourierStore, type CrashHook, type Turn } from "../core/workflow/courier.js";
import type { PackedItem } from "../core/workflow/packed-list.js";
import { WORKFLOW_TASK } from "../core/workflow/step.js";
import { stepJobId } from "../core/workflow/store.js";
import { cancelJob } from "./change.js";
import { insertJob } from "./insert.js";
import type { JobRecord, Lease } from "./job-record.js";
import type { JobStore } from "./memory-store.js";
import { findJob, pruneByCount, retentionOf } from "./sweep.js";
import { isGoingOn, type StepEntry, type StepErrand } from "./workflow-shelf.js";

/** Moves the workflows of a store on, for one adapter. */
export type MemoryCourier = Courier<StepEntry, StepErrand, string>;

/** @param crash where it stops, for tests */
export function createCourier(store: JobStore, crash: CrashHook): MemoryCourier {
  const hops: CourierStore<StepEntry, StepErrand, string> = {
    async advance(turns, carried) {
      const now = store.clock.now();
      for (const receipt of carried) store.workflows.acknowledge(receipt);
      const late = new Set<string>();
      const errands = turns.flatMap((turn) => takeTurn(store, turn, { now, late }));
      tell();
      return { errands, receipts: errands.map(({ receipt }) => receipt), more: [], late };
    },
    async carry({ task, entries, late, errands }) {
      const now = store.clock.now();
      for (const { key } of entries) {
        store.workflows.delivered(task, key);
        if (late.has(key)) store.workflows.bar(key, now);
      }
      for (const errand of errands) runErrand(store, errand, now);
      tell();
    },
  };
  // An acknowledgement costs nothing here, and no virtual clock should wait for it.
  const schedule = (_delayMs: number, callback: () => void) => {
    let isCancelled = false;
    void Promise.resolve().then(() => {
      if (!isCancelled) callback();
    });
    return {
      cancel: () => {
        isCancelled = true;
      },
    };
  };
  const clock = { monotonic: () => store.clock.monotonic(), schedule };
  const courier: MemoryCourier = new Courier(hops, { clock, crash });
  const tell = () => {
    const { entries, reminders } = store.workflows.takeTold();
    courier.take(entries, reminders);
  };
  return courier;
}

interface TurnBy {
  readonly now: number;
  readonly late: Set<string>;
}

/** Returns what follows from it. */
function takeTurn(store: JobStore, turn: Turn<StepEntry>, { now, late }: TurnBy): readonly StepErrand[] {
  const { workflows } = store;
  const { workflow } = turn;
  const errands: StepErrand[] = [];
  for (const receipt of turn.reminders) {
    const errand = workflows.again(receipt, now);
    if (errand !== undefined) errands.push(errand);
  }
  errands.push(...actOnOwn(store, workflow, now));
  for (const { key, step, outcome } of turn.entries) {
    if (workflows.isRepeated(workflow, now)) late.add(key);
    const record = findJob(store.task(WORKFLOW_TASK), workflow, now);
    if (!isGoingOn(record)) continue;
    const moved = workflows.move(workflow, { kind: "step", node: step.node, run: step.run, outcome }, now);
    errands.push(...moved.errands);
    if (moved.end !== undefined) finish(store, record, { outcome: moved.end, now });
  }
  return [...errands, ...actOnOwn(store, workflow, now)];
}

/** What has become of the workflow's own job. */
function actOnOwn(store: JobStore, workflow: string, now: number): readonly StepErrand[] {
  const { workflows } = store;
  const own = workflows.takeOwn(workflow);
  if (own === undefined) return [];
  const errands: StepErrand[] = [];
  const task = store.task(WORKFLOW_TASK);
  if (own.over !== undefined) {
    errands.push(...workflows.move(workflow, { kind: "over", ...own.over }, now).errands);
    if (!task.jobs.has(workflow)) workflows.drop(workflow);
  }
  const record = findJob(task, workflow, now);
  if (own.entered !== undefined && isGoingOn(record)) {
    const moved = workflows.move(workflow, { kind: "entered", ...own.entered }, now);
    errands.push(...moved.errands);
    if (moved.end !== undefined) finish(store, record, { outcome: moved.end, now });
  }
  return [...errands, ...actOnOwn(store, workflow, now)];
}

/** Ends the job that stands for the workflow. */
function finish(
  store: JobStore,
  record: JobRecord,
  { outcome, now }: { readonly outcome: PackedItem; readonly now: number },
): void {
  const task = store.task(WORKFLOW_TASK);
  if (record.state === "delayed") task.apply(record, promoteMove(now));
  const lease: Lease = { name: "", jobs: new Set(), due: undefined, lostAt: undefined, heldOne: false };
  task.start(record, lease, now);
  record.startedAt = store.workflows.begunAt(record.id) ?? now;
  task.apply(record, endOf(outcome, now));
  pruneByCount(task, retentionOf(task));
}

function endOf(outcome: PackedItem, now: number): JobMove {
  if (outcome.status !== "completed") return { event: "fail", to: "failed", at: now, error: outcome.error };
  const move = { event: "complete", to: "completed", at: now } as const;
  const { value } = outcome;
  return value === undefined || value === "" ? move : { ...move, result: value };
}

/** Inserts or cancels a step's job; again if need be. */
function runErrand(store: JobStore, { workflow, task, command }: StepErrand, now: number): void {
  const { workflows } = store;
  const jobs = store.task(task);
  const step = { workflow, node: command.node, run: command.run };
  const id = stepJobId(step);
  if (command.kind === "cancel") {
    const request = { task, id, reason: command.reason, retention: retentionOf(jobs) };
    const { status } = cancelJob(jobs, request, now);
    if (status === "missing") workflows.bar(id, now);
    // Its node has ended already.
    if (status === "cancelled") workflows.delivered(task, id);
    return;
  }
  if (jobs.jobs.has(id) || workflows.hasEnded(task, id) || workflows.isBarred(id, now)) return;
  const { template, payload } = command;
  const job = { ...template, id, payload, limits: { ...template.limits, step } };
  insertJob(jobs, job, {
    now,
    outcomes: new Set(),
    wake: () => store.wakes.mark(task),
    dueNext: () => store.wakes.markDue(),
  });
}
