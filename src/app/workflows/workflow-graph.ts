import { OptionError } from "../../core/errors.js";
import { encodedBytes } from "../../core/serializer.js";
import { type LaidNode, layOut, type Plan } from "../../core/workflow/plan.js";
import {
  type GraphNode,
  type GraphPart,
  MAX_PART_NODES,
  MAX_WORKFLOW_STEPS,
  type StepTemplate,
  stepJobId,
} from "../../core/workflow/store.js";
import type { TaskClientHost } from "../dispatch/task-client.js";
import type { StepRequest, StepSource } from "./step-source.js";

/** One part carries at most this much input beside its last node's. */
const MAX_PART_BYTES = 1 << 20;

/** The app that starts a workflow. */
export interface StepApp {
  readonly host: TaskClientHost;
  readonly app: { clientOf(task: string): { readonly steps: StepSource } | undefined };
}

/** A workflow may be made with the clients of one app and started by another, such as a test app, that has the tasks. */
function sourceIn(app: StepApp, source: StepSource): StepSource {
  if (source.host === app.host) return source;
  const { name } = source.task;
  const own = app.app.clientOf(name)?.steps;
  if (own !== undefined) return own;
  throw new OptionError(
    `expected all steps of a workflow to be tasks of the app that starts it, which knows no ${name}. Register it first`,
  );
}

/** Collects nodes into parts, and templates that are alike into one. */
class PartBuilder {
  readonly parts: GraphPart[] = [];
  readonly #id: string;
  readonly #numbers = new Map<string, number>();
  #templates: StepTemplate[] = [];
  #nodes: GraphNode[] = [];
  #bytes = 0;
  #firstTemplate = 0;
  #firstNode = 0;

  constructor(id: string) {
    this.#id = id;
  }

  /** The number of a template. */
  template(template: StepTemplate): number {
    const key = JSON.stringify(template);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(key, number);
    this.#templates.push(template);
    return number;
  }

  add(node: GraphNode, bytes: number): void {
    this.#nodes.push(node);
    this.#bytes += bytes;
    if (this.#nodes.length >= MAX_PART_NODES || this.#bytes >= MAX_PART_BYTES) this.end();
  }

  /** Ends a part; `last` says what only the last one carries. */
  end(last: Pick<GraphPart, "roots"> = {}): void {
    this.parts.push({
      id: this.#id,
      firstTemplate: this.#firstTemplate,
      templates: this.#templates,
      firstNode: this.#firstNode,
      nodes: this.#nodes,
      ...last,
    });
    this.#firstTemplate += this.#templates.length;
    this.#firstNode += this.#nodes.length;
    this.#templates = [];
    this.#nodes = [];
    this.#bytes = 0;
  }
}

/**
 * Lays out a plan and prepares each of its steps.
 *
 * @throws {OptionError} when it has too many steps, or one of a task that the app does not know
 * @throws {TaskoraError} what dispatching a step alone would throw
 */
export async function buildGraph(
  id: string,
  plan: Plan<StepRequest>,
  app: StepApp,
): Promise<{ readonly parts: readonly GraphPart[]; readonly nodes: number }> {
  const { nodes, roots } = layOut(plan);
  if (nodes.filter((node) => "leaf" in node).length > MAX_WORKFLOW_STEPS) {
    throw new OptionError(`expected a workflow of at most ${MAX_WORKFLOW_STEPS} steps, got more`);
  }
  const builder = new PartBuilder(id);
  for (const [index, node] of nodes.entries()) {
    const ready = await prepareNode(node, { id, index, app, builder });
    builder.add(ready, "input" in ready && ready.input !== undefined ? encodedBytes(ready.input) : 0);
  }
  builder.end({ roots });
  return { parts: builder.parts, nodes: nodes.length };
}

async function prepareNode(
  node: LaidNode<StepRequest>,
  by: {
    readonly id: string;
    readonly index: number;
    readonly app: StepApp;
    readonly builder: PartBuilder;
  },
): Promise<GraphNode> {
  if (!("leaf" in node)) return node;
  const { leaf, ...place } = node;
  const jobId = stepJobId({ workflow: by.id, node: by.index, run: 1 });
  const source = sourceIn(by.app, leaf.source);
  const { template, input } = await source.prepare(leaf, jobId);
  return { ...place, template: by.builder.template(template), ...(input === undefined ? {} : { input }) };
}
