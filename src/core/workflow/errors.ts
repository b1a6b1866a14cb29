import { reviveError, type StoredError, TaskoraError } from "../errors.js";

/** A step of the workflow did not complete. `cause` carries name, message and stack of its last error. */
export class WorkflowFailedError extends TaskoraError {
  override readonly name: string = "WorkflowFailedError";
  readonly workflowId: string;
  /** The job of the step that failed; undefined when no step did. */
  readonly step: { readonly task: string; readonly id: string } | undefined;

  constructor(workflowId: string, error: StoredError) {
    const { step } = error;
    const where = step === undefined ? "" : ` at ${step.task} (job ${step.id})`;
    super(
      "WORKFLOW_FAILED",
      `Workflow ${workflowId} failed${where}: ${error.name}: ${error.message} ` +
        "Its resume() runs again what did not complete.",
      { cause: reviveError(error) },
    );
    this.workflowId = workflowId;
    this.step = step;
  }
}

/** Only a workflow that failed can be resumed. */
export class WorkflowNotResumableError extends TaskoraError {
  override readonly name: string = "WorkflowNotResumableError";
  readonly workflowId: string;
  /** What it is instead of failed. */
  readonly state: string;

  constructor(workflowId: string, state: string) {
    super(
      "WORKFLOW_NOT_RESUMABLE",
      `Workflow ${workflowId} cannot be resumed: it is ${state}, and only one that failed can be. ` +
        "Start a new one instead.",
    );
    this.workflowId = workflowId;
    this.state = state;
  }
}
