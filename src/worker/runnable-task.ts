import type { Retention } from "../core/adapter.js";
import type { LimitOverride } from "../core/limits/limit.js";
import type { RetryPolicy } from "../core/retry-policy.js";
import type { Serializer } from "../core/serializer.js";
import type { StandardSchema } from "../schema/standard-schema.js";
import type { Handler, JobContext, LaneOptions, Middleware, MigrationStep } from "./handler.js";

/** A task as the worker needs it: every default filled in, every duration in ms. */
export interface RunnableTask {
  readonly name: string;
  /** Name of its contract: another than `name` where that is a former name of the task, or a lane. */
  readonly contract: string;
  /** The lane of that contract whose jobs these are; undefined: those outside of lanes. */
  readonly lane: string | undefined;
  readonly handler: Handler;
  readonly input: StandardSchema | undefined;
  readonly output: StandardSchema | undefined;
  /** Checks what `ctx.emit` is given; undefined: it emits nothing. */
  readonly emits: StandardSchema | undefined;
  readonly version: number;
  readonly since: number;
  /** `""`: not generated. */
  readonly fingerprint: string;
  readonly migrate: Readonly<Record<number, MigrationStep>>;
  readonly retry: RetryPolicy;
  /** Its handler gets lists of payloads. */
  readonly isCollected: boolean;
  readonly timeoutMs: number | undefined;
  readonly graceMs: number;
  /** Jobs that run at once; undefined: as many as its pools let, or 10. */
  readonly concurrency: number | undefined;
  /** The named pool that it is in; undefined: that of the app alone. */
  readonly pool: string | undefined;
  /** Numbers that the store is told at the start; undefined: the contract has no limits. */
  readonly override: LimitOverride | undefined;
  readonly leaseMs: number;
  readonly stallLimit: number;
  readonly retention: Retention;
  /** Lanes that are worked on beside it; each is a runnable task of its own. */
  readonly lanes: readonly LaneOptions[];
  /** The app's layers, then the task's. */
  readonly middleware: readonly Middleware[];
  readonly onCancel: ((data: unknown, ctx: JobContext) => void | Promise<void>) | undefined;
  readonly onFailed: ((data: unknown, ctx: JobContext, error: Error) => void | Promise<void>) | undefined;
  readonly serializer: Serializer;
  readonly maxResultBytes: number;
}
