import type { NewerJob, Settlement } from "./adapter.js";
import type { Encoded } from "./job.js";
import { RetryRequest, SnoozeRequest, UnrecoverableError } from "./job-errors.js";
import { backoffMs, isRetryable, type RetryPolicy } from "./retry-policy.js";
import { storeError } from "./stored-error.js";

/** How one run ended, before any policy is applied. */
export type Outcome =
  | { readonly kind: "completed"; readonly result: Encoded | undefined }
  | { readonly kind: "threw"; readonly error: Error }
  | { readonly kind: "cancelled"; readonly reason: string }
  | { readonly kind: "released"; readonly delayMs: number; readonly newer?: NewerJob }
  /** The lease is gone: somebody else settles. */
  | { readonly kind: "lost" };

/** What the policy needs to know of the run. */
export interface SettledRun {
  readonly id: string;
  readonly fence: number;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly policy: RetryPolicy;
  /** In [0, 1), for jitter. */
  readonly random: number;
  /** `traceparent` of the attempt; undefined: nobody traces it. */
  readonly trace?: string | undefined;
  /** Gets what a filter or a backoff function of the policy threw. */
  readonly reportPolicyError: (error: unknown) => void;
}

/** How a run that completed is told to the store. */
export function completion(
  { id, fence }: { readonly id: string; readonly fence: number },
  result: Encoded | undefined,
): Settlement {
  return result === undefined ? { id, fence, event: "complete" } : { id, fence, event: "complete", result };
}

/** Outcome + policy → what the store is told; undefined when it is told nothing. The one place that decides. */
export function settlementOf(outcome: Outcome, run: SettledRun): Settlement | undefined {
  const { id, fence } = run;
  switch (outcome.kind) {
    case "completed":
      return completion(run, outcome.result);
    case "cancelled":
      return { id, fence, event: "cancel", reason: outcome.reason };
    case "released":
      return released(outcome, run);
    case "lost":
      return undefined;
    case "threw":
      return settleError(outcome.error, run);
  }
}

function released(
  { delayMs, newer }: Extract<Outcome, { readonly kind: "released" }>,
  { id, fence }: SettledRun,
): Settlement {
  return { id, fence, event: "release", delayMs, ...(newer === undefined ? {} : { newer }) };
}

function settleError(error: Error, run: SettledRun): Settlement {
  const { id, fence } = run;
  if (error instanceof SnoozeRequest) return { id, fence, event: "release", delayMs: error.delayMs };
  const stored = run.trace === undefined ? storeError(error) : { ...storeError(error), trace: run.trace };
  if (!willRetry(error, run)) return { id, fence, event: "fail", error: stored };
  const asked = error instanceof RetryRequest ? error.delayMs : undefined;
  return { id, fence, event: "retry", error: stored, delayMs: asked ?? delayOf(run) };
}

/**
 * Whether a job runs again when its attempt ends with this error. Filters are the user's code: one that throws decides
 * nothing, so the job fails, where it can be looked at.
 */
export function willRetry(
  error: Error,
  run: Pick<SettledRun, "attempt" | "maxAttempts" | "policy" | "reportPolicyError">,
): boolean {
  if (error instanceof SnoozeRequest) return true;
  if (error instanceof UnrecoverableError || run.attempt >= run.maxAttempts) return false;
  if (error instanceof RetryRequest) return true;
  try {
    return isRetryable(run.policy, error);
  } catch (thrown) {
    run.reportPolicyError(thrown);
    return false;
  }
}

/** A backoff function that throws is as good as one that returns no number: the plain delay is taken. */
function delayOf({ policy, attempt, random, reportPolicyError }: SettledRun): number {
  try {
    return backoffMs(policy, attempt, random);
  } catch (thrown) {
    reportPolicyError(thrown);
    return backoffMs({ ...policy, backoff: "fixed" }, attempt, random);
  }
}
