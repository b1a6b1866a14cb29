import type { DispatchGroup, JobTelemetry } from "./job-telemetry.js";

/** Is told of every job of an app, as it goes. What it throws would reach the application: it must not. */
export interface JobListener {
  /** In the caller's context, before the job is encoded: headers may be added. */
  dispatching?(message: JobTelemetry, group: DispatchGroup | undefined): void;
  /** The store has answered, or the job was refused before. */
  dispatched?(message: JobTelemetry, group: DispatchGroup | undefined): void;
  /** One call begins to dispatch several jobs, in the caller's context. */
  dispatchingMany?(group: DispatchGroup): void;
  /** The store has answered to all of them. */
  dispatchedMany?(group: DispatchGroup): void;
  /** An attempt begins: calls `work` once, at once, in whatever context the handler is to run. */
  run?(message: JobTelemetry, work: () => void): void;
  /** The attempt has ended. */
  ran?(message: JobTelemetry): void;
  /** Its end is told to the store. */
  settling?(message: JobTelemetry): void;
  /** The store has answered. */
  settled?(message: JobTelemetry): void;
}

/** What is told of a worker of the process. */
export interface WorkerMessage {
  /** Unique per process, and per start. */
  readonly worker: string;
  readonly event: "started" | "quiet" | "resumed" | "stopped";
}

/** What is told of an error outside of any caller's sight. */
export interface TroubleMessage {
  readonly error: unknown;
  /** The task that it is about, where there is one. */
  readonly task: string | undefined;
  readonly jobId: string | undefined;
}

/** Is told of what happens beside jobs. */
export interface ProcessListener {
  /** A worker has taken so many jobs from the store. */
  claimed?(task: string, count: number): void;
  worker?(message: WorkerMessage): void;
  troubled?(message: TroubleMessage): void;
  /** A lease was lost, and with it a job. */
  lost?(task: string): void;
}
