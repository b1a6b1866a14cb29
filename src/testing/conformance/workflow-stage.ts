import assert from "node:assert/strict";
import type { ClaimedJob, NewJob, StateCounts } from "../../core/adapter.js";
import type { JobSnapshot } from "../../core/job.js";
import type { JobState } from "../../core/lifecycle.js";
import { isPacked, unpack } from "../../core/workflow/packed-list.js";
import { layOut, type Plan } from "../../core/workflow/plan.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import {
  type GraphNode,
  MAX_PART_NODES,
  type NodeOutline,
  type StepSnapshot,
  type StepTemplate,
  stepJobId,
  type WorkflowStore,
} from "../../core/workflow/store.js";
import type { ConformanceCase } from "./kit.js";
import { defineCase, keeping, only, type Stage, TASK, type TakeOptions } from "./stage.js";

/** A step of a plan in these cases: what it is given, and what its job is like. */
export interface CaseStep {
  readonly input?: string;
  readonly template: StepTemplate;
}

/** A step with an input, or one that takes what came before it. */
export function aStep(
  input?: unknown,
  template: Partial<StepTemplate> = {},
): Extract<Plan<CaseStep>, { kind: "step" }> {
  const full: StepTemplate = { task: TASK, version: 1, fingerprint: "", priority: 0, ...template };
  const given = input === undefined ? {} : { input: JSON.stringify(input) };
  return { kind: "step", leaf: { ...given, template: full } };
}

export function aChain(...parts: readonly Plan<CaseStep>[]): Plan<CaseStep> {
  return { kind: "chain", parts };
}

export function aGroup(
  parts: readonly Plan<CaseStep>[],
  onFailure: "fail-fast" | "continue" = "fail-fast",
): Plan<CaseStep> {
  return { kind: "group", parts, onFailure };
}

/** The workflow part of a stage: defining, starting and looking. */
export class WorkflowStage {
  readonly id: string;
  readonly stage: Stage;
  readonly #store: WorkflowStore;

  constructor(stage: Stage, store: WorkflowStore, id = "wf") {
    this.id = id;
    this.stage = stage;
    this.#store = store;
  }

  /** Defines the graph without starting it. Returns its size. */
  async define(plan: Plan<CaseStep>): Promise<number> {
    const { nodes, roots } = layOut(plan);
    const templates: StepTemplate[] = [];
    const graph = nodes.map((node): GraphNode => {
      if (!("leaf" in node)) return node;
      const { leaf, ...place } = node;
      templates.push(leaf.template);
      const given = leaf.input === undefined ? {} : { input: leaf.input };
      return { ...place, template: templates.length - 1, ...given };
    });
    let firstTemplate = 0;
    for (let first = 0; first < graph.length; first += MAX_PART_NODES) {
      const part = graph.slice(first, first + MAX_PART_NODES);
      const count = part.filter((node) => "template" in node).length;
      const own = templates.slice(firstTemplate, firstTemplate + count);
      const isLast = first + MAX_PART_NODES >= graph.length;
      const end = isLast ? { roots } : {};
      await this.#store.define([
        { id: this.id, firstTemplate, templates: own, firstNode: first, nodes: part, ...end },
      ]);
      firstTemplate += count;
    }
    return graph.length;
  }

  /** Defines and inserts, and waits until it has begun. */
  async start(plan: Plan<CaseStep>, job: Partial<NewJob> = {}): Promise<void> {
    await this.insert(await this.define(plan), job);
    await this.moved();
  }

  /** Waits until what this adapter's calls have ended has moved workflows on: a store does that soon after them. */
  async moved(): Promise<void> {
    await this.#store.readSteps({ id: this.id, from: 0, limit: 1 });
  }

  /** As {@link Stage.take}, when workflows have been moved on. */
  async take(options: TakeOptions = {}): Promise<readonly ClaimedJob[]> {
    await this.moved();
    return this.stage.take(options);
  }

  /** As {@link Stage.counts}, when workflows have been moved on. */
  async counts(task?: string): Promise<StateCounts> {
    await this.moved();
    return this.stage.counts(task);
  }

  /** As {@link Stage.state}, when workflows have been moved on. */
  async state(id: string): Promise<JobState | "none"> {
    await this.moved();
    return this.stage.state(id);
  }

  /** Another workflow on the same stage. */
  another(id: string): WorkflowStage {
    return new WorkflowStage(this.stage, this.#store, id);
  }

  async insert(nodes: number, job: Partial<NewJob> = {}): Promise<void> {
    const limits = { workflow: { nodes } };
    await this.stage.insert({ task: WORKFLOW_TASK, payload: "", limits, id: this.id, ...job });
  }

  async read(): Promise<JobSnapshot> {
    await this.moved();
    const snapshot = only(await this.stage.adapter.read([{ task: WORKFLOW_TASK, id: this.id }]));
    assert.ok(snapshot, "the workflow is stored");
    return snapshot;
  }

  /** What the workflow gave, decoded. */
  async result(): Promise<unknown> {
    const { state, result } = await this.read();
    assert.equal(state, "completed");
    return result === undefined ? undefined : parse(result);
  }

  async steps(): Promise<readonly StepSnapshot[]> {
    return this.#store.readSteps({ id: this.id, from: 0, limit: 1000 });
  }

  /** Where its nodes stand, three at a time. */
  async graph(): Promise<readonly NodeOutline[]> {
    const found: NodeOutline[] = [];
    for (let from = 0; ; from += 3) {
      const page = await this.#store.readGraph({ id: this.id, from, limit: 3 });
      found.push(...page);
      if (page.length < 3) return found;
    }
  }

  async stepStates(): Promise<readonly string[]> {
    return (await this.steps()).map((step) => step.state);
  }

  /** Claims up to ten steps; gives their inputs, decoded. */
  async takeInputs(): Promise<readonly unknown[]> {
    return (await this.take()).map(inputOf);
  }

  /** Claims and completes steps, each with what `run` makes of its input, until none is waiting. */
  async work(run: (input: unknown, job: ClaimedJob) => unknown): Promise<void> {
    for (;;) {
      const jobs = await this.take();
      if (jobs.length === 0) return;
      await this.stage.settle(
        jobs.map((job) => ({
          id: job.id,
          fence: job.fence,
          event: "complete" as const,
          result: JSON.stringify(run(inputOf(job), job)),
        })),
      );
    }
  }

  async cancel(reason: string): Promise<string> {
    await this.moved();
    const request = { task: WORKFLOW_TASK, id: this.id, reason, retention: keeping() };
    return only(await this.stage.adapter.cancel([request])).status;
  }

  async revive(): Promise<string> {
    await this.moved();
    return only(await this.stage.adapter.change([{ task: WORKFLOW_TASK, id: this.id, change: "revive" }]))
      .status;
  }

  /** Sweeps the workflows until nothing is left to do. */
  async sweep(): Promise<void> {
    await this.moved();
    for (let more = true; more; ) {
      const reply = await this.stage.sweep({ task: WORKFLOW_TASK });
      more = reply.more || reply.nextDueInMs === 0;
    }
  }
}

/** The stage of a case for adapters that keep workflows. */
export function onWorkflows(stage: Stage): WorkflowStage {
  assert.ok(stage.adapter.workflows, "it keeps workflows");
  return new WorkflowStage(stage, stage.adapter.workflows);
}

/** A case for adapters that keep workflows. */
export function workflowCase(name: string, body: (limits: WorkflowStage) => Promise<void>): ConformanceCase {
  return defineCase(`workflow: ${name}`, async (stage) => body(onWorkflows(stage)), ["workflows"]);
}

/** Id of the job of a step. */
export function stepId(node: number, run = 1): string {
  return stepJobId({ workflow: "wf", node, run });
}

/** What a claimed step was given, decoded. */
export function inputOf(job: ClaimedJob): unknown {
  return job.payload.length === 0 ? undefined : parse(job.payload);
}

function parse(data: string | Uint8Array): unknown {
  if (typeof data === "string") return JSON.parse(data);
  return isPacked(data) ? unpack(data, (item) => parse(item)) : [...data];
}
