/** Finds the methods that handle tasks, in everything that Nest has made. */
import type { ContractEntry } from "../app/task-types.js";
import type { Taskora } from "../app/taskora.js";
import type { TaskContract } from "../core/contract.js";
import { OptionError } from "../core/errors.js";
import { isCallable } from "../core/options.js";
import type { Discovery, InstanceWrapper } from "./nest-parts.js";
import { type HandlerMark, marksOf } from "./task-handler.js";

interface Found extends HandlerMark {
  readonly method: string | symbol;
}

/**
 * Gives an app the handlers among the providers and controllers of an application.
 *
 * @throws {OptionError} when one of them is there once per request
 * @throws {TaskoraError} as `implement()` does
 */
export function implementHandlers(taskora: Taskora, discovery: Discovery): void {
  const seen = new Set<unknown>();
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const prototype = prototypeOf(wrapper);
    const found = prototype === undefined ? [] : marked(prototype);
    if (found.length === 0 || seen.has(wrapper.instance)) continue;
    requireOneInstance(wrapper, found);
    seen.add(wrapper.instance);
    for (const each of found) implement(taskora, wrapper.instance as object, each);
  }
}

/** A class that a factory gave an instance of is known by that instance. */
function prototypeOf({ metatype, instance }: InstanceWrapper): object | undefined {
  if (typeof instance === "object" && instance !== null) return Object.getPrototypeOf(instance) ?? undefined;
  return metatype?.prototype;
}

function marked(prototype: object): readonly Found[] {
  const found = new Map<string | symbol, readonly Found[]>();
  for (let at = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const method of Reflect.ownKeys(at)) {
      const value: unknown = Object.getOwnPropertyDescriptor(at, method)?.value;
      if (found.has(method) || method === "constructor" || !isCallable(value)) continue;
      found.set(
        method,
        marksOf(value).map((mark) => ({ ...mark, method })),
      );
    }
  }
  return [...found.values()].flat();
}

/** A job is no request: nothing would make the instance, or give it one. */
function requireOneInstance(wrapper: InstanceWrapper, [first]: readonly Found[]): void {
  if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) return;
  const where = `${String(wrapper.name)}.${String(first?.method)}`;
  throw new OptionError(
    `expected the provider of ${where}, which handles ${first?.contract.name}, to be there once for the whole application, ` +
      "but it, or something that it asks for, is scoped to a request, or transient: a job is no request. Take the scope " +
      "away, or make what is needed for each job with ModuleRef.create() or resolve() in the handler.",
  );
}

function implement(taskora: Taskora, instance: object, { contract, settings, method }: Found): void {
  const handler = (...given: readonly unknown[]): unknown =>
    Reflect.apply(Reflect.get(instance, method) as (...all: unknown[]) => unknown, instance, given);
  taskora.implement(contract, { ...settings, handler } as ContractEntry<TaskContract>);
}
