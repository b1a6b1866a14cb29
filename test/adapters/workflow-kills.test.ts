import fc from "fast-check";
import type { Adapter, ClaimedJob } from "taskora/adapter";
import type { ConformanceKit } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { CRASH_POINTS, type CrashHook, type CrashPoint } from "../../src/core/workflow/courier.js";
import { isPacked, unpack } from "../../src/core/workflow/packed-list.js";
import { layOut, type Plan } from "../../src/core/workflow/plan.js";
import { WORKFLOW_TASK } from "../../src/core/workflow/step.js";
import type { GraphNode } from "../../src/core/workflow/store.js";
import { OTHER_TASK, TASK } from "../../src/testing/conformance/stage.js";
import { clusterKit } from "../support/cluster-kit.js";
import { memoryKit } from "../support/memory-kit.js";
import { postgresKit } from "../support/postgres-kit.js";
import { redisKit } from "../support/redis-kit.js";

const TASKS = [TASK, OTHER_TASK] as const;
/** Longer than a store waits until it makes an errand again. */
const PATIENCE_MS = 3100;
const EVER = { ageMs: 3_600_000, count: 1_000_000 };
/** Records of steps go at once, so that nothing but the outbox tells that they ran. */
const RETENTION = { completed: { ...EVER, count: 0 }, failed: EVER, cancelled: EVER, expired: EVER };
const ONE = { version: 1, fingerprint: "", priority: 0 };

/** A step of a random plan: it gives its label, or fails. */
interface Leaf {
  readonly label: number;
  readonly task: (typeof TASKS)[number];
  readonly fails: boolean;
}

/** When the process dies: at the nth time that it comes to the point. */
interface Death {
  readonly point: CrashPoint;
  readonly nth: number;
}

/** One process after the other works on a workflow, until it has ended; each may die. */
class Play {
  readonly runs = new Map<string, number>();
  readonly #kit: ConformanceKit;
  readonly #deaths: Death[];
  readonly #leaves: ReadonlyMap<number, Leaf>;
  readonly #plan: Plan<Leaf>;
  #adapter: Adapter | undefined;
  #isDead = false;
  #lives = 0;
  deathsDied = 0;

  constructor(kit: ConformanceKit, plan: Plan<Leaf>, deaths: readonly Death[]) {
    this.#kit = kit;
    this.#plan = plan;
    this.#deaths = [...deaths];
    this.#leaves = new Map(leavesOf(plan).map((leaf) => [leaf.label, leaf]));
  }

  /** How the workflow ended: its state, and what it gave. */
  async run(): Promise<{ readonly state: string; readonly result: unknown }> {
    await this.#define();
    for (let turns = 0; turns < 300; turns++) {
      const adapter = await this.#living();
      const [workflow] = await adapter.read([{ task: WORKFLOW_TASK, id: "wf" }]);
      const state = workflow?.state ?? "none";
      if (state === "completed" || state === "failed") {
        await this.#settleDown();
        return { state, result: workflow?.result === undefined ? undefined : parse(workflow.result) };
      }
      const count = await this.#work(adapter);
      if (count === 0 && this.#lives > 1) await this.#lookAfter(adapter);
    }
    throw new Error(`the workflow is stuck; ran ${[...this.runs.keys()].join(" ")}`);
  }

  async #define(): Promise<void> {
    const { nodes, roots } = layOut(this.#plan);
    const graph = nodes.map((node): GraphNode => {
      if (!("leaf" in node)) return node;
      const { leaf, ...place } = node;
      return { ...place, template: TASKS.indexOf(leaf.task), input: JSON.stringify(leaf.label) };
    });
    const templates = TASKS.map((task) => ({ ...ONE, task }));
    const adapter = await this.#living();
    await adapter.workflows?.define([
      { id: "wf", firstTemplate: 0, templates, firstNode: 0, nodes: graph, roots },
    ]);
    const limits = { workflow: { nodes: graph.length } };
    await adapter.insert([{ ...ONE, task: WORKFLOW_TASK, id: "wf", payload: "", limits }]);
  }

  /** The process that lives now. */
  async #living(): Promise<Adapter> {
    await this.#adapter?.workflows?.readSteps({ id: "wf", from: 0, limit: 1 });
    if (this.#adapter !== undefined && !this.#isDead) return this.#adapter;
    // A kit takes the store away with the last who has it open.
    const dead = this.#adapter;
    this.#adapter = this.#kit.open();
    await dead?.close();
    this.#isDead = false;
    this.#lives += 1;
    await this.#adapter.connect();
    const death = this.#deaths.shift();
    if (death !== undefined) this.#dieAt(this.#adapter, death);
    return this.#adapter;
  }

  #dieAt(adapter: Adapter, { point, nth }: Death): void {
    let times = 0;
    (adapter as Adapter & { readonly crash: CrashHook }).crash.at = (reached) => {
      if (reached === point) times += 1;
      if (times < nth) return;
      this.#isDead = true;
      this.deathsDied += 1;
      throw new Error(`died: ${point}`);
    };
  }

  async #work(adapter: Adapter): Promise<number> {
    let count = 0;
    for (const task of TASKS) {
      const [reply] = await adapter.claim([
        { task, lease: `life-${this.#lives}`, leaseMs: 3_600_000, count: 3 },
      ]);
      for (const job of reply?.jobs ?? []) {
        await this.#end(adapter, job);
        count += 1;
      }
    }
    return count;
  }

  async #end(adapter: Adapter, job: ClaimedJob): Promise<void> {
    this.runs.set(job.id, (this.runs.get(job.id) ?? 0) + 1);
    const label = Number(job.payload);
    const fails = this.#leaves.get(label)?.fails === true;
    const { id, fence } = job;
    const settlement = fails
      ? ({ id, fence, event: "fail", error: { name: "Boom", message: "boom" } } as const)
      : ({ id, fence, event: "complete", result: `${label}` } as const);
    await adapter.settle([
      { task: job.task, lease: job.lease, retention: RETENTION, settlements: [settlement] },
    ]);
  }

  /** What the dead have left is found by sweeps. */
  async #lookAfter(adapter: Adapter): Promise<void> {
    await adapter.sweep([...TASKS, WORKFLOW_TASK].map((task) => ({ task, scope: "due" as const })));
    if ((await this.#work(adapter)) > 0) return;
    await this.#kit.advance(PATIENCE_MS);
    await adapter.sweep([...TASKS, WORKFLOW_TASK].map((task) => ({ task, scope: "due" as const })));
  }

  /** Nothing is left to do: what was to be cancelled is, and no outbox says that it needs somebody. */
  async #settleDown(): Promise<void> {
    for (let turns = 0; turns < 4; turns++) {
      const adapter = await this.#living();
      await this.#work(adapter);
      if (this.#lives > 1) await this.#lookAfter(adapter);
    }
    const adapter = await this.#living();
    const { due } = await adapter.survey({ tasks: [] });
    expect(due.filter(({ inMs }) => inMs === 0)).toEqual([]);
    for (const { waiting, active } of await adapter.count(TASKS)) expect([waiting, active]).toEqual([0, 0]);
    await adapter.close();
  }
}

function parse(data: string | Uint8Array): unknown {
  if (typeof data === "string") return JSON.parse(data);
  return isPacked(data) ? unpack(data, (item) => parse(item)) : [...data];
}

function leavesOf(plan: Plan<Leaf>): readonly Leaf[] {
  return plan.kind === "step" ? [plan.leaf] : plan.parts.flatMap(leavesOf);
}

/** What a plan gives; undefined: it fails. Of steps that were given a list or nothing nothing is said: all have their own input. */
function expected(plan: Plan<Leaf>): { readonly value: unknown } | undefined {
  if (plan.kind === "step") return plan.leaf.fails ? undefined : { value: plan.leaf.label };
  const parts = plan.parts.map(expected);
  if (plan.kind === "chain") return parts.some((part) => part === undefined) ? undefined : parts.at(-1);
  if (plan.onFailure === "fail-fast") {
    return parts.includes(undefined) ? undefined : { value: parts.map((part) => part?.value) };
  }
  return {
    value: parts.map((part) => (part === undefined ? "failed" : { status: "completed", value: part.value })),
  };
}

/** Errors are compared as one word. */
function inShort(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inShort);
  if (typeof value !== "object" || value === null) return value;
  const { status, value: inner } = value as { readonly status: string; readonly value?: unknown };
  return status === "completed" ? { status, value: inShort(inner) } : "failed";
}

async function check(kit: ConformanceKit, plan: Plan<Leaf>, deaths: readonly Death[]): Promise<Play> {
  const play = new Play(kit, plan, deaths);
  const { state, result } = await play.run();
  const right = expected(plan);
  expect(state).toBe(right === undefined ? "failed" : "completed");
  if (right !== undefined) expect(inShort(result)).toEqual(right.value);
  expect([...play.runs].filter(([, runs]) => runs > 1)).toEqual([]);
  return play;
}

let label = 0;
const aLeaf = (task: Leaf["task"], fails = false): Plan<Leaf> => {
  label += 1;
  return { kind: "step", leaf: { label, task, fails } };
};
/** Follows a step in both tasks at once, and joins. */
const PLAN: Plan<Leaf> = {
  kind: "chain",
  parts: [
    aLeaf(TASKS[0]),
    { kind: "group", parts: [aLeaf(TASKS[0]), aLeaf(TASKS[1])], onFailure: "fail-fast" },
    { kind: "group", parts: [aLeaf(TASKS[1]), aLeaf(TASKS[0])], onFailure: "continue" },
    aLeaf(TASKS[1]),
  ],
};

const plans: fc.Arbitrary<Plan<Leaf>> = fc
  .letrec<{ plan: Plan<Leaf> }>((tie) => ({
    plan: fc.oneof(
      { depthSize: "small", maxDepth: 3 },
      fc
        .record({
          task: fc.constantFrom(...TASKS),
          fails: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
        })
        .map(({ task, fails }): Plan<Leaf> => ({ kind: "step", leaf: { label: 0, task, fails } })),
      fc
        .array(tie("plan"), { minLength: 1, maxLength: 3 })
        .map((parts): Plan<Leaf> => ({ kind: "chain", parts })),
      fc
        .record({
          parts: fc.array(tie("plan"), { maxLength: 3 }),
          onFailure: fc.constantFrom("fail-fast" as const, "continue" as const),
        })
        .map(({ parts, onFailure }): Plan<Leaf> => ({ kind: "group", parts, onFailure })),
    ),
  }))
  .plan.map((plan) => labelled(plan, { next: 1 }));

function labelled(plan: Plan<Leaf>, count: { next: number }): Plan<Leaf> {
  if (plan.kind !== "step") return { ...plan, parts: plan.parts.map((part) => labelled(part, count)) };
  const leaf = { ...plan.leaf, label: count.next };
  count.next += 1;
  return { kind: "step", leaf };
}

const deaths = fc.array(
  fc.record({ point: fc.constantFrom(...CRASH_POINTS), nth: fc.integer({ min: 1, max: 4 }) }),
  { maxLength: 3 },
);

/** Points within a transaction, and those before and behind it: nothing is carried in part. */
const POSTGRES_POINTS = CRASH_POINTS.filter((point) => point !== "partly carried");

const STORES = [
  { name: "memory", kit: async () => memoryKit(), points: CRASH_POINTS, nths: [1, 2, 3, 4, 5], numRuns: 300 },
  { name: "Redis", kit: redisKit, points: CRASH_POINTS, nths: [1, 3], numRuns: 6 },
  { name: "a Redis Cluster", kit: clusterKit, points: CRASH_POINTS, nths: [2], numRuns: 6 },
  { name: "Postgres", kit: () => postgresKit(), points: POSTGRES_POINTS, nths: [1, 3], numRuns: 6 },
] as const;

describe.concurrent.each(STORES)("workflows on $name", ({ kit, points, nths, numRuns }) => {
  const each = points.flatMap((point) => nths.map((nth) => ({ point, nth })));
  it.each(each)("go on when a process dies: $point, time $nth", { timeout: 180_000 }, async (death) => {
    const play = await check(await kit(), PLAN, [death]);
    if (death.nth === 1) expect(play.deathsDied).toBe(1);
  });

  it("end as they should, whatever dies when", { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(plans, deaths, async (plan, all) => {
      await check(await kit(), plan, all);
    });
    await fc.assert(property, { numRuns, seed: 20_260_101 });
  });
});
