import assert from "node:assert/strict";
import type { Settlement } from "../../core/adapter.js";
import {
  canHappen,
  JOB_STATES,
  type JobState,
  LIFECYCLE,
  type LifecycleEvent,
} from "../../core/lifecycle.js";
import type { ConformanceCase } from "./kit.js";
import {
  anError,
  defineCase,
  type EndEvent,
  keeping,
  LEASE,
  LONG_MS,
  only,
  type Stage,
  TASK,
} from "./stage.js";

type Place = JobState | "none";

/** The job that events are tried on. */
const ID = "subject";
/** Longer than a busy machine pauses between an insert and the claim after it. */
const TTL_MS = 1000;
const SHORT_LEASE_MS = 20;

/** What a job of each event is inserted and claimed with, so that the event could happen to it. */
interface Setup {
  readonly ttlMs?: number;
  readonly leaseMs: number;
}

function setupFor(event: LifecycleEvent): Setup {
  if (event === "expire") return { ttlMs: TTL_MS, leaseMs: LONG_MS };
  return { leaseMs: event === "reclaim" ? SHORT_LEASE_MS : LONG_MS };
}

/** Brings the job into a state; gives its last fence. */
async function bring(stage: Stage, state: Place, setup: Setup): Promise<number> {
  const job = { id: ID, ...(setup.ttlMs === undefined ? {} : { ttlMs: setup.ttlMs }) };
  switch (state) {
    case "none":
      return 1;
    case "waiting":
      await stage.insert(job);
      return 1;
    case "delayed":
      await stage.insert({ ...job, delayMs: LONG_MS });
      return 1;
    case "cancelled":
      await stage.insert(job);
      await stage.cancel(ID);
      return 1;
    case "expired":
      await stage.insert({ ...job, ttlMs: 1 });
      await stage.advance(2);
      await stage.sweep();
      return 1;
    case "active":
      return (await stage.takeNew(job, { leaseMs: setup.leaseMs })).fence;
    case "completed":
      return takeAndEnd(stage, job, { event: "complete", result: "1" });
    case "failed":
      return takeAndEnd(stage, job, { event: "fail", error: anError() });
    case "retrying":
      return takeAndEnd(stage, job, { event: "retry", error: anError(), delayMs: LONG_MS });
  }
}

async function takeAndEnd(stage: Stage, job: { readonly id: string }, event: EndEvent): Promise<number> {
  const { fence } = await stage.takeNew(job);
  await stage.end({ id: ID, fence }, event);
  return fence;
}

/** Tries an event through the port; says whether the adapter applied it. */
async function attempt(stage: Stage, event: LifecycleEvent, fence: number): Promise<boolean> {
  switch (event) {
    case "insert": {
      const reply = await stage.adapter.insert([
        { task: TASK, id: ID, payload: `"other"`, version: 1, fingerprint: "", priority: 0 },
      ]);
      return only(reply).status === "inserted";
    }
    case "claim":
      return (await stage.takeIds()).includes(ID);
    case "complete":
      return settled(stage, { id: ID, fence, event, result: "2" });
    case "retry":
      return settled(stage, { id: ID, fence, event, error: anError(), delayMs: LONG_MS });
    case "fail":
      return settled(stage, { id: ID, fence, event, error: anError() });
    case "release":
      return settled(stage, { id: ID, fence, event });
    case "cancel":
      return cancelled(stage, fence);
    case "reclaim":
      await stage.advance(SHORT_LEASE_MS + 1);
      return (await stage.sweep()).reclaimed === 1;
    case "expire":
      await stage.advance(TTL_MS + 1);
      return (await stage.sweep()).expired === 1;
    case "prune":
      return (await stage.sweep({ retention: nothing })).pruned === 1;
    case "reschedule":
      return (await stage.change(ID, { change: "reschedule", delayMs: LONG_MS })).status === "applied";
    case "promote":
    case "revive":
    case "remove":
      return (await stage.change(ID, { change: event })).status === "applied";
  }
}

const none = { ageMs: LONG_MS, count: 0 };
const nothing = keeping({ completed: none, failed: none, cancelled: none, expired: none });

async function settled(stage: Stage, settlement: Settlement): Promise<boolean> {
  const status = only((await stage.settle([settlement])).settled);
  assert.ok(status === "applied" || status === "missing", `the right fence is never ${status}`);
  return status === "applied";
}

/** An active job is told; its attempt then ends as cancelled whatever the handler did. */
async function cancelled(stage: Stage, fence: number): Promise<boolean> {
  const reply = await stage.cancel(ID);
  if (reply.status === "requested") {
    assert.equal(await stage.state(ID), "active");
    const settlement = { id: ID, fence, event: "complete", result: "2" } as const;
    assert.deepEqual((await stage.settle([settlement], { lease: LEASE })).settled, ["cancelled"]);
    return true;
  }
  return reply.status === "cancelled";
}

/** Where an event that is applied leads here, of the places the table allows. */
function destination(event: LifecycleEvent, from: Place): Place {
  if (event === "reschedule" && from === "retrying") return "retrying";
  const [first = "none"]: readonly Place[] = LIFECYCLE[event].to;
  return first;
}

async function tryEvent(stage: Stage, state: Place, event: LifecycleEvent): Promise<void> {
  const fence = await bring(stage, state, setupFor(event));
  assert.equal(await stage.state(ID), state, `the job was brought to ${state}`);
  const allowed = canHappen(event, state);
  assert.equal(await attempt(stage, event, fence), allowed, `${event} is ${allowed ? "applied" : "refused"}`);
  assert.equal(await stage.state(ID), allowed ? destination(event, state) : state);
  await stage.verifyBooks([ID]);
}

const PLACES: readonly Place[] = ["none", ...JOB_STATES];
const EVENTS = Object.keys(LIFECYCLE) as LifecycleEvent[];

/** The product of states and events, as the lifecycle table has it. */
export const lifecycleCases: readonly ConformanceCase[] = PLACES.flatMap((state) =>
  EVENTS.map((event) => {
    const verdict = canHappen(event, state) ? `leads to ${destination(event, state)}` : "changes nothing";
    return defineCase(`lifecycle: ${event} of a job that is ${state} ${verdict}`, (stage) =>
      tryEvent(stage, state, event),
    );
  }),
);
