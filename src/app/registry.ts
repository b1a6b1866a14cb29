import { DEFAULT_STALL_LIMIT } from "../core/adapter.js";
import { aFunction, anything, listOf, text } from "../core/checks.js";
import { type ContractOptions, checkContract } from "../core/contract.js";
import { parseDuration } from "../core/duration.js";
import { OptionError, TaskoraError } from "../core/errors.js";
import { laneName, laneTask } from "../core/lane-name.js";
import { limitNumber, rateNumbers } from "../core/limits/limit.js";
import {
  type Check,
  describe,
  didYouMean,
  isCallable,
  optionSet,
  required,
  requireObject,
} from "../core/options.js";
import { resolveRetry } from "../core/retry-policy.js";
import type { StandardSchema } from "../schema/standard-schema.js";
import type { HandlerEntry, HandlerOptions, LaneOptions, Middleware } from "../worker/handler.js";
import { APP_POOL, type Pools } from "../worker/pool.js";
import type { RunnableTask } from "../worker/runnable-task.js";
import { contractLimits } from "./dispatch/contract-limits.js";
import { limitOverride } from "./dispatch/limit-override.js";
import type { ProducerTask } from "./dispatch/task-client.js";
import { type AppSettings, jobsAtOnce, RUN_SHAPE, resolveRetention, type TaskDefaults } from "./options.js";

/** A contract as the registry takes it: made by `defineTask`, inline, or generated. */
export interface RegisteredContract extends ContractOptions {
  readonly name: string;
  readonly version: number;
  /** `""`: not generated, so there is none. */
  readonly fingerprint: string;
  readonly input: StandardSchema | undefined;
  readonly output: StandardSchema | undefined;
  readonly emits?: StandardSchema | undefined;
}

const migrationSteps: Check<RunnableTask["migrate"]> = (value, option) => {
  requireObject(value, option);
  for (const [version, step] of Object.entries(value)) aFunction()(step, `${option}[${version}]`);
  return value as RunnableTask["migrate"];
};

const LANE = optionSet({ name: required(laneName), concurrency: jobsAtOnce, pool: text } satisfies {
  readonly [Key in keyof Required<LaneOptions>]: Check<unknown>;
});

/** A lane by its name, or with settings. */
export function laneOption(value: unknown, option: string): LaneOptions {
  return typeof value === "string" ? { name: laneName(value, option) } : LANE.nested(value, option);
}

/** A task as its lane is worked on: the same contract and handler, and a number of its own. */
function onLane(task: RunnableTask, { name, concurrency, pool }: LaneOptions): RunnableTask {
  return {
    ...task,
    name: laneTask(task.name, name),
    lane: name,
    lanes: [],
    concurrency: concurrency ?? task.concurrency,
    pool: pool ?? task.pool,
  };
}

/** How the options of a handler are read. */
export const HANDLER_SHAPE = {
  ...RUN_SHAPE,
  handler: anything,
  onCancel: aFunction<NonNullable<HandlerOptions["onCancel"]>>(),
  onFailed: aFunction<NonNullable<HandlerOptions["onFailed"]>>(),
  globalConcurrency: limitNumber,
  rateLimit: rateNumbers,
  migrate: migrationSteps,
  lanes: listOf(laneOption),
} satisfies { readonly [Key in keyof Required<HandlerOptions>]: Check<unknown> };

const HANDLER = optionSet(HANDLER_SHAPE);

/** All tasks of one app, and the check that each name means one thing. */
export class Registry {
  readonly #contracts = new Map<string, RegisteredContract>();
  readonly #runnable = new Map<string, RunnableTask>();
  /** Lanes that were dispatched to, looked at or worked on here, by the names under which their jobs are stored. */
  readonly #lanes = new Set<string>();

  /** Names of all tasks known here, and of their lanes. */
  names(): string[] {
    return [...this.#contracts.keys(), ...this.#lanes];
  }

  /** Remembers a lane. Returns whether it is new. */
  meetLane(task: string): boolean {
    const isNew = !this.#lanes.has(task);
    this.#lanes.add(task);
    return isNew;
  }

  /** Names that tasks known here had before. */
  formerNames(): string[] {
    return [...this.#contracts.values()].flatMap(({ aliases = [] }) => [...aliases]);
  }

  contract(name: string): RegisteredContract | undefined {
    return this.#contracts.get(name);
  }

  /** Takes over what another registry knows. */
  copy(other: Registry): void {
    for (const [name, contract] of other.#contracts) this.#contracts.set(name, contract);
    for (const [name, task] of other.#runnable) this.#runnable.set(name, task);
    for (const lane of other.#lanes) this.#lanes.add(lane);
  }

  runnable(): RunnableTask[] {
    return [...this.#runnable.values()];
  }

  /**
   * Remembers a contract. The same one may come again; a client generated from a contract counts as the same.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when the name already means another contract
   */
  register(contract: RegisteredContract): void {
    const known = this.#contracts.get(contract.name);
    if (known === undefined) {
      const { fingerprint, ...given } = contract;
      checkContract(given);
      this.#contracts.set(contract.name, contract);
      return;
    }
    if (isSame(known, contract)) return;
    throw new TaskoraError(
      "CONTRACT_CONFLICT",
      `The task ${contract.name} is already registered with another contract ` +
        `(version ${known.version}${mark(known)}, now version ${contract.version}${mark(contract)}). ` +
        "Give one of them another name, or run taskora generate so that both sides use the same contract.",
    );
  }

  /**
   * Gives a task its handler, under its former names too. Returns what a worker has to work on.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when it has one already
   */
  implement(contract: RegisteredContract, task: RunnableTask): readonly RunnableTask[] {
    const former = (contract.aliases ?? []).map((name) => ({ ...task, name }));
    const all = [task, ...former, ...task.lanes.map((lane) => onLane(task, lane))];
    const taken = all.find(({ name }) => this.#runnable.has(name));
    if (taken !== undefined) {
      throw new TaskoraError(
        "CONTRACT_CONFLICT",
        `The task ${taken.name} already has a handler in this app` +
          (taken === task
            ? ". Remove one of the two implement() calls."
            : `; ${task.name} names it as an alias.`),
      );
    }
    this.register(contract);
    for (const each of all) this.#add(each);
    return all;
  }

  /**
   * Works on one more lane of a task that has a handler here. Returns what a worker has to work on; undefined: it does.
   *
   * @throws {TaskoraError} `HANDLER_MISSING` when it has none
   */
  addLane(contract: string, lane: LaneOptions): RunnableTask | undefined {
    const task = this.#runnable.get(contract);
    if (task === undefined) {
      throw new TaskoraError(
        "HANDLER_MISSING",
        `The lane ${lane.name} of ${contract} cannot be worked on: the task has no handler in this app. Implement it first.`,
      );
    }
    const added = onLane(task, lane);
    if (this.#runnable.has(added.name)) return undefined;
    this.#add(added);
    return added;
  }

  /** Works on a lane no more. Returns its task; undefined: it was not worked on here. */
  removeLane(contract: string, lane: string): string | undefined {
    const name = laneTask(contract, lane);
    return this.#runnable.delete(name) ? name : undefined;
  }

  #add(task: RunnableTask): void {
    this.#runnable.set(task.name, task);
    if (task.lane !== undefined) this.#lanes.add(task.name);
  }
}

function isSame(a: RegisteredContract, b: RegisteredContract): boolean {
  if (a.version !== b.version) return false;
  if (a.fingerprint !== "" && b.fingerprint !== "") return a.fingerprint === b.fingerprint;
  if (a.fingerprint !== b.fingerprint) return true;
  return a.input === b.input && a.output === b.output && a.emits === b.emits;
}

function mark(contract: RegisteredContract): string {
  return contract.fingerprint === "" ? "" : `, fingerprint ${contract.fingerprint}`;
}

/** The producer's view: the contract over the defaults of the app that dispatches. */
export function producerTask(contract: RegisteredContract, defaults: TaskDefaults): ProducerTask {
  const delay = contract.delay ?? defaults.delay;
  const ttl = contract.ttl ?? defaults.ttl;
  return {
    name: contract.name,
    version: contract.version,
    fingerprint: contract.fingerprint,
    input: contract.input,
    limitsOf: contractLimits(contract),
    defaults: {
      priority: contract.priority ?? defaults.priority ?? 0,
      delayMs: delay === undefined ? undefined : parseDuration(delay, "delay"),
      ttlMs: ttl === undefined ? undefined : parseDuration(ttl, "ttl"),
      onExpire: contract.onExpire ?? defaults.onExpire,
      isDeduplicated: contract.deduplicate !== undefined,
    },
  };
}

/**
 * The worker's view: handler settings over contract over the defaults of the app that works.
 *
 * @throws {OptionError} on an unknown key ("did you mean") or a bad range
 */
export function runnableTask(
  contract: RegisteredContract,
  entry: HandlerEntry,
  app: { readonly settings: AppSettings; readonly middleware: readonly Middleware[] },
): RunnableTask {
  const options = handlerOptions(contract.name, entry);
  const given = HANDLER.read(options, `the handler options of ${contract.name}`);
  const { defaults, serializer, maxPayloadBytes } = app.settings;
  const of = { task: contract.name, pools: app.settings.pools };
  const timeout = options.timeout ?? contract.timeout ?? defaults.timeout;
  const grace = given.grace ?? defaults.grace;
  return {
    name: contract.name,
    contract: contract.name,
    lane: undefined,
    handler: options.handler,
    input: contract.input,
    output: contract.output,
    emits: contract.emits,
    version: contract.version,
    since: contract.since ?? 1,
    fingerprint: contract.fingerprint,
    migrate: checkMigrations(given.migrate ?? contract.migrate ?? {}, contract),
    retry: resolveRetry(defaults.retry, contract.retry, options.retry),
    isCollected: contract.collect !== undefined,
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "timeout"),
    graceMs: grace === undefined ? 5000 : parseDuration(grace, "grace"),
    concurrency: given.concurrency ?? defaults.concurrency,
    pool: knownPool(given.pool ?? defaults.pool, of),
    lanes: (given.lanes ?? []).map((lane) => ({ ...lane, pool: knownPool(lane.pool, of) })),
    override: limitOverride(contract, given),
    leaseMs: given.lease ?? parseDuration(defaults.lease ?? "7s", "lease"),
    stallLimit: given.stallLimit ?? defaults.stallLimit ?? DEFAULT_STALL_LIMIT,
    retention: resolveRetention(defaults.retention, options.retention),
    middleware: [...app.middleware, ...(given.middleware ?? defaults.middleware ?? [])],
    onCancel: options.onCancel,
    onFailed: options.onFailed,
    serializer,
    maxResultBytes: maxPayloadBytes,
  };
}

function handlerOptions(task: string, entry: HandlerEntry): HandlerOptions {
  const options = typeof entry === "function" ? { handler: entry } : entry;
  if (typeof options !== "object" || options === null || typeof options.handler !== "function") {
    throw new TaskoraError(
      "HANDLER_MISSING",
      `expected a handler function for ${task}, or { handler, … }; got ${describe(entry)}`,
    );
  }
  if (isCallable(options.handler)) return options;
  throw new OptionError(
    `expected the handler of ${task} to do its work when it is called, got a generator function, whose body would not ` +
      "run. Return a list, or report each part with ctx.progress().",
    { option: "handler" },
  );
}

/**
 * Refuses a pool that the app does not have.
 *
 * @throws {OptionError} with the name that is meant
 */
export function knownPool(
  pool: string | undefined,
  { task, pools }: { readonly task: string; readonly pools: Pools },
): string | undefined {
  if (pool === undefined) return undefined;
  const known = pools.all.map(({ name }) => name).filter((name) => name !== APP_POOL);
  if (known.includes(pool)) return pool;
  const there =
    known.length === 0 ? "Declare it: createTaskora({ pools: { … } })." : `Pools: ${known.join(", ")}.`;
  throw new OptionError(
    `expected pool of ${task} to be one of the pools of this app, got "${pool}". ${didYouMean(pool, known) ?? there}`,
    { option: "pool" },
  );
}

function checkMigrations(
  migrate: RunnableTask["migrate"],
  contract: RegisteredContract,
): RunnableTask["migrate"] {
  for (const key of Object.keys(migrate)) {
    const source = Number(key);
    if (Number.isInteger(source) && source >= 1 && source < contract.version) continue;
    throw new OptionError(
      `expected migrate of ${contract.name} to have source versions from 1 to ${contract.version - 1}, got ${key}`,
    );
  }
  return migrate;
}
