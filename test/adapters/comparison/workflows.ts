import type { Adapter } from "taskora/adapter";
import type { JobRef } from "../../../src/core/job.js";
import type { JobLimits } from "../../../src/core/limits/job-limits.js";
import { layOut, type Plan } from "../../../src/core/workflow/plan.js";
import { WORKFLOW_TASK } from "../../../src/core/workflow/step.js";
import type { GraphNode, StepTemplate } from "../../../src/core/workflow/store.js";
import { aJob, OTHER_TASK, TASK } from "../../../src/testing/conformance/stage.js";

/** In the order in which a sequence defines them. */
export const WORKFLOWS = ["w1", "w2", "w3"];
/** Jobs of the first steps of these, and of some that run again. */
export const STEP_JOBS = WORKFLOWS.flatMap((id) =>
  ["0", "1", "2", "3", "1.2", "2.2"].map((node) => `${id}.${node}`),
);
/** All tasks that sequences touch. */
export const ALL_TASKS = [TASK, OTHER_TASK, WORKFLOW_TASK];

/** A step of a workflow of the comparison. */
export interface Leaf {
  readonly input: string | undefined;
  readonly delayMs: number;
  readonly expiry: { readonly ttlMs: number; readonly onExpire: "fail" | "discard" } | undefined;
  readonly limits: JobLimits | undefined;
}

/** A workflow that a sequence starts. */
export interface WorkflowPlay {
  readonly id: string;
  readonly plan: Plan<Leaf>;
  readonly delayMs: number;
  readonly ttlMs: number | undefined;
}

/** Defines and inserts a workflow. Its steps take turns with the tasks: nodes of even number are jobs of {@link TASK}. */
export async function startWorkflow(
  adapter: Adapter,
  { id, plan, delayMs, ttlMs }: WorkflowPlay,
): Promise<unknown> {
  const { nodes, roots } = layOut(plan);
  const templates: StepTemplate[] = [];
  const graph = nodes.map((node, nth): GraphNode => {
    if (!("leaf" in node)) return node;
    const { leaf, ...place } = node;
    templates.push(templateOf(leaf, taskOfNode(nth)));
    const input = leaf.input === undefined ? {} : { input: leaf.input };
    return { ...place, ...input, template: templates.length - 1 };
  });
  await adapter.workflows?.define([{ id, firstTemplate: 0, templates, firstNode: 0, nodes: graph, roots }]);
  const times = { delayMs, ...(ttlMs !== undefined && { ttlMs }) };
  return adapter.insert([
    aJob({
      task: WORKFLOW_TASK,
      id,
      payload: "",
      limits: { workflow: { nodes: graph.length } },
      watch: true,
      ...times,
    }),
  ]);
}

/** A job that a sequence names. */
export function refOf(id: string): JobRef {
  return { task: taskOf(id), id };
}

/** The task of a job that a sequence names. */
export function taskOf(id: string): string {
  const [workflow = "", node] = id.split(".");
  if (!/^w\d/.test(workflow)) return TASK;
  return node === undefined ? WORKFLOW_TASK : taskOfNode(Number(node));
}

function taskOfNode(node: number): string {
  return node % 2 === 0 ? TASK : OTHER_TASK;
}

function templateOf({ delayMs, expiry, limits }: Leaf, task: string): StepTemplate {
  return {
    ...{ task, version: 1, fingerprint: "", priority: 0 },
    ...(delayMs > 0 && { delayMs }),
    ...expiry,
    ...(limits !== undefined && { limits }),
  };
}
