import type { Adapter, Retention } from "../core/adapter.js";
import { type Clock, systemClock } from "../core/clock.js";
import { type Duration, parseDuration } from "../core/duration.js";
import { OptionError } from "../core/errors.js";
import { describe, rejectUnknownKeys, requireInteger, requireObject } from "../core/options.js";
import { type RetryOptions, resolveRetry } from "../core/retry-policy.js";
import { jsonSerializer, type Serializer } from "../core/serializer.js";
import { workingInRootContext } from "../worker/async-context.js";
import type { RetentionOptions, RetentionRule } from "../worker/handler.js";
import { type Logger, lineWriter, type WriteLine } from "./logger.js";

/** Defaults for every task of an app; contracts and tasks win over them. */
export interface TaskDefaults {
  readonly retry?: RetryOptions;
  /** Longest run of one attempt. Default: none. */
  readonly timeout?: Duration;
  /** Jobs of one task run at once by this process. Default 10. */
  readonly concurrency?: number;
  /** How long a silent worker keeps its jobs. Default `"7s"`. */
  readonly lease?: Duration;
  readonly retention?: RetentionOptions;
}

/** What {@link createTaskora} takes. */
export interface TaskoraOptions {
  /** Where jobs are stored: `redisAdapter(url)`, `memoryAdapter()`. */
  readonly adapter: Adapter;
  /** Default: JSON. All processes of a task must use the same. */
  readonly serializer?: Serializer;
  readonly defaults?: TaskDefaults;
  /** Short for `defaults.retention`, and wins over it. */
  readonly retention?: RetentionOptions;
  /** Whether payloads are checked when they are dispatched. The worker always checks. Default true. */
  readonly validateOnDispatch?: boolean;
  /** Largest encoded payload or result, in bytes. Default 1 MiB, at most 512 MiB. */
  readonly maxPayloadBytes?: number;
  /**
   * Gets a line when this process starts and stops to work, when its store goes away and is back, and for each job that
   * it failed for good; and what no listener of `error` and `warning` hears. Default: `console`. pino and winston
   * get lines in their own form. Pass `false` for silence; events still tell.
   */
  readonly logger?: Logger | false;
  /** For tests: time as this app sees it. The store has its own clock. */
  readonly clock?: Clock;
}

/** {@link TaskoraOptions} with every default filled in. */
export interface AppSettings {
  /** The one given, working in the root context. */
  readonly adapter: Adapter;
  readonly serializer: Serializer;
  readonly defaults: TaskDefaults;
  readonly retention: Retention;
  /** As given, for tasks that override parts of it. */
  readonly retentionOptions: RetentionOptions | undefined;
  readonly validateOnDispatch: boolean;
  readonly maxPayloadBytes: number;
  readonly write: WriteLine;
  readonly clock: Clock;
}

const OPTION_KEYS = [
  "adapter",
  "serializer",
  "defaults",
  "retention",
  "validateOnDispatch",
  "maxPayloadBytes",
  "logger",
  "clock",
];
const DEFAULTS_KEYS = ["retry", "timeout", "concurrency", "lease", "retention"];
const RETENTION_KEYS = ["completed", "failed", "cancelled", "expired"] as const;
const MAX_PAYLOAD_LIMIT = 512 << 20;

/**
 * Checks and completes an app's options.
 *
 * @throws {OptionError} on an unknown key ("did you mean"), a missing adapter or a bad range
 */
export function resolveOptions(options: TaskoraOptions): AppSettings {
  if (typeof options !== "object" || options === null) {
    throw new OptionError("expected options such as { adapter: redisAdapter(url) }, got nothing");
  }
  rejectUnknownKeys(options, OPTION_KEYS, "createTaskora()");
  requireAdapter(options.adapter);
  const defaults = options.defaults ?? {};
  rejectUnknownKeys(defaults, DEFAULTS_KEYS, "defaults");
  resolveRetry(defaults.retry);
  if (defaults.timeout !== undefined) parseDuration(defaults.timeout, "defaults.timeout");
  const max = options.maxPayloadBytes ?? 1 << 20;
  return {
    adapter: workingInRootContext(options.adapter),
    serializer: options.serializer ?? jsonSerializer,
    defaults,
    retention: resolveRetention(defaults.retention, options.retention),
    retentionOptions: options.retention,
    validateOnDispatch: options.validateOnDispatch ?? true,
    maxPayloadBytes: requireInteger(max, { option: "maxPayloadBytes", min: 1, max: MAX_PAYLOAD_LIMIT }),
    write:
      options.logger === false
        ? () => undefined
        : lineWriter(options.logger === undefined ? console : options.logger),
    clock: options.clock ?? systemClock,
  };
}

function requireAdapter(adapter: unknown): void {
  const isAdapter =
    typeof adapter === "object" && adapter !== null && "insert" in adapter && "settle" in adapter;
  if (isAdapter) return;
  throw new OptionError(
    `expected adapter to be an adapter, got ${describe(adapter)}. Write adapter: redisAdapter("redis://localhost:6379") ` +
      'with import { redisAdapter } from "taskora/redis", or memoryAdapter() from "taskora/memory".',
  );
}

const RETENTION_DEFAULTS = {
  completed: { age: "1h", count: 1000 },
  failed: { age: "7d", count: 10_000 },
  cancelled: { age: "1d", count: 1000 },
  expired: { age: "1d", count: 1000 },
} as const satisfies Required<RetentionOptions>;

const MAX_RETAINED = 1_000_000_000;

/**
 * Merges layers of retention rules, later ones first, and fills in the defaults.
 *
 * @throws {OptionError} on an unknown state or a bad range
 */
export function resolveRetention(...layers: readonly (RetentionOptions | undefined)[]): Retention {
  for (const layer of layers) if (layer !== undefined) rejectUnknownKeys(layer, RETENTION_KEYS, "retention");
  const rule = (state: (typeof RETENTION_KEYS)[number]) => {
    const merged: RetentionRule = Object.assign(
      {},
      RETENTION_DEFAULTS[state],
      ...layers.map((layer) => ruleOf(layer, state)),
    );
    rejectUnknownKeys(merged, ["age", "count"], `retention.${state}`);
    return {
      ageMs: parseDuration(merged.age ?? "1h", `retention.${state}.age`),
      count: requireInteger(merged.count, { option: `retention.${state}.count`, min: 0, max: MAX_RETAINED }),
    };
  };
  return {
    completed: rule("completed"),
    failed: rule("failed"),
    cancelled: rule("cancelled"),
    expired: rule("expired"),
  };
}

function ruleOf(layer: RetentionOptions | undefined, state: (typeof RETENTION_KEYS)[number]): RetentionRule {
  const rule = layer?.[state] ?? {};
  requireObject(rule, `retention.${state}`);
  return rule;
}
