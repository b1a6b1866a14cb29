import { WORKFLOW_TASK } from "../../src/core/workflow/step.js";
import {
  type GraphNode,
  MAX_PART_NODES,
  type NodeRange,
  type StepTemplate,
} from "../../src/core/workflow/store.js";
import { makePayload } from "../workloads/workload.js";
import { BATCH, type CallStage, fails, keepEverything } from "./call-stage.js";
import type { Situation } from "./situation.js";

const WIDE = 9000;
const CHAINS = 4500;
const RESULT = JSON.stringify({ text: "x".repeat(89) });
const input = JSON.stringify(makePayload(1, 100));

/** `width` steps side by side, their join, and a step that takes what they gave. */
function wideGraph(width: number): readonly GraphNode[] {
  const steps = Array.from(
    { length: width },
    (_, node): GraphNode => ({ template: 0, input, group: { join: width, end: node } }),
  );
  return [
    ...steps,
    { members: [[0, width - 1]], first: 0, onFailure: "fail-fast", next: [[width + 1, width + 1]] },
    { template: 0, after: width },
  ];
}

/** As {@link wideGraph}, of two steps after each other. */
function chainsGraph(width: number): readonly GraphNode[] {
  const join = 2 * width;
  const starts = Array.from({ length: width }, (_, index): GraphNode[] => {
    const group = { join, end: 2 * index + 1 };
    return [
      { template: 0, input, group, next: [[2 * index + 1, 2 * index + 1]] },
      { template: 0, after: 2 * index, group },
    ];
  });
  const members = starts.map((_, index) => [2 * index + 1, 2 * index + 1] as const);
  return [
    ...starts.flat(),
    { members, first: 0, onFailure: "fail-fast", next: [[join + 1, join + 1]] },
    { template: 0, after: join },
  ];
}

/** Steps one after the other. */
function chainGraph(length: number): readonly GraphNode[] {
  return Array.from({ length }, (_, node) => ({
    template: 0,
    ...(node === 0 ? { input } : { after: node - 1 }),
    ...(node < length - 1 ? { next: [[node + 1, node + 1]] as const } : {}),
  }));
}

function rootsOf(nodes: readonly GraphNode[]): readonly NodeRange[] {
  const starts = nodes.flatMap((node, index) =>
    "members" in node || node.after !== undefined ? [] : [index],
  );
  const isRow = starts.every((node, index) => node === index);
  return isRow ? [[0, starts.length - 1]] : starts.map((node) => [node, node]);
}

async function define(
  stage: CallStage,
  id: string,
  nodes: readonly GraphNode[],
  roots = rootsOf(nodes),
): Promise<void> {
  const template: StepTemplate = { task: stage.task, version: 1, fingerprint: "", priority: 0 };
  for (let first = 0; first < nodes.length; first += MAX_PART_NODES) {
    const part = nodes.slice(first, first + MAX_PART_NODES);
    const isLast = first + part.length >= nodes.length;
    await stage.adapter.workflows?.define([
      {
        id,
        firstTemplate: 0,
        templates: first === 0 ? [template] : [],
        firstNode: first,
        nodes: part,
        ...(isLast && { roots }),
      },
    ]);
  }
}

async function start(stage: CallStage, ids: readonly string[], nodes: number): Promise<void> {
  const base = { task: WORKFLOW_TASK, payload: "", version: 1, fingerprint: "", priority: 0 };
  await stage.adapter.insert(ids.map((id) => ({ ...base, id, limits: { workflow: { nodes } } })));
}

/** Until nothing of them is due. */
async function sweepWorkflows(stage: CallStage): Promise<void> {
  const request = {
    task: WORKFLOW_TASK,
    retention: keepEverything(),
    stallLimit: 1,
    scope: "due",
  } as const;
  for (let isDue = true; isDue; ) {
    const [reply] = await stage.adapter.sweep([request]);
    isDue = reply?.more === true || reply?.nextDueInMs === 0;
  }
}

async function startWide(stage: CallStage, width: number): Promise<void> {
  const graph = wideGraph(width);
  await define(stage, stage.task, graph);
  await start(stage, [stage.task], graph.length);
  await sweepWorkflows(stage);
}

/** Many workflows of two steps. */
async function startChains(stage: CallStage): Promise<void> {
  const ids = Array.from({ length: BATCH }, (_, index) => `${stage.task}-${index}`);
  const graph = chainGraph(2);
  await Promise.all(ids.map((id) => define(stage, id, graph)));
  await start(stage, ids, graph.length);
}

export const workflowCalls: readonly Situation[] = [
  {
    name: "define-graph",
    title: "define-graph: 1 000 steps",
    act: (stage) => define(stage, stage.task, wideGraph(BATCH)),
  },
  {
    name: "workflow-start",
    title: "insert, sweep: a workflow of 1 000 steps side by side",
    arrange: (stage) => define(stage, stage.task, wideGraph(BATCH)),
    act: async (stage) => {
      await start(stage, [stage.task], BATCH + 2);
      await sweepWorkflows(stage);
    },
  },
  {
    name: "workflow-start-many",
    title: "insert: 1 000 workflows of two steps",
    arrange: (stage) => {
      const ids = Array.from({ length: BATCH }, (_, index) => `${stage.task}-${index}`);
      return Promise.all(ids.map((id) => define(stage, id, chainGraph(2))));
    },
    act: (stage) =>
      start(
        stage,
        Array.from({ length: BATCH }, (_, index) => `${stage.task}-${index}`),
        2,
      ),
  },
  {
    name: "workflow-steps",
    title: "settle: 1 000 steps side by side complete with results",
    arrange: async (stage) => {
      await startWide(stage, 2 * BATCH);
      await stage.take();
    },
    act: (stage) => stage.settle(() => ({ event: "complete", result: RESULT })),
  },
  {
    name: "workflow-followers",
    title: "settle: 1 000 steps of as many workflows complete, each with a step behind it",
    arrange: async (stage) => {
      await startChains(stage);
      await stage.take();
    },
    act: async (stage) => {
      await stage.settle(() => ({ event: "complete", result: RESULT }));
      await sweepWorkflows(stage);
    },
  },
  {
    name: "workflow-join",
    title: "settle: the last of 9 000 steps side by side",
    arrange: async (stage) => {
      await startWide(stage, WIDE);
      for (let taken = 0; taken < WIDE - 1; taken += stage.taken.length) {
        await stage.take(undefined, Math.min(BATCH, WIDE - 1 - taken));
        await stage.settle(() => ({ event: "complete", result: RESULT }));
      }
      await stage.take();
    },
    act: async (stage) => {
      await stage.settle(() => ({ event: "complete", result: RESULT }));
      await sweepWorkflows(stage);
    },
  },
  {
    name: "workflow-chains",
    title: "insert, sweep, settle: 4 500 chains of two steps side by side, the first 1 000 steps complete",
    arrange: (stage) => define(stage, stage.task, chainsGraph(CHAINS)),
    act: async (stage) => {
      await start(stage, [stage.task], 2 * CHAINS + 2);
      await sweepWorkflows(stage);
      await stage.take();
      await stage.settle(() => ({ event: "complete", result: RESULT }));
      await stage.take();
      await stage.settle(() => ({ event: "complete", result: RESULT }));
    },
  },
  {
    name: "workflow-cancel",
    title: "cancel, sweep: a workflow of 2 000 steps side by side",
    arrange: (stage) => startWide(stage, 2 * BATCH),
    act: async (stage) => {
      await stage.adapter.cancel([
        { task: WORKFLOW_TASK, id: stage.task, reason: "", retention: keepEverything() },
      ]);
      await sweepWorkflows(stage);
    },
  },
  {
    name: "workflow-revive",
    title: "change, sweep: a failed workflow of 2 000 steps side by side runs again",
    arrange: async (stage) => {
      await startWide(stage, 2 * BATCH);
      await stage.take(undefined, 1);
      await stage.settle(fails);
      await sweepWorkflows(stage);
    },
    act: async (stage) => {
      await stage.adapter.change([{ task: WORKFLOW_TASK, id: stage.task, change: "revive" }]);
      await sweepWorkflows(stage);
    },
  },
  {
    name: "read-steps",
    title: "read-steps: 1 000 steps",
    arrange: (stage) => startWide(stage, BATCH),
    act: (stage) =>
      stage.adapter.workflows?.readSteps({ id: stage.task, from: 0, limit: 1000 }) ?? Promise.resolve(),
  },
];
