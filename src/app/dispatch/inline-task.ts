import {
  CONTRACT_SHAPE,
  type ContractOptions,
  checkContract,
  type EmittedInput,
  type TaskContract,
} from "../../core/contract.js";
import type { CollectOptions } from "../../core/limits/collect.js";
import { optionSet, requireObject } from "../../core/options.js";
import type {
  OptionalSchemaInput,
  OptionalSchemaOutput,
  StandardSchema,
} from "../../schema/standard-schema.js";
import type { HandlerEntry, HandlerOptions } from "../../worker/handler.js";
import { HANDLER_SHAPE, type RegisteredContract } from "../registry.js";
import type { TaskSchedule } from "../schedules/schedule-options.js";

/** A task declared inline: schemas, handler and settings in one place. */
export interface InlineTaskOptions<
  Input extends StandardSchema | undefined,
  Output extends StandardSchema | undefined,
  Collect extends CollectOptions | undefined = undefined,
  Emits extends StandardSchema | undefined = undefined,
> extends Omit<ContractOptions, "retry" | "timeout" | "collect">,
    HandlerOptions<
      Collect extends CollectOptions ? readonly OptionalSchemaOutput<Input>[] : OptionalSchemaOutput<Input>,
      OptionalSchemaInput<Output>,
      OptionalSchemaOutput<Input>,
      EmittedInput<Emits>
    > {
  /** Jobs run in batches: the handler gets a list of payloads, and every job ends as its batch ends. */
  readonly collect?: Collect | undefined;
  /** Any Standard Schema; undefined: payloads are not checked and typed as `unknown`. */
  readonly input?: Input | undefined;
  /** As `input`, for what the handler returns. */
  readonly output?: Output | undefined;
  /** What the handler may `ctx.emit` while it runs; undefined: nothing. */
  readonly emits?: Emits | undefined;
  /** Default 1. */
  readonly version?: number | undefined;
  /** When it runs by itself. Several need a `name` each; the default is the task's. */
  readonly schedule?:
    | TaskSchedule<OptionalSchemaInput<Input>>
    | readonly TaskSchedule<OptionalSchemaInput<Input>>[]
    | undefined;
}

const INLINE = optionSet({ ...CONTRACT_SHAPE, ...HANDLER_SHAPE, schedule: inlineSchedules });

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
  given: InlineTaskOptions<undefined, undefined>,
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
  const { delay, ttl, onExpire, priority, collect, globalConcurrency, rateLimit, ...entry } = rest;
  const about = { since, aliases, description, deprecated, unstable };
  const options = { ...about, delay, ttl, onExpire, priority, collect, globalConcurrency, rateLimit };
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
