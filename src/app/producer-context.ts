import type { CancelReply, JobDetails } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import type { Encoded, JobSnapshot } from "../core/job.js";
import type { ResultHub } from "./results.js";

/** What handles need from their app. */
export interface ProducerContext {
  readonly clock: Clock;
  readonly results: ResultHub;
  cancel(task: string, id: string, reason: string): Promise<CancelReply>;
  read(task: string, id: string): Promise<JobSnapshot | undefined>;
  readDetails(task: string, id: string): Promise<JobDetails>;
  decode(task: string, data: Encoded): unknown;
  reportError(error: unknown, about: { readonly task: string; readonly jobId: string }): void;
}
