import { internalsOf } from "../app/app-internals.js";
import { fieldWriter, type Logger, type LogLevel, type WriteFields } from "../app/logger.js";
import type { Taskora } from "../app/taskora.js";
import { OptionError } from "../core/errors.js";
import { type Check, describe, optionSet, requireObject } from "../core/options.js";
import type { JobListener } from "../core/telemetry/job-listener.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";
import { stateAfterDispatch, stateAfterRun, type ToldState } from "../core/telemetry/told-state.js";
import { traceFields } from "./trace-fields.js";

/** What a line may be about, its level, and which share of jobs has one where nobody says. */
const STATES = {
  waiting: { level: "info", share: 0 },
  delayed: { level: "info", share: 0 },
  active: { level: "info", share: 0 },
  completed: { level: "info", share: 1 },
  retrying: { level: "warn", share: 1 },
  cancelled: { level: "warn", share: 1 },
  failed: { level: "error", share: 1 },
} as const satisfies Readonly<Record<ToldState, { readonly level: LogLevel; readonly share: number }>>;

/** A state that a job has come to by this process. */
export type LoggedState = keyof typeof STATES;

/** Which lines are written. */
export interface LifecycleOptions {
  /**
   * Share of jobs that have a line, from 0 to 1, by state. All lines of a job are chosen together. Default: 1 for `completed`,
   * `retrying`, `cancelled` and `failed`, 0 for `waiting`, `delayed` and `active`.
   */
  readonly sample?: Readonly<Partial<Record<LoggedState, number>>> | undefined;
}

const share: Check<Readonly<Partial<Record<LoggedState, number>>>> = (value, option) => {
  requireObject(value, option);
  for (const [state, given] of Object.entries(value)) {
    const isShare = typeof given === "number" && given >= 0 && given <= 1;
    if (state in STATES && isShare) continue;
    throw new OptionError(
      `expected ${option} to have shares from 0 to 1 for ${Object.keys(STATES).join(", ")}, got ${state}: ${describe(given)}`,
      { option },
    );
  }
  return value;
};

const OPTIONS = optionSet({ sample: share } satisfies {
  readonly [Key in keyof Required<LifecycleOptions>]: Check<unknown>;
});

/**
 * Writes a line for each state that jobs come to by this process, with `event`, `task`, `jobId`, `attempt`, `waitMs`, `runMs`, and
 * `trace_id` and `span_id` where the attempt is traced. Returns what ends it.
 *
 * @throws {OptionError} on an unknown option ("did you mean"), and for a logger that cannot be written to
 */
export function logJobs(taskora: Taskora, logger: Logger, options: LifecycleOptions = {}): () => void {
  const { sample = {} } = OPTIONS.read(options, "logJobs()");
  return internalsOf(taskora).listen(new LifecycleLines(fieldWriter(logger), sample));
}

class LifecycleLines implements JobListener {
  readonly #write: WriteFields;
  readonly #sample: Readonly<Partial<Record<LoggedState, number>>>;

  constructor(write: WriteFields, sample: Readonly<Partial<Record<LoggedState, number>>>) {
    this.#write = write;
    this.#sample = sample;
  }

  dispatched(message: JobTelemetry): void {
    const state = stateAfterDispatch(message);
    if (state !== undefined) this.#tell(state, message);
  }

  run(message: JobTelemetry, work: () => void): void {
    this.#tell("active", message);
    work();
  }

  settled(message: JobTelemetry): void {
    const state = stateAfterRun(message);
    // One that goes back has no line.
    if (state !== undefined && state !== "waiting" && state !== "delayed") this.#tell(state, message);
  }

  #tell(state: LoggedState, message: JobTelemetry): void {
    if (fractionOf(message.id) >= (this.#sample[state] ?? STATES[state].share)) return;
    const { task, id: jobId, attempt, waitMs, runMs, error } = message;
    this.#write(STATES[state].level, `${task} ${state}`, {
      ...{ event: state, task, jobId },
      ...(attempt > 0 ? { attempt } : {}),
      ...(waitMs === undefined ? {} : { waitMs: Math.max(0, Math.round(waitMs)) }),
      ...(runMs === undefined ? {} : { runMs: Math.round(runMs) }),
      ...(error === undefined ? {} : { error }),
      ...traceFields(message),
    });
  }
}

/**
 * In [0, 1), the same for a job wherever it is asked. Ids that follow each other differ in their last signs, so the bits are mixed in the
 * end, as MurmurHash3 does.
 */
function fractionOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
