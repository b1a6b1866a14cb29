import {
  CONTRACT_SHAPE,
  type ContractOptions,
  checkContract,
  type EmittedInput,
  type EmittedOutput,
  type GivenTo,
  type ProducedBy,
  type TaskContract,
} from "../../core/contract.js";
import type { CollectOptions } from "../../core/limits/collect.js";
import type { PayloadPath } from "../../core/limits/payload-path.js";
import { optionSet, requireObject } from "../../core/options.js";
import type { OptionalSchemaInput, SchemaOutput, StandardSchema } from "../../schema/standard-schema.js";
import type { BatchContext, HandlerEntry, HandlerSettings, JobContext } from "../../worker/handler.js";
import { HANDLER_SHAPE, type RegisteredContract } from "../registry.js";
import type { TaskSchedule } from "../schedules/schedule-options.js";
import type { ClientInput } from "./client-input.js";
import type { HandlerLimits } from "./limit-override.js";
import type { TaskClient } from "./task-client.js";

/** What the handler of an inline task gets: what the schema says, else what it takes, in lists where it collects. */
type InlineData<Data, Input, Collect> = Input extends StandardSchema
  ? Collect extends CollectOptions
    ? readonly SchemaOutput<Input>[]
    : SchemaOutput<Input>
  : Collect extends CollectOptions
    ? Data extends readonly unknown[]
      ? Data
      : readonly unknown[]
    : Data;

/** What one of its jobs holds. */
type InlineItem<Data, Input, Collect> = Input extends StandardSchema
  ? SchemaOutput<Input>
  : Collect extends CollectOptions
    ? Data extends readonly (infer Item)[]
      ? Item
      : unknown
    : Data;

/** What one of its jobs is dispatched with. */
type InlineInput<Data, Input, Collect> = Input extends StandardSchema
  ? GivenTo<Input>
  : InlineItem<Data, undefined, Collect>;

/** What its handler may return. */
type InlineReturn<Return, Output> = Output extends StandardSchema ? GivenTo<Output> : Return;

/** What its jobs give. */
type InlineResult<Return, Output> = Output extends StandardSchema ? ProducedBy<Output> : Awaited<Return>;

/** The client of an inline task. */
export type InlineTaskClient<Data, Return, Input, Output, Collect, Emits> = TaskClient<
  ClientInput<InlineInput<Data, Input, Collect>>,
  InlineResult<Return, Output>,
  EmittedOutput<Emits>
>;

/** A task declared inline: schemas, handler and settings in one place. */
export interface InlineTaskOptions<
  Data,
  Return,
  Input extends StandardSchema | undefined,
  Output extends StandardSchema | undefined,
  Collect extends CollectOptions | undefined = undefined,
  Emits extends StandardSchema | undefined = undefined,
> extends Omit<ContractOptions<PayloadPath<OptionalSchemaInput<Input>>>, "retry" | "timeout" | "collect">,
    Omit<HandlerSettings<InlineItem<Data, Input, Collect>>, keyof HandlerLimits> {
  /** Runs one job, or one batch where the task collects. Without `input` and `output` its own types are the task's. */
  readonly handler: (
    data: InlineData<Data, Input, Collect>,
    ctx: Collect extends CollectOptions ? BatchContext<EmittedInput<Emits>> : JobContext<EmittedInput<Emits>>,
  ) => InlineReturn<Return, Output> | Promise<InlineReturn<Return, Output>>;
  /** Jobs run in batches: the handler gets a list of payloads, and every job ends as its batch ends. */
  readonly collect?: Collect | undefined;
  /** Any Standard Schema; undefined: payloads are not checked, and of the type that the handler takes. */
  readonly input?: Input | undefined;
  /** As `input`, for what the handler returns. */
  readonly output?: Output | undefined;
  /** What the handler may `ctx.emit` while it runs; undefined: nothing. */
  readonly emits?: Emits | undefined;
  /** Default 1. */
  readonly version?: number | undefined;
  /** When it runs by itself. Several need a `name` each; the default is the task's. */
  readonly schedule?:
    | TaskSchedule<InlineInput<Data, Input, Collect>>
    | readonly TaskSchedule<InlineInput<Data, Input, Collect>>[]
    | undefined;
}

const { globalConcurrency, rateLimit } = CONTRACT_SHAPE;
const INLINE = optionSet({
  ...CONTRACT_SHAPE,
  ...HANDLER_SHAPE,
  globalConcurrency,
  rateLimit,
  schedule: inlineSchedules,
});

/** A schedule, or a list of them; what is in them is looked at when they are declared. */
function inlineSchedules(value: unknown, option: string): readonly TaskSchedule<unknown>[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  for (const each of all) requireObject(each, option);
  return all as readonly TaskSchedule<unknown>[];
}

/**
 * Takes an inline task apart into what a contract declares and what its worker needs.
 *
 * @throws {OptionError} on an unknown key, with "did you mean"
 */
export function splitInline(
  name: string,
  given: InlineTaskOptions<unknown, unknown, undefined, undefined>,
): {
  readonly contract: RegisteredContract;
  readonly entry: HandlerEntry;
  readonly schedules: readonly TaskSchedule<unknown>[];
} {
  const { schedule: schedules = [] } = INLINE.read(given, `task ${name}`);
  const { schedule, ...settings } = given;
  const {
    input,
    output,
    emits,
    version = 1,
    since,
    aliases,
    description,
    deprecated,
    unstable,
    ...rest
  } = settings;
  const { delay, ttl, onExpire, priority, collect, group, deduplicate, ...limited } = rest;
  const { globalConcurrency, rateLimit, ...entry } = limited;
  const about = { since, aliases, description, deprecated, unstable };
  const limits = { collect, group, deduplicate, globalConcurrency, rateLimit };
  const options = { ...about, delay, ttl, onExpire, priority, ...limits };
  const present = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return {
    contract: { ...(present as ContractOptions), name, input, output, emits, version, fingerprint: "" },
    entry: entry as HandlerEntry,
    schedules,
  };
}

/** A contract written by hand, which has no fingerprint. */
export function registeredContract(contract: TaskContract): RegisteredContract {
  requireObject(contract, "the contract");
  checkContract(contract);
  return { ...contract, fingerprint: "", input: contract.input, output: contract.output };
}
