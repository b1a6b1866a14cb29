import { EDGE_IDS, type EdgeId } from "./edges.js";

/** In which order services are deployed, and so which breaks are errors. */
export type DiffPolicy = "workers-first" | "producers-first" | "any-order";

export const DEFAULT_POLICY: DiffPolicy = "workers-first";

/**
 * The edges whose break is an error under each policy; the others warn.
 *
 * @see Confluent Schema Registry: BACKWARD, FORWARD and FULL
 */
const ERROR_EDGES: Readonly<Record<DiffPolicy, readonly EdgeId[]>> = {
  "workers-first": ["queuedJobs", "resultReaders", "messageReaders"],
  "producers-first": ["rollingDeploy", "storedResults", "storedMessages"],
  "any-order": EDGE_IDS,
};

export const POLICIES = Object.keys(ERROR_EDGES) as readonly DiffPolicy[];

/** Whether a break on an edge is an error under a policy. */
export function isErrorEdge(policy: DiffPolicy, edge: EdgeId): boolean {
  return ERROR_EDGES[policy].includes(edge);
}
