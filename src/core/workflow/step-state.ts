/** How a step stands, and how its job ended, in the terms of its workflow. */
import type { StoredError } from "../errors.js";
import type { Encoded, JobRef } from "../job.js";
import type { FinalState } from "../lifecycle.js";
import type { PackedItem, Settled } from "./packed-list.js";
import { type StepSnapshot, stepError, stepJobId } from "./store.js";

/** What is kept of a job that has ended. */
export interface StepEnd {
  readonly state: FinalState;
  readonly result?: Encoded | undefined;
  readonly error?: StoredError | undefined;
  readonly reason?: string | undefined;
}

/** How a step's job ended, as its workflow keeps it. A failure says which step it was. */
export function stepOutcome(
  { task, id }: JobRef,
  { state, result, error, reason = "" }: StepEnd,
): PackedItem {
  if (state === "completed") return { status: state, value: result };
  const why = state === "failed" ? (error ?? UNKNOWN_ERROR) : stepError({ state, reason });
  return { status: state, error: { ...why, step: { task, id } } };
}

const UNKNOWN_ERROR: StoredError = { name: "Error", message: "the error was not recorded" };

/** One step, as a graph keeps it. */
export interface StepState {
  /** Id of the workflow. */
  readonly workflow: string;
  readonly node: number;
  /** Empty: its template is not there. */
  readonly task: string;
  /** 0: none was. */
  readonly run: number;
  readonly isStarted: boolean;
  readonly outcome: Settled<unknown> | undefined;
}

/** A step as callers see it. */
export function stepSnapshot({ workflow, node, task, run, isStarted, outcome }: StepState): StepSnapshot {
  const error = outcome === undefined || outcome.status === "completed" ? undefined : outcome.error;
  return {
    node,
    task,
    state: outcome?.status ?? (isStarted ? "started" : "pending"),
    ...(run === 0 ? {} : { jobId: stepJobId({ workflow, node, run }) }),
    ...(error === undefined ? {} : { error }),
  };
}
