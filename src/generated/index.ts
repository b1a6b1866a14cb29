/**
 * What generated code calls. Thin files are generated, the logic is here, so that a fix reaches every service by an
 * update of this package. The surface is versioned with the package's major version and holds nothing else.
 */

import { internalsOf, isApp } from "../app/app-internals.js";
import type { RegisteredContract } from "../app/registry.js";
import type { ContractOptions, TaskContract } from "../core/contract.js";
import { OptionError, TaskoraError } from "../core/errors.js";
import { type Check, describe, optionSet, requireObject } from "../core/options.js";
import { suggest } from "../core/suggest.js";
import { chooseTasks, taskPatterns } from "../core/task-patterns.js";
import { schemaFromIr } from "../schema/interpreter.js";
import type { IrSchema } from "../schema/ir.js";
import type { StandardSchema } from "../schema/standard-schema.js";
import type { HandlerEntry } from "../worker/handler.js";
import { checkFirst, schemaOf } from "./fast-path.js";
import type { Validator } from "./validation.js";

export type { IrNode, IrSchema } from "../schema/ir.js";
export { dispatchItem, dispatchItems, type TaskItemOf } from "./items.js";
export { check, type Issues, type Validator } from "./validation.js";

/** Validators printed as code; a side without one is interpreted, or left to the contract. */
export interface TaskValidators {
  /** Checks a payload; made by the generator, without the schema library. */
  readonly input?: Validator;
  /** Checks what a handler returned. */
  readonly output?: Validator;
  /** Checks what a handler emits; of workers only, since messages are read as they come. */
  readonly emits?: Validator;
}

/**
 * An app made by `createTaskora()`, as generated clients take it. It says little, so that a service and a client package
 * may see the two builds of this library, and comparing them costs nothing.
 */
export interface ClientApp {
  register(contract: never): object;
}

/** An app made by `createTaskora()`, as generated worker code takes it. */
export interface HandlerApp {
  implement(contract: never, entry: never): object;
}

/** One task as a generated client carries it: plain data, no schema library. */
export interface TaskDescriptor {
  /** The client's property, such as `emailSend`. */
  readonly key: string;
  readonly name: string;
  readonly version: number;
  readonly since?: number;
  readonly aliases?: readonly string[];
  readonly fingerprint: string;
  readonly input?: IrSchema;
  readonly output?: IrSchema;
  readonly validators?: TaskValidators;
  readonly options?: Pick<
    ContractOptions,
    | "retry"
    | "timeout"
    | "delay"
    | "ttl"
    | "onExpire"
    | "priority"
    | "collect"
    | "group"
    | "deduplicate"
    | "globalConcurrency"
    | "rateLimit"
    | "deprecated"
  >;
}

/** One task as generated worker code carries it: the contract itself, which is the authority. */
export interface HandlerDescriptor {
  /** Where the handler stands in the map that the service gives. */
  readonly key: string;
  /** Of the contract it was generated from. */
  readonly fingerprint: string;
  /** What the app registers it with. */
  readonly contract: TaskContract;
  /** Of this contract's payloads and results. */
  readonly validators?: TaskValidators;
}

/** Registers every task and gives an object with one client per key. */
export function bindClient(taskora: ClientApp, descriptors: readonly TaskDescriptor[]): object {
  requireApp(taskora, "createClient()");
  const app = internalsOf(taskora);
  return Object.fromEntries(descriptors.map((task) => [task.key, app.registerGenerated(contractOf(task))]));
}

function contractOf(task: TaskDescriptor): RegisteredContract {
  return {
    ...task.options,
    name: task.name,
    version: task.version,
    fingerprint: task.fingerprint,
    input: sideOf(task.validators?.input, task.input),
    output: sideOf(task.validators?.output, task.output),
    ...(task.since === undefined ? {} : { since: task.since }),
    ...(task.aliases === undefined ? {} : { aliases: task.aliases }),
  };
}

function sideOf(validator: Validator | undefined, schema: IrSchema | undefined): StandardSchema | undefined {
  if (validator !== undefined) return schemaOf(validator);
  return schema === undefined ? undefined : schemaFromIr(schema);
}

/** Which tasks get their handlers. */
export interface ImplementOptions {
  /**
   * Names or patterns such as `"media.*"` (`*` is any text) of the tasks that this process works on; the handlers of others
   * stay unused. Default: all.
   */
  readonly only?: readonly string[] | undefined;
}

const IMPLEMENT = optionSet({ only: taskPatterns } satisfies {
  readonly [Key in keyof Required<ImplementOptions>]: Check<unknown>;
});

/**
 * Gives every task its handler, or those that are chosen.
 *
 * @throws {TaskoraError} `HANDLER_MISSING` when one is missing or there is one for an unknown task
 * @throws {OptionError} when a pattern of `only` chooses no task
 */
export function bindHandlers(
  taskora: HandlerApp,
  descriptors: readonly HandlerDescriptor[],
  { handlers, options = {} }: { readonly handlers: object; readonly options?: ImplementOptions | undefined },
): void {
  requireApp(taskora, "implementTasks()");
  const app = internalsOf(taskora);
  requireObject(handlers, "the handlers of implementTasks()");
  const { only } = IMPLEMENT.read(options, "implementTasks()");
  const given = new Map<string, unknown>(Object.entries(handlers));
  checkHandlers(descriptors, given);
  const names = descriptors.map(({ contract }) => contract.name);
  const isChosen = only === undefined ? () => true : chooseTasks(only, { names, option: "only" });
  for (const { key, fingerprint, contract, validators } of descriptors) {
    if (!isChosen(contract.name)) continue;
    const input = checkFirst(contract.input, validators?.input);
    const output = checkFirst(contract.output, validators?.output);
    const emits = checkFirst(contract.emits, validators?.emits);
    const registered = { ...contract, fingerprint, input, output, emits };
    app.implementGenerated(registered, given.get(key) as HandlerEntry);
  }
}

function requireApp(app: unknown, call: string): void {
  if (isApp(app)) return;
  throw new OptionError(`expected ${call} to be given an app made by createTaskora(), got ${describe(app)}`, {
    option: "taskora",
  });
}

function checkHandlers(descriptors: readonly HandlerDescriptor[], given: ReadonlyMap<string, unknown>): void {
  const keys = descriptors.map((task) => task.key);
  const missing = descriptors.filter((task) => given.get(task.key) === undefined);
  if (missing.length > 0) {
    const list = missing.map((task) => `${task.key} (${task.contract.name})`).join(", ");
    throw new TaskoraError(
      "HANDLER_MISSING",
      `implementTasks() got no handler for ${list}. Run taskora generate to create the stubs, then pass them.`,
    );
  }
  const unknown = [...given.keys()].find((key) => !keys.includes(key));
  if (unknown === undefined) return;
  const near = suggest(unknown, keys);
  throw new TaskoraError(
    "HANDLER_MISSING",
    `implementTasks() got a handler "${unknown}" and there is no such task. ` +
      (near === undefined ? `Tasks: ${keys.join(", ")}.` : `Did you mean "${near}"?`),
  );
}
