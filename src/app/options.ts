import type { Adapter, Retention } from "../core/adapter.js";
import { aFunction, anything, integer, listOf, objectWith, text, trueOrFalse } from "../core/checks.js";
import { type Clock, systemClock } from "../core/clock.js";
import { CONTRACT_SHAPE } from "../core/contract.js";
import { type Duration, durationFrom, parseDuration } from "../core/duration.js";
import { OptionError } from "../core/errors.js";
import { type Check, describe, optionSet, requireObject } from "../core/options.js";
import { type RetryOptions, retryOptions } from "../core/retry-policy.js";
import { jsonSerializer, type Serializer } from "../core/serializer.js";
import { workingInRootContext } from "../worker/async-context.js";
import type { Middleware, RetentionOptions } from "../worker/handler.js";
import { APP_POOL, Pools } from "../worker/pool.js";
import { type Logger, lineWriter, type WriteLine } from "./logger.js";

/**
 * Defaults for every task of an app: contract, handler and dispatch win over them. Those of jobs (`priority`, `delay`, `ttl`,
 * `onExpire`) are taken from the app that dispatches, all others from the app that works.
 */
export interface TaskDefaults {
  /** How failed attempts are tried again, where neither handler nor contract says. Default: one attempt. */
  readonly retry?: RetryOptions | undefined;
  /** Longest run of one attempt, from 1 ms on. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Jobs of one task run at once by this process. Default: as many as its pool, or the app's `concurrency`; else 10. */
  readonly concurrency?: number | undefined;
  /** One of `pools`, for tasks that name none. */
  readonly pool?: string | undefined;
  /** How long a silent worker keeps its jobs. Default `"7s"`. */
  readonly lease?: Duration | undefined;
  /** How long the slot of a timed out or cancelled handler is kept for it to end. Default `"5s"`. */
  readonly grace?: Duration | undefined;
  /** A job that was blamed for the loss of its worker more often than this fails. 0 to 200, default 3. */
  readonly stallLimit?: number | undefined;
  /** How long and how many finished jobs stay, per state. */
  readonly retention?: RetentionOptions | undefined;
  /** Layers around handlers that have no `middleware` of their own, inside those of `use`. */
  readonly middleware?: readonly Middleware[] | undefined;
  /** Higher runs first, −1 000 to 1 000. Default 0. */
  readonly priority?: number | undefined;
  /** Wait before a job may run, when neither its dispatch nor its contract says. Default: none. */
  readonly delay?: Duration | undefined;
  /** How long a job may wait for its first start. Default: for ever. */
  readonly ttl?: Duration | undefined;
  /** What becomes of a job whose TTL has passed. Default `"fail"`: it ends as expired and is kept. */
  readonly onExpire?: "fail" | "discard" | undefined;
}

/** What {@link createTaskora} takes. */
export interface TaskoraOptions {
  /** Where jobs are stored: `redisAdapter(url)`, `memoryAdapter()`. */
  readonly adapter: Adapter;
  /** Default: JSON. All processes of a task must use the same. */
  readonly serializer?: Serializer | undefined;
  /** Settings of tasks that say nothing of their own. */
  readonly defaults?: TaskDefaults | undefined;
  /**
   * Jobs of all tasks together that run at once in this process, 1 to 10 000. Nothing more is claimed, so other processes get
   * their share. Default: 32 per core for the tasks that say no `concurrency` or `pool`; those that do are free of it.
   */
  readonly concurrency?: number | undefined;
  /** Names and sizes of pools: tasks that name one as their `pool` share so many jobs at once. `app.pools` changes them. */
  readonly pools?: Readonly<Record<string, number>> | undefined;
  /** Whether payloads are checked when they are dispatched. The worker always checks. Default true. */
  readonly validateOnDispatch?: boolean | undefined;
  /** Largest encoded payload or result, in bytes. Default 1 MiB, at most 512 MiB. */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * Gets a line when this process starts and stops to work, when its store goes away and is back, and for each job that
   * it failed for good; and what no listener of `error` and `warning` hears. Default: `console`. pino, winston and
   * bunyan get lines in their own form. Pass `false` for silence; events still tell.
   */
  readonly logger?: Logger | false | undefined;
  /**
   * Whether the workers of this app count how long jobs wait and run, how they end and which errors they have. What was counted
   * goes to the store every 10 s; no job costs a command more. Default true.
   */
  readonly metrics?: boolean | undefined;
  /**
   * Names the build of the application that this process is of, such as a commit, 1 to 100 characters: errors and measures are
   * told by it. Default: the environment variable `TASKORA_RELEASE`; without it none.
   */
  readonly release?: string | undefined;
  /** For tests: time as this app sees it. The store has its own clock. */
  readonly clock?: Clock | undefined;
}

/** {@link TaskoraOptions} with every default filled in. */
export interface AppSettings {
  /** The one given, working in the root context. */
  readonly adapter: Adapter;
  readonly serializer: Serializer;
  readonly defaults: TaskDefaults;
  /** Of this process. */
  readonly pools: Pools;
  readonly retention: Retention;
  readonly validateOnDispatch: boolean;
  readonly maxPayloadBytes: number;
  readonly write: WriteLine;
  readonly clock: Clock;
  /** Whether is counted how jobs go. */
  readonly metrics: boolean;
  readonly release: string | undefined;
}

const MAX_PAYLOAD_LIMIT = 512 << 20;
const MAX_RETAINED = 1_000_000_000;

const RULE = optionSet({ age: parseDuration, count: integer(0, MAX_RETAINED) }).nested;
/** The check of how many jobs run at once. */
export const jobsAtOnce = integer(1, 10_000);

const POOL_NAME = /^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/;

const poolSizes: Check<ReadonlyMap<string, number>> = (value, option) => {
  requireObject(value, option);
  const sizes = Object.entries(value).map(
    ([name, size]) => [poolName(name, option), jobsAtOnce(size, `${option}.${name}`)] as const,
  );
  return new Map(sizes);
};

function poolName(name: string, option: string): string {
  if (name === APP_POOL) {
    throw new OptionError(
      `expected ${option} without "${APP_POOL}", which all tasks are in; its size is concurrency`,
      { option },
    );
  }
  if (POOL_NAME.test(name)) return name;
  throw new OptionError(`expected ${option} to have names such as "media", got ${describe(name)}`, {
    option,
  });
}

const RETENTION = optionSet({ completed: RULE, failed: RULE, cancelled: RULE, expired: RULE });

/** The checks of options that an app and a handler share. */
export const RUN_SHAPE = {
  retry: retryOptions,
  timeout: durationFrom("1ms"),
  concurrency: jobsAtOnce,
  pool: text,
  lease: durationFrom("100ms"),
  grace: parseDuration,
  stallLimit: integer(0, 200),
  retention: RETENTION.nested,
  middleware: listOf(aFunction<Middleware>()),
};

const { delay, ttl, onExpire, priority } = CONTRACT_SHAPE;
const DEFAULTS = optionSet({ ...RUN_SHAPE, delay, ttl, onExpire, priority } satisfies {
  readonly [Key in keyof Required<TaskDefaults>]: Check<unknown>;
});

const logger: Check<WriteLine> = (value) => (value === false ? () => undefined : lineWriter(value as Logger));

const MAX_RELEASE = 100;

const aRelease: Check<string> = (value, option) => {
  const name = text(value, option);
  if (name !== "" && name.length <= MAX_RELEASE) return name;
  throw new OptionError(`expected ${option} to have 1 to ${MAX_RELEASE} characters, got ${describe(name)}`, {
    option,
  });
};

const APP = optionSet({
  adapter: anything,
  serializer: objectWith<Serializer>("a serializer", ["encode", "decode"]),
  defaults: DEFAULTS.nested,
  concurrency: jobsAtOnce,
  pools: poolSizes,
  validateOnDispatch: trueOrFalse,
  maxPayloadBytes: integer(1, MAX_PAYLOAD_LIMIT),
  logger,
  metrics: trueOrFalse,
  release: aRelease,
  clock: objectWith<Clock>("a clock", ["now", "monotonic", "schedule"]),
} satisfies { readonly [Key in keyof Required<TaskoraOptions>]: Check<unknown> });

/**
 * Checks and completes an app's options.
 *
 * @throws {OptionError} on an unknown key ("did you mean"), a missing adapter or a bad range
 */
export function resolveOptions(options: TaskoraOptions): AppSettings {
  if (options === undefined || options === null) {
    throw new OptionError(
      `expected options such as { adapter: redisAdapter(url) }, got ${describe(options)}`,
    );
  }
  const given = APP.read(options, "createTaskora()");
  requireAdapter(given.adapter);
  const defaults = options.defaults ?? {};
  return {
    adapter: onceInRootContext(given.adapter),
    serializer: given.serializer ?? jsonSerializer,
    defaults,
    pools: new Pools({ concurrency: given.concurrency, pools: given.pools ?? new Map() }),
    retention: resolveRetention(defaults.retention),
    validateOnDispatch: given.validateOnDispatch ?? true,
    maxPayloadBytes: given.maxPayloadBytes ?? 1 << 20,
    write: given.logger ?? lineWriter(console),
    clock: given.clock ?? systemClock,
    metrics: given.metrics ?? true,
    release: given.release ?? (process.env.TASKORA_RELEASE?.slice(0, MAX_RELEASE) || undefined),
  };
}

/** One form of an adapter for all apps that share it. */
const WRAPPED = new WeakMap<Adapter, Adapter>();

function onceInRootContext(adapter: Adapter): Adapter {
  const wrapped = WRAPPED.get(adapter) ?? workingInRootContext(adapter);
  WRAPPED.set(adapter, wrapped);
  return wrapped;
}

function requireAdapter(adapter: unknown): asserts adapter is Adapter {
  const isAdapter =
    typeof adapter === "object" && adapter !== null && "insert" in adapter && "settle" in adapter;
  if (isAdapter) return;
  throw new OptionError(
    `expected adapter to be an adapter, got ${describe(adapter)}. Write adapter: redisAdapter("redis://localhost:6379") ` +
      'with import { redisAdapter } from "taskora/redis", or memoryAdapter() from "taskora/memory".',
    { option: "adapter" },
  );
}

const RETENTION_DEFAULTS = {
  completed: { age: "1h", count: 1000 },
  failed: { age: "7d", count: 10_000 },
  cancelled: { age: "1d", count: 1000 },
  expired: { age: "1d", count: 1000 },
} as const satisfies Required<RetentionOptions>;

/**
 * Merges layers of retention rules, later ones first, and fills in the defaults.
 *
 * @throws {OptionError} on an unknown state or a bad range
 */
export function resolveRetention(...layers: readonly (RetentionOptions | undefined)[]): Retention {
  const read = layers.flatMap((layer) => (layer === undefined ? [] : [RETENTION.nested(layer, "retention")]));
  const rule = (state: keyof RetentionOptions) => {
    const { age, count } = RETENTION_DEFAULTS[state];
    const merged = Object.assign({ age: parseDuration(age), count }, ...read.map((layer) => layer[state]));
    return { ageMs: merged.age, count: merged.count };
  };
  return {
    completed: rule("completed"),
    failed: rule("failed"),
    cancelled: rule("cancelled"),
    expired: rule("expired"),
  };
}
