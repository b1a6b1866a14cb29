import { OptionError } from "../../core/errors.js";
import { encodedBytes } from "../../core/serializer.js";
import { layOut, type Plan } from "../../core/workflow/plan.js";
import {
  type GraphNode,
  type GraphPart,
  MAX_PART_NODES,
  MAX_WORKFLOW_STEPS,
  type StepTemplate,
  stepJobId,
} from "../../core/workflow/store.js";
import type { TaskClientHost } from "../dispatch/task-client.js";
import type { StepRequest, StepSource, StoredStep } from "./step-source.js";

/** One part carries at most this much input beside its last node's. */
const MAX_PART_BYTES = 1 << 20;

/** The app that starts a workflow. */
export interface StepApp {
  readonly host: TaskClientHost;
  /** The steps of a task that the app knows. */
  stepsOf(task: string): StepSource | undefined;
}

/** A workflow may be made with the clients of one app and started by another, such as a test app, that has the tasks. */
function sourceIn(app: StepApp, source: StepSource): StepSource {
  if (source.host === app.host) return source;
  const { name } = source.task;
  const own = app.stepsOf(name);
  if (own !== undefined) return own;
  throw new OptionError(
    `expected all steps of a workflow to be tasks of the app that starts it, which knows no ${name}. Register it first`,
  );
}

/** A part of a graph and roughly what it weighs. */
export interface SizedPart {
  readonly part: GraphPart;
  readonly bytes: number;
}

/** A node beside its input takes about this much on its way. */
const NODE_BYTES = 64;

/** Collects nodes into parts, and templates that are alike into one. */
class PartBuilder {
  readonly parts: SizedPart[] = [];
  readonly #id: string;
  /** By the template itself as well, since steps of one task mostly share it. */
  readonly #numbers = new Map<StepTemplate | string, number>();
  #count = 0;
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
    const same = this.#numbers.get(template);
    if (same !== undefined) return same;
    const key = JSON.stringify(template);
    const alike = this.#numbers.get(key);
    const number = alike ?? this.#count;
    this.#numbers.set(template, number);
    if (alike === undefined) {
      this.#numbers.set(key, number);
      this.#templates.push(template);
      this.#count += 1;
    }
    return number;
  }

  add(node: GraphNode, bytes: number): void {
    this.#nodes.push(node);
    this.#bytes += bytes;
    if (this.#nodes.length >= MAX_PART_NODES || this.#bytes >= MAX_PART_BYTES) this.end();
  }

  /** Ends a part; `last` says what only the last one carries. */
  end(last: Pick<GraphPart, "roots"> = {}): void {
    const part = {
      id: this.#id,
      firstTemplate: this.#firstTemplate,
      templates: this.#templates,
      firstNode: this.#firstNode,
      nodes: this.#nodes,
      ...last,
    };
    this.parts.push({ part, bytes: this.#bytes + NODE_BYTES * this.#nodes.length });
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
  app: StepApp & Pick<StoredStep, "stored" | "group">,
): Promise<{ readonly parts: readonly SizedPart[]; readonly nodes: number }> {
  const { nodes, roots } = layOut(plan);
  if (nodes.filter((node) => "leaf" in node).length > MAX_WORKFLOW_STEPS) {
    throw new OptionError(`expected a workflow of at most ${MAX_WORKFLOW_STEPS} steps, got more`);
  }
  const builder = new PartBuilder(id);
  for (const [index, node] of nodes.entries()) {
    if (!("leaf" in node)) {
      builder.add(node, 0);
      continue;
    }
    const { leaf, ...place } = node;
    const preparing = sourceIn(app, leaf.source).prepare(leaf, {
      jobId: stepJobId({ workflow: id, node: index, run: 1 }),
      stored: app.stored,
      group: app.group,
    });
    const { template, input } = preparing instanceof Promise ? await preparing : preparing;
    builder.add(
      { ...place, template: builder.template(template), ...(input === undefined ? {} : { input }) },
      input === undefined ? 0 : encodedBytes(input),
    );
  }
  builder.end({ roots });
  return { parts: builder.parts, nodes: nodes.length };
}
