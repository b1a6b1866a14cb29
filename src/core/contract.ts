import { type CollectOptions, resolveCollect } from "./collect-flow.js";
import type { Duration } from "./duration.js";
import { parseDuration } from "./duration.js";
import { OptionError, TaskoraError } from "./errors.js";
import { type RateLimitOptions, resolveRateLimit } from "./limit-flow.js";
import { describe, rejectUnknownKeys, requireInteger, requireObject } from "./options.js";
import { type RetryOptions, resolveRetry } from "./retry-policy.js";
import type {
  OptionalSchemaInput,
  OptionalSchemaOutput,
  SchemaInput,
  StandardSchema,
} from "./standard-schema.js";
import { requireTaskName } from "./task-name.js";

/** What two services agree on: the name, the version, both schemas and the defaults of a task. No code. */
export interface TaskContract<
  Name extends string = string,
  Input extends StandardSchema | undefined = StandardSchema | undefined,
  Output extends StandardSchema | undefined = StandardSchema | undefined,
> extends ContractOptions {
  readonly name: Name;
  readonly version: number;
  /** Any Standard Schema; left out: any JSON value is accepted unchecked. */
  readonly input?: Input;
  readonly output?: Output;
}

/** Defaults that travel with a contract. A task's own options win over them. */
export interface ContractOptions {
  /** The oldest version a worker of this contract still accepts. Default 1. */
  readonly since?: number;
  /** Former names of this task, whose queued jobs a worker takes over. */
  readonly aliases?: readonly string[];
  readonly description?: string;
  /** A sentence that tells callers what to use instead. */
  readonly deprecated?: string;
  /** Opts out of breaking-change checks. */
  readonly unstable?: boolean;
  readonly retry?: RetryOptions;
  /** Longest run of one attempt. Default: none. */
  readonly timeout?: Duration;
  /** How long a job may wait for its first start. Default: for ever. */
  readonly ttl?: Duration;
  /** What becomes of a job whose TTL has passed. Default `"fail"`: it ends as expired and is kept. */
  readonly onExpire?: "fail" | "discard";
  /** Higher runs first, −1 000 to 1 000. Default 0. */
  readonly priority?: number;
  /** Jobs run in batches: the handler gets a list of payloads, and every job ends as its batch ends. */
  readonly collect?: CollectOptions | undefined;
  /** One job of the task runs at a time, over all processes; the next one starts when it ends. Default false. */
  readonly singleton?: boolean;
  /** How often jobs of the task start, over all processes: at most `limit` in any stretch of `window`. */
  readonly rateLimit?: RateLimitOptions;
  /** Source version → step to the next version, for workers. A handler's own `migrate` wins over it. */
  readonly migrate?: ContractMigrations;
}

/** Source version → what turns its payload into the next version's; steps may be async. */
export type ContractMigrations = Readonly<Record<number, (payload: unknown) => unknown>>;

/**
 * Types the steps of a contract by the versions that the lock remembers: with the generated `EmailSendMigrations` a step
 * that is missing, reads another payload or gives another one does not compile. Does nothing at run time.
 *
 * ```ts
 * migrate: migrations<EmailSendMigrations>({ 1: (old) => ({ to: [old.to] }) }),
 * ```
 */
export function migrations<Steps extends { readonly [Version in keyof Steps]: (payload: never) => unknown }>(
  steps: Steps,
): ContractMigrations {
  return steps as unknown as ContractMigrations;
}

/**
 * Types one step by the schema of the version it leads to: what it returns must be what that schema accepts. Its
 * payload has the type it is declared with. Does nothing at run time: a payload is validated once, after the last step.
 *
 * ```ts
 * migrate: { 1: into(inputOfVersion2, ({ to }: EmailSendV1) => ({ to: [to] })) },
 * ```
 */
export function into<Schema extends StandardSchema, Payload = unknown>(
  _schema: Schema,
  step: (payload: Payload) => SchemaInput<Schema> | Promise<SchemaInput<Schema>>,
): (payload: unknown) => SchemaInput<Schema> | Promise<SchemaInput<Schema>> {
  return step as (payload: unknown) => SchemaInput<Schema> | Promise<SchemaInput<Schema>>;
}

/** What {@link defineTask} takes: a {@link TaskContract} whose version may be left out. */
export interface ContractDefinition<
  Name extends string,
  Input extends StandardSchema | undefined,
  Output extends StandardSchema | undefined,
  Collect extends CollectOptions | undefined = CollectOptions | undefined,
> extends ContractOptions {
  readonly name: Name;
  readonly collect?: Collect;
  /** Default 1. Raise it with a migration when queued payloads would no longer parse. */
  readonly version?: number;
  readonly input?: Input;
  readonly output?: Output;
}

/** What `dispatch` accepts for a contract. */
export type ContractInput<C> = C extends { readonly input?: infer S } ? OptionalSchemaInput<S> : unknown;
/** What the handler gets: the parsed payload, or a list of them where the contract collects. */
export type ContractPayload<C> = C extends { readonly collect: CollectOptions }
  ? readonly ContractItem<C>[]
  : ContractItem<C>;
/** The parsed payload of one job. */
export type ContractItem<C> = C extends { readonly input?: infer S } ? OptionalSchemaOutput<S> : unknown;
/** What the handler may return. */
export type ContractReturn<C> = C extends { readonly output?: infer S } ? OptionalSchemaInput<S> : unknown;
/** What `await job.result` gives. */
export type ContractResult<C> = C extends { readonly output?: infer S } ? OptionalSchemaOutput<S> : unknown;

/** A contract whose type says whether it collects. */
export type DefinedContract<
  Name extends string,
  Input extends StandardSchema | undefined,
  Output extends StandardSchema | undefined,
  Collect extends CollectOptions | undefined,
> = TaskContract<Name, Input, Output> &
  (Collect extends CollectOptions ? { readonly collect: Collect } : unknown);

export const CONTRACT_OPTION_KEYS = [
  "since",
  "aliases",
  "description",
  "deprecated",
  "unstable",
  "retry",
  "timeout",
  "ttl",
  "onExpire",
  "priority",
  "collect",
  "singleton",
  "rateLimit",
  "migrate",
] as const;

/** Everything a contract may say. */
export const CONTRACT_KEYS: readonly string[] = [
  "name",
  "version",
  "input",
  "output",
  ...CONTRACT_OPTION_KEYS,
];

/** Marks an object made by {@link defineTask}, also across two copies of this library. */
const CONTRACT_MARK: unique symbol = Symbol.for("taskora.contract") as never;

/** The generator puts a list here while it loads contract modules, to find contracts that are not exported. */
const COLLECTOR = Symbol.for("taskora.contract.collector");

/**
 * Declares a task contract. The result is plain, frozen data.
 *
 * @throws {TaskoraError} `NAME_INVALID`, `OPTION_INVALID` (with "did you mean"), `DURATION_INVALID`
 */
export function defineTask<
  const Name extends string,
  Input extends StandardSchema | undefined = undefined,
  Output extends StandardSchema | undefined = undefined,
  Collect extends CollectOptions | undefined = undefined,
>(
  definition: ContractDefinition<Name, Input, Output, Collect>,
): DefinedContract<Name, Input, Output, Collect> {
  requireObject(definition, "defineTask()");
  rejectUnknownKeys(definition, CONTRACT_KEYS, `contract ${definition.name}`);
  checkContract(definition);
  const contract = Object.freeze(
    Object.defineProperty({ ...definition, version: definition.version ?? 1 }, CONTRACT_MARK, {
      value: true,
    }),
  ) as TaskContract<Name, Input, Output> as DefinedContract<Name, Input, Output, Collect>;
  const collector = (globalThis as { [COLLECTOR]?: unknown[] })[COLLECTOR];
  if (Array.isArray(collector)) collector.push(contract);
  return contract;
}

/** Whether a value was made by {@link defineTask}. */
export function isContract(value: unknown): value is TaskContract {
  return typeof value === "object" && value !== null && CONTRACT_MARK in value;
}

/**
 * Checks the name, both schemas and the range of every option of a contract, however it was made.
 *
 * @throws {TaskoraError} with the option that is wrong
 */
export function checkContract(
  contract: ContractOptions & {
    readonly name: string;
    readonly version?: number;
    readonly input?: unknown;
    readonly output?: unknown;
  },
): void {
  requireTaskName(contract.name);
  requireSchema(contract.name, "input", contract.input);
  requireSchema(contract.name, "output", contract.output);
  checkContractOptions(contract);
}

function checkContractOptions(options: ContractOptions & { readonly version?: number }): void {
  const version = requireInteger(options.version ?? 1, { option: "version", min: 1, max: 65_535 });
  const since = requireInteger(options.since ?? 1, { option: "since", min: 1, max: 65_535 });
  if (since > version) {
    throw new OptionError(`expected since to be at most version ${version}, got ${since}`);
  }
  for (const alias of options.aliases ?? []) requireTaskName(alias);
  if (options.retry !== undefined) resolveRetry(options.retry);
  if (options.timeout !== undefined) parseDuration(options.timeout, "timeout");
  if (options.ttl !== undefined) parseDuration(options.ttl, "ttl");
  if (options.onExpire !== undefined && options.onExpire !== "fail" && options.onExpire !== "discard") {
    throw new OptionError(`expected onExpire to be "fail" or "discard", got ${describe(options.onExpire)}`);
  }
  if (options.priority !== undefined) {
    requireInteger(options.priority, { option: "priority", min: -1000, max: 1000 });
  }
  if (options.collect !== undefined) resolveCollect(options.collect);
  checkLimits(options);
  checkMigrations(options.migrate ?? {}, version);
}

function checkLimits({ singleton, rateLimit, collect }: ContractOptions): void {
  if (singleton !== undefined && typeof singleton !== "boolean") {
    throw new OptionError(`expected singleton to be a boolean, got ${describe(singleton)}`);
  }
  if (rateLimit !== undefined) resolveRateLimit(rateLimit);
  if (collect === undefined || (singleton !== true && rateLimit === undefined)) return;
  throw new OptionError(
    `expected no ${singleton === true ? "singleton" : "rateLimit"} beside collect: limits count jobs, not batches. ` +
      "Use collect.delay and concurrency to slow batches down",
  );
}

function checkMigrations(migrate: ContractMigrations, version: number): void {
  for (const [key, step] of Object.entries(migrate)) {
    requireInteger(Number(key), { option: `migrate[${key}]`, min: 1, max: Math.max(1, version - 1) });
    if (Number(key) < version && typeof step === "function") continue;
    throw new OptionError(
      `expected migrate to hold functions for versions below ${version}, got ${describe(step)} for ${key}`,
    );
  }
}

function requireSchema(task: string, side: "input" | "output", schema: unknown): void {
  if (schema === undefined) return;
  const standard = (schema as { "~standard"?: { validate?: unknown } } | null)?.["~standard"];
  if (typeof standard?.validate === "function") return;
  throw new TaskoraError(
    "CONTRACT_INVALID",
    `expected ${side} of ${task} to be a schema (zod 4 or any Standard Schema), got ${describe(schema)}. ` +
      `Write ${side}: z.object({ … }).`,
  );
}
