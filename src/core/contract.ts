import type { EitherSide, Travelling } from "../schema/either-side.js";
import type {
  OptionalSchemaInput,
  OptionalSchemaOutput,
  SchemaInput,
  StandardSchema,
} from "../schema/standard-schema.js";
import { requireNoMore } from "./arguments.js";
import { aFunction, anything, integer, listOf, oneOf, text, trueOrFalse } from "./checks.js";
import type { Duration } from "./duration.js";
import { durationFrom, parseDuration } from "./duration.js";
import { OptionError, TaskoraError } from "./errors.js";
import { type CollectOptions, resolveCollect } from "./limits/collect.js";
import { type DeduplicateByOptions, resolveDeduplicateBy } from "./limits/deduplicate.js";
import { type GroupByOptions, resolveGroupBy } from "./limits/group.js";
import {
  type GlobalConcurrencyOptions,
  type RateLimitOptions,
  resolveGlobalConcurrency,
  resolveRateLimit,
} from "./limits/limit.js";
import type { PayloadPath } from "./limits/payload-path.js";
import { type Check, describe, type OptionValues, optionSet, required, requireObject } from "./options.js";
import { type RetryOptions, retryOptions } from "./retry-policy.js";
import { requireFormerName, requireTaskName } from "./task-name.js";

/** What two services agree on: the name, the version, both schemas and the defaults of a task. No code. */
export interface TaskContract<
  Name extends string = string,
  Input extends StandardSchema | undefined = StandardSchema | undefined,
  Output extends StandardSchema | undefined = StandardSchema | undefined,
  Emits extends StandardSchema | undefined = StandardSchema | undefined,
> extends ContractOptions {
  /** What jobs are stored under; letters, digits and `.`, `-`, `_`, such as `"email.send"`. */
  readonly name: Name;
  /** From 1; raise it when jobs of the one before need a migration. */
  readonly version: number;
  /** Any Standard Schema; left out: any JSON value is accepted unchecked. */
  readonly input?: Input;
  /** Undefined: results are not checked. */
  readonly output?: Output;
  /** What a handler may `ctx.emit` while it runs, checked at once; undefined: nothing. */
  readonly emits?: Emits;
}

/** Defaults that travel with a contract. A task's own options win over them. */
export interface ContractOptions<Path extends string = string> {
  /** The oldest version a worker of this contract still accepts. Default 1. */
  readonly since?: number | undefined;
  /**
   * Former names of this task, whose queued jobs a worker takes over. They need not be names that a task can have today:
   * `sendEmail`, `send_email` and `email:send` are taken too.
   */
  readonly aliases?: readonly string[] | undefined;
  /** For people: it goes into the generated client and its documents. */
  readonly description?: string | undefined;
  /** A sentence that tells callers what to use instead. */
  readonly deprecated?: string | undefined;
  /** Opts out of breaking-change checks. */
  readonly unstable?: boolean | undefined;
  /**
   * How failed attempts are tried again. The handler's own `retry` wins, then this, then the app's default: one
   * attempt.
   */
  readonly retry?: RetryOptions | undefined;
  /** Longest run of one attempt, from 1 ms on. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Wait before a job may run, when its dispatch says neither `delay` nor `runAt`. Default: none. */
  readonly delay?: Duration | undefined;
  /** How long a job may wait for its first start. Default: for ever. */
  readonly ttl?: Duration | undefined;
  /** What becomes of a job whose TTL has passed. Default `"fail"`: it ends as expired and is kept. */
  readonly onExpire?: "fail" | "discard" | undefined;
  /** Higher runs first, −1 000 to 1 000. Default 0. */
  readonly priority?: number | undefined;
  /** Jobs run in batches: the handler gets a list of payloads, and every job ends as its batch ends. */
  readonly collect?: CollectOptions<Path> | undefined;
  /**
   * Jobs wait in groups, such as a tenant's, which take turns. A dispatch's own `group` wins; without one, a payload that has
   * no key there is refused.
   */
  readonly group?: GroupByOptions<Path> | undefined;
  /**
   * A job is stored only while no other of the same key is unfinished. A dispatch's own `deduplicate` wins, and `debounce`
   * takes its place.
   */
  readonly deduplicate?: DeduplicateByOptions<Path> | undefined;
  /**
   * Most jobs of the task that are active at once, over all processes, or of each key that `by` leads to in the payload:
   * `1` runs one at a time, the next one starts when it ends. 1 to 100 000. Default: no bound but that of each worker.
   */
  readonly globalConcurrency?: number | GlobalConcurrencyOptions<Path> | undefined;
  /** How often jobs of the task start, over all processes: at most `limit` in any stretch of `window`. */
  readonly rateLimit?: RateLimitOptions<Path> | undefined;
  /** Source version → step to the next version, for workers. A handler's own `migrate` wins over it. */
  readonly migrate?: ContractMigrations | undefined;
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
  Emits extends StandardSchema | undefined = StandardSchema | undefined,
> extends ContractOptions<PayloadPath<OptionalSchemaInput<Input>>> {
  readonly name: Name;
  readonly collect?: Collect | undefined;
  /** Default 1. Raise it with a migration when queued payloads would no longer parse. */
  readonly version?: number | undefined;
  readonly input?: Input | undefined;
  readonly output?: Output | undefined;
  readonly emits?: Emits | undefined;
}

/** What may be given to a schema: in the place of a codec the decoded value too. `unknown` where there is none. */
export type GivenTo<S> = EitherSide<OptionalSchemaInput<S>, OptionalSchemaOutput<S>>;
/** What is read of what a schema took: the encoded side of codecs, else what it made. `unknown` where there is none. */
export type ProducedBy<S> = Travelling<OptionalSchemaInput<S>, OptionalSchemaOutput<S>>;
/** What `dispatch` accepts for a contract. */
export type ContractInput<C> = C extends { readonly input?: infer S } ? GivenTo<S> : unknown;
/** What the handler gets: the parsed payload, or a list of them where the contract collects. */
export type ContractPayload<C> = C extends { readonly collect: CollectOptions }
  ? readonly ContractItem<C>[]
  : ContractItem<C>;
/** The parsed payload of one job. */
export type ContractItem<C> = C extends { readonly input?: infer S } ? OptionalSchemaOutput<S> : unknown;
/** What the handler may return. */
export type ContractReturn<C> = C extends { readonly output?: infer S } ? GivenTo<S> : unknown;
/** What `await job.result` gives: what travelled, so the encoded side of a codec. */
export type ContractResult<C> = C extends { readonly output?: infer S } ? ProducedBy<S> : unknown;

/** What the handler may emit; `never` where the contract has no `emits`. */
export type ContractEmit<C> = C extends { readonly emits?: infer S } ? EmittedInput<S> : never;
/** What those who listen to a job's messages get. */
export type ContractMessage<C> = C extends { readonly emits?: infer S } ? EmittedOutput<S> : never;

/** What a message may look like before `emits` parses it; `never` where there is none. */
export type EmittedInput<S> = S extends StandardSchema ? GivenTo<S> : never;
/** What is read of a message. */
export type EmittedOutput<S> = S extends StandardSchema ? ProducedBy<S> : never;

/** A contract whose type says whether it collects. */
export type DefinedContract<
  Name extends string,
  Input extends StandardSchema | undefined,
  Output extends StandardSchema | undefined,
  Collect extends CollectOptions | undefined,
  Emits extends StandardSchema | undefined = undefined,
> = TaskContract<Name, Input, Output, Emits> &
  (Collect extends CollectOptions ? { readonly collect: Collect } : unknown);

const MAX_VERSION = 65_535;

const migrationSteps: Check<ContractMigrations> = (value, option) => {
  requireObject(value, option);
  for (const [key, step] of Object.entries(value)) {
    integer(1, MAX_VERSION)(Number(key), `${option}[${key}]`);
    aFunction()(step, `${option}[${key}]`);
  }
  return value as ContractMigrations;
};

/** How the options of a contract are read, beside its name. */
export const CONTRACT_SHAPE = {
  version: integer(1, MAX_VERSION),
  input: anything,
  output: anything,
  emits: anything,
  since: integer(1, MAX_VERSION),
  aliases: listOf(requireFormerName),
  description: text,
  deprecated: text,
  unstable: trueOrFalse,
  retry: retryOptions,
  timeout: durationFrom("1ms"),
  delay: parseDuration,
  ttl: parseDuration,
  onExpire: oneOf(["fail", "discard"]),
  priority: integer(-1000, 1000),
  collect: (value: unknown) => resolveCollect(value as CollectOptions),
  group: (value: unknown) => resolveGroupBy(value as GroupByOptions),
  deduplicate: (value: unknown) => resolveDeduplicateBy(value as DeduplicateByOptions),
  globalConcurrency: (value: unknown) => resolveGlobalConcurrency(value as GlobalConcurrencyOptions),
  rateLimit: (value: unknown) => resolveRateLimit(value as RateLimitOptions),
  migrate: migrationSteps,
} satisfies {
  readonly [Key in Exclude<keyof Required<TaskContract>, "name">]: Check<unknown>;
};

/** What a contract says beside its name, version and schemas. */
export const CONTRACT_OPTIONS = (Object.keys(CONTRACT_SHAPE) as (keyof typeof CONTRACT_SHAPE)[]).filter(
  (key): key is keyof ContractOptions =>
    key !== "version" && key !== "input" && key !== "output" && key !== "emits",
);

const CONTRACT = optionSet({ name: required(requireTaskName), ...CONTRACT_SHAPE });

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
  Emits extends StandardSchema | undefined = undefined,
>(
  definition: ContractDefinition<Name, Input, Output, Collect, Emits>,
): DefinedContract<Name, Input, Output, Collect, Emits>;
export function defineTask(
  definition: ContractDefinition<string, undefined, undefined>,
  ...surplus: readonly unknown[]
): TaskContract {
  requireNoMore("defineTask()", 1, surplus);
  requireObject(definition, "defineTask()");
  checkContract(definition);
  const contract = Object.freeze(
    Object.defineProperty({ ...definition, version: definition.version ?? 1 }, CONTRACT_MARK, {
      value: true,
    }),
  ) as TaskContract;
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
export function checkContract(given: object): void {
  const contract = CONTRACT.read(given, `contract ${nameOf(given)}`);
  requireSchema(contract.name, "input", contract.input);
  requireSchema(contract.name, "output", contract.output);
  requireSchema(contract.name, "emits", contract.emits);
  const { version = 1, since = 1, migrate = {} } = contract;
  if (since > version) {
    throw new OptionError(`expected since to be at most version ${version}, got ${since}`, {
      option: "since",
    });
  }
  checkLimits(contract);
  const late = Object.keys(migrate).find((key) => Number(key) >= version);
  if (late === undefined) return;
  throw new OptionError(
    `expected migrate to hold functions for versions below ${version}, got one for ${late}`,
    { option: `migrate[${late}]` },
  );
}

function nameOf(contract: { readonly name?: unknown }): string {
  return typeof contract.name === "string" ? contract.name : "without a name";
}

function checkLimits(contract: OptionValues<typeof CONTRACT_SHAPE>): void {
  const { globalConcurrency, rateLimit, collect, group } = contract;
  if (collect === undefined) return;
  if (group !== undefined) {
    throw new OptionError(
      "expected no group beside collect: a collected job waits for its batch alone. Leave one of them out",
      { option: "collect" },
    );
  }
  if (globalConcurrency === undefined && rateLimit === undefined) return;
  throw new OptionError(
    `expected no ${globalConcurrency === undefined ? "rateLimit" : "globalConcurrency"} beside collect: limits count jobs, not batches. ` +
      "Use collect.delay and concurrency to slow batches down",
    { option: "collect" },
  );
}

function requireSchema(task: string, side: "input" | "output" | "emits", schema: unknown): void {
  if (schema === undefined) return;
  const standard = (schema as { "~standard"?: { validate?: unknown } } | null)?.["~standard"];
  if (typeof standard?.validate === "function") return;
  throw new TaskoraError(
    "CONTRACT_INVALID",
    `expected ${side} of ${task} to be a schema (zod 4 or any Standard Schema), got ${describe(schema)}. ` +
      `Write ${side}: z.object({ … }).`,
  );
}
