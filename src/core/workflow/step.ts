/** What a job's limits say of workflows. */

/** The job runs one step of a workflow; whatever ends it puts that into an outbox, in the same atomic step. */
export interface JobStep {
  /** Id of the workflow. */
  readonly workflow: string;
  /** Its place in the graph, from 0. */
  readonly node: number;
  /** From 1; a step that is run again after {@link JobWorkflow} was revived has the next number. */
  readonly run: number;
}

/** The job stands for a whole workflow: no worker runs it, its last step ends it. */
export interface JobWorkflow {
  /** Size of the graph that was defined before. */
  readonly nodes: number;
}

/** The task under which stores keep workflows. No task can have this name. */
export const WORKFLOW_TASK = "$workflow";
