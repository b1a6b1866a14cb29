/** Methods of providers that handle tasks, as decorators mark them. */
import type { ContractEntry } from "../app/task-types.js";
import { type ContractItem, isContract, type TaskContract } from "../core/contract.js";
import { OptionError } from "../core/errors.js";
import { describe, isCallable } from "../core/options.js";
import type { HandlerSettings } from "../worker/handler.js";

/** A method that can handle the jobs of a contract. */
export type TaskHandlerMethod<C> = Extract<ContractEntry<C>, (...given: never[]) => unknown>;

/** Marks a method whose type fits. */
export type TaskHandlerDecorator<C> = <Method extends TaskHandlerMethod<C>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/** What a method was marked with. */
export interface HandlerMark {
  readonly contract: TaskContract;
  readonly settings: HandlerSettings;
}

/** What `reflect-metadata` adds, without which Nest does not start. */
interface Metadata {
  getMetadata(key: symbol, target: object): unknown;
  defineMetadata(key: symbol, value: unknown, target: object): void;
}

/** The same in both builds of this library. On the function, since decorators that wrap a method carry over what is there. */
const MARKS = Symbol.for("taskora.nest.handlers");

/**
 * Makes a method of a provider, or of a controller, the handler of a task: it gets the parsed payload and the context of the job.
 * Guards, pipes and interceptors are of requests, and do not go around it.
 *
 * @param settings how the task is worked on, as `implement()` takes them
 * @throws {OptionError} when it is given no contract, or is on something else than a method
 */
export function TaskHandler<C extends TaskContract>(
  contract: C,
  settings: HandlerSettings<ContractItem<C>> = {},
): TaskHandlerDecorator<C> {
  if (!isContract(contract)) {
    throw new OptionError(
      `expected @TaskHandler() to get a contract made by defineTask(), got ${describe(contract)}`,
    );
  }
  return (_target, key, descriptor) => {
    const method: unknown = descriptor?.value;
    if (!isCallable(method)) {
      throw new OptionError(`expected @TaskHandler() to be on a method, got ${String(key)}`);
    }
    const mark: HandlerMark = { contract, settings: settings as HandlerSettings };
    metadata().defineMetadata(MARKS, [...marksOf(method), mark], method);
  };
}

/** What a method was marked with; nothing: it handles no task. */
export function marksOf(method: object): readonly HandlerMark[] {
  return (metadata().getMetadata(MARKS, method) as readonly HandlerMark[] | undefined) ?? [];
}

function metadata(): Metadata {
  if ("defineMetadata" in Reflect) return Reflect as unknown as Metadata;
  throw new OptionError(
    'expected reflect-metadata to be loaded: write import "reflect-metadata" as the first import',
  );
}
