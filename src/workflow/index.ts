/** Builds workflows; `taskora.workflow(part)` starts them. */
export {
  type ChainOf,
  chain,
  chord,
  chunk,
  type FailurePolicy,
  type Fitting,
  type GroupOptions,
  group,
  type LinkInput,
  type LinkResult,
  type MemberResult,
  type MemberResults,
  type Misfit,
  map,
  type WorkflowLink,
  type WorkflowPart,
} from "../app/workflows/workflow-part.js";
export type { Settled } from "../core/workflow/packed-list.js";
