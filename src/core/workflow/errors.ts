import { reviveError, type StoredError, TaskoraError } from "../errors.js";

/** A step of the workflow did not complete. `cause` carries name, message and stack of its last error. */
export class WorkflowFailedError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "WorkflowFailedError";
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
