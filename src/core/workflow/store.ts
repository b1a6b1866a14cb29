import type { NewJob } from "../adapter-work.js";
import type { StoredError } from "../errors.js";
import type { Encoded } from "../job.js";
import type { FinalState } from "../lifecycle.js";

/**
 * Workflows in a store. A workflow is a job of the task {@link WORKFLOW_TASK} that no worker runs, so watching,
 * reading, cancelling, delay, TTL and retention are those of any job; it is waiting while it runs. Its graph is defined
 * first, then the job is inserted with `limits.workflow`. From then on the store alone moves it on, soon after a job of
 * one of its steps has ended, whatever ended it:
 *
 * - the end is kept in the same atomic step in which the job ends, in an outbox: it is never lost, whatever dies then;
 * - the adapter that ended the job carries it to the graph at once; where that fails, or its process dies, a sweep of that
 *   task does, or of {@link WORKFLOW_TASK}, by whoever makes it; such a task needs a sweep until then;
 * - the step's outcome is kept in the graph, and steps that waited for it are inserted, each once;
 * - a step that failed, expired or was cancelled fails what is around it, see {@link JoinNode.onFailure}, up to the
 *   workflow, which then ends as failed;
 * - a workflow that ends in whatever way cancels the steps that have not ended;
 * - reviving a failed workflow runs again what had not completed; what had completed is kept.
 *
 * Wide steps may be inserted or cancelled in parts, by later calls or by sweeps of {@link WORKFLOW_TASK}. A sweep has
 * carried what it found when it resolves, and {@link readSteps} shows what calls of its own adapter ended before.
 */
export interface WorkflowStore {
  /**
   * Keeps parts of graphs, those of one graph in order. Repeating a part does no harm. A graph whose job is not inserted
   * within {@link GRAPH_KEPT_MS} may be forgotten; a workflow whose graph is incomplete fails when it should start.
   */
  define(parts: readonly GraphPart[]): Promise<void>;
  /**
   * Steps of a workflow in the order of the graph, from node `from` on; fewer than `limit` only at the end. What calls of
   * this adapter ended before has moved them on.
   */
  readSteps(query: StepsQuery): Promise<readonly StepSnapshot[]>;
  /**
   * Where the nodes of a workflow stand in its graph, joins included, in the order of their numbers, from node `from` on; fewer
   * than `limit` only at the end. There are none where there are no steps.
   */
  readGraph(query: StepsQuery): Promise<readonly NodeOutline[]>;
}

/** How long a defined graph waits for its job. */
export const GRAPH_KEPT_MS = 3_600_000;
/** Most nodes of one {@link GraphPart}. */
export const MAX_PART_NODES = 500;
/** Most steps a workflow has. */
export const MAX_WORKFLOW_STEPS = 10_000;

/** Nodes `first` to `last`, both included. */
export type NodeRange = readonly [first: number, last: number];

/** Nodes of a graph that follow one another. */
export interface GraphPart {
  /** Id of the workflow. */
  readonly id: string;
  /** Templates that nodes of this or later parts name; the first of them has number `firstTemplate`. */
  readonly firstTemplate: number;
  /** In the order of their numbers; a part may bring none. */
  readonly templates: readonly StepTemplate[];
  /** The number of `nodes[0]`; parts follow one another without a gap. */
  readonly firstNode: number;
  /** At most {@link MAX_PART_NODES}. */
  readonly nodes: readonly GraphNode[];
  /** With the last part: nodes that wait for nothing. */
  readonly roots?: readonly NodeRange[];
}

/** What steps of one kind have in common: a job without id and payload. */
export type StepTemplate = Pick<
  NewJob,
  | "task"
  | "version"
  | "fingerprint"
  | "headers"
  | "priority"
  | "delayMs"
  | "dueAt"
  | "ttlMs"
  | "onExpire"
  | "maxAttempts"
  | "limits"
>;

interface NodePlace {
  /** The node that must have completed before. Smaller than the node's own number. */
  readonly after?: number;
  /** Nodes that start when this one has completed. */
  readonly next?: readonly NodeRange[];
  /** The join whose members this node is among, and the last node of its member. */
  readonly group?: { readonly join: number; readonly end: number };
}

/** One job. Its payload is `input`, or what the node before it gave. */
export interface StepNode extends NodePlace {
  /** Number of its template, in this part or one before. */
  readonly template: number;
  /** Undefined: what the node before it gave, or nothing when there is none. */
  readonly input?: Encoded;
}

/** Completes when all members have ended, with the list of what they gave, see `core/packed-list.ts`. */
export interface JoinNode extends NodePlace {
  /** In the order of the list it completes with. */
  readonly members: readonly NodeRange[];
  /** The first node that belongs to a member; all up to the join do. */
  readonly first: number;
  /**
   * `fail-fast`: a member that does not complete fails the join, and cancels the other members. `continue`: it takes
   * its place in the list, which then says of each member how it ended.
   */
  readonly onFailure: "fail-fast" | "continue";
}

/** The last node of a graph gives its result. */
export type GraphNode = StepNode | JoinNode;

export interface StepsQuery {
  /** Of the workflow; of one that is unknown there are no steps. */
  readonly id: string;
  /** The node to begin with, 0 for the first page, then one behind the last of the page before. */
  readonly from: number;
  /** 1 to 1 000. */
  readonly limit: number;
}

/** Where a node stands in its graph. */
export interface NodeOutline extends Pick<NodePlace, "after" | "group"> {
  readonly node: number;
  /** Of a join: the first node that belongs to a member; its own number where it has none. Undefined: it is a step. */
  readonly first?: number;
}

/** One step of a workflow, as it stands. */
export interface StepSnapshot {
  /** Its place in the graph, from 0. Joins are nodes, and no steps: numbers have gaps. */
  readonly node: number;
  /** What its job is, or will be, a job of. */
  readonly task: string;
  /** `pending`: its job does not exist yet. `started`: it does, and has not ended. */
  readonly state: "pending" | "started" | FinalState;
  /** Once it has started. */
  readonly jobId?: string;
  /** Why it did not complete. */
  readonly error?: StoredError;
}

/** Id of the job that runs a step. */
export function stepJobId(step: {
  readonly workflow: string;
  readonly node: number;
  readonly run: number;
}): string {
  const { workflow, node, run } = step;
  return run === 1 ? `${workflow}.${node}` : `${workflow}.${node}.${run}`;
}

/** What a step is said to have failed with that was cancelled, or expired, on its own. */
export function stepError(ending: {
  readonly state: "cancelled" | "expired";
  readonly reason: string;
}): StoredError {
  if (ending.state === "expired") {
    return {
      name: "ExpiredError",
      code: "JOB_EXPIRED",
      message: "No worker started the step within its ttl.",
    };
  }
  const why = ending.reason === "" ? "no reason was given" : ending.reason;
  return { name: "CancelledError", code: "JOB_CANCELLED", message: `The step was cancelled: ${why}.` };
}

/** What a workflow fails with whose graph is not there. */
export const GRAPH_MISSING_ERROR: StoredError = {
  name: "WorkflowGraphError",
  code: "RECORD_CORRUPT",
  message:
    "The steps of the workflow are not stored: it was inserted without them, or too late. Dispatch it again.",
};

/** Most bytes a join's list may have. */
export const MAX_LIST_BYTES = 64 << 20;

/** What a join fails with whose list is too large. */
export const LIST_TOO_LARGE_ERROR: StoredError = {
  name: "PayloadTooLargeError",
  code: "PAYLOAD_TOO_LARGE",
  message:
    "The results of a group take more than 64 MiB together. Store them elsewhere and return references.",
};
