import { DEFAULT_STALL_LIMIT } from "../core/adapter.js";
import { aFunction, anything, integer, listOf } from "../core/checks.js";
import { type ContractOptions, checkContract } from "../core/contract.js";
import { parseDuration } from "../core/duration.js";
import { OptionError, TaskoraError } from "../core/errors.js";
import { type Check, describe, isCallable, optionSet, requireObject } from "../core/options.js";
import { resolveRetry } from "../core/retry-policy.js";
import type { StandardSchema } from "../schema/standard-schema.js";
import type { HandlerEntry, HandlerOptions, Middleware } from "../worker/handler.js";
import type { RunnableTask } from "../worker/runnable-task.js";
import { contractLimits } from "./dispatch/contract-limits.js";
import type { ProducerTask } from "./dispatch/task-client.js";
import { type AppSettings, RUN_SHAPE, resolveRetention } from "./options.js";

/** A contract as the registry takes it: made by `defineTask`, inline, or generated. */
export interface RegisteredContract extends ContractOptions {
  readonly name: string;
  readonly version: number;
  /** `""`: not generated, so there is none. */
  readonly fingerprint: string;
  readonly input: StandardSchema | undefined;
  readonly output: StandardSchema | undefined;
}

const migrationSteps: Check<RunnableTask["migrate"]> = (value, option) => {
  requireObject(value, option);
  for (const [version, step] of Object.entries(value)) aFunction()(step, `${option}[${version}]`);
  return value as RunnableTask["migrate"];
};

/** How the options of a handler are read. */
export const HANDLER_SHAPE = {
  ...RUN_SHAPE,
  handler: anything,
  grace: parseDuration,
  stallLimit: integer(0, 200),
  middleware: listOf(aFunction<Middleware>()),
  onCancel: aFunction<NonNullable<HandlerOptions["onCancel"]>>(),
  onFailed: aFunction<NonNullable<HandlerOptions["onFailed"]>>(),
  migrate: migrationSteps,
} satisfies { readonly [Key in keyof Required<HandlerOptions>]: Check<unknown> };

const HANDLER = optionSet(HANDLER_SHAPE);

/** All tasks of one app, and the check that each name means one thing. */
export class Registry {
  readonly #contracts = new Map<string, RegisteredContract>();
  readonly #runnable = new Map<string, RunnableTask>();

  /** Names of all tasks known here. */
  names(): string[] {
    return [...this.#contracts.keys()];
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
    const all = [task, ...former];
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
    for (const each of all) this.#runnable.set(each.name, each);
    return all;
  }
}

function isSame(a: RegisteredContract, b: RegisteredContract): boolean {
  if (a.version !== b.version) return false;
  if (a.fingerprint !== "" && b.fingerprint !== "") return a.fingerprint === b.fingerprint;
  if (a.fingerprint !== b.fingerprint) return true;
  return a.input === b.input && a.output === b.output;
}

function mark(contract: RegisteredContract): string {
  return contract.fingerprint === "" ? "" : `, fingerprint ${contract.fingerprint}`;
}

/** The producer's view of a contract. */
export function producerTask(contract: RegisteredContract): ProducerTask {
  return {
    name: contract.name,
    version: contract.version,
    fingerprint: contract.fingerprint,
    input: contract.input,
    limitsOf: contractLimits(contract),
    defaults: {
      priority: contract.priority ?? 0,
      delayMs: contract.delay === undefined ? undefined : parseDuration(contract.delay, "delay"),
      ttlMs: contract.ttl === undefined ? undefined : parseDuration(contract.ttl, "ttl"),
      onExpire: contract.onExpire,
    },
  };
}

/**
 * The worker's view: handler settings over contract over app defaults.
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
  const timeout = options.timeout ?? contract.timeout ?? defaults.timeout;
  return {
    name: contract.name,
    contract: contract.name,
    handler: options.handler,
    input: contract.input,
    output: contract.output,
    version: contract.version,
    since: contract.since ?? 1,
    fingerprint: contract.fingerprint,
    migrate: checkMigrations(given.migrate ?? contract.migrate ?? {}, contract),
    retry: resolveRetry(defaults.retry, contract.retry, options.retry),
    isCollected: contract.collect !== undefined,
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "timeout"),
    graceMs: given.grace ?? 5000,
    concurrency: given.concurrency ?? defaults.concurrency ?? 10,
    leaseMs: given.lease ?? parseDuration(defaults.lease ?? "7s", "lease"),
    stallLimit: given.stallLimit ?? DEFAULT_STALL_LIMIT,
    retention: resolveRetention(defaults.retention, options.retention),
    middleware: [...app.middleware, ...(given.middleware ?? [])],
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
