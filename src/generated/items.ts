import type { DispatchOptions } from "../app/dispatch/dispatch-options.js";
import type { TaskClient } from "../app/dispatch/task-client.js";
import type { PendingJob } from "../app/handles/job-handle.js";
import { anObject, anything, someText } from "../core/checks.js";
import { OptionError, TaskoraError } from "../core/errors.js";
import { describe, didYouMean, optionSet, required } from "../core/options.js";

/** A job to dispatch, by the name of its task; generated code makes a union of these. */
export type TaskItemOf<Name extends string, Data> = {
  /** The name of the task: it says which data fits. */
  readonly name: Name;
  /** How it is dispatched. */
  readonly options?: DispatchOptions | undefined;
} & (unknown extends Data
  ? { /** Any JSON value. */ readonly data?: Data }
  : { /** The payload. */ readonly data: Data });

type Item = TaskItemOf<string, unknown>;
/** Where a task stands among the clients. */
interface NamedTask {
  readonly key: string;
  readonly name: string;
}

type Clients = Readonly<Record<string, TaskClient>>;

const ITEM = optionSet({ name: required(someText), data: anything, options: anObject });

/**
 * Dispatches an item to the task that it names.
 *
 * @throws {OptionError} when it is no item
 * @throws {TaskoraError} `TASK_NOT_FOUND` when there is no such task among the clients
 */
export function dispatchItem(clients: object, descriptors: readonly NamedTask[], item: Item): PendingJob {
  const { name, data, options } = readItem(item, "item");
  return clientOf(clients, descriptors, name).dispatch(data, options);
}

/**
 * Dispatches items to the tasks that they name, in one batch: items of one task in their order. Resolves with a job per item,
 * in the order of items, once each is stored or refused. When one names no task nothing is dispatched.
 *
 * @throws {OptionError} when one is no item
 * @throws {TaskoraError} `TASK_NOT_FOUND` when there is no such task among the clients
 */
export async function dispatchItems(
  clients: object,
  descriptors: readonly NamedTask[],
  items: Iterable<Item>,
): Promise<readonly PendingJob[]> {
  const byTask = new Map<
    string,
    { readonly client: TaskClient; readonly items: Item[]; readonly at: number[] }
  >();
  let count = 0;
  requireItems(items);
  for (const given of items) {
    const item = readItem(given, `items[${count}]`);
    const known = byTask.get(item.name);
    const group = known ?? { client: clientOf(clients, descriptors, item.name), items: [], at: [] };
    byTask.set(item.name, group);
    group.items.push(item);
    group.at.push(count);
    count += 1;
  }
  const jobs: PendingJob[] = new Array(count);
  await Promise.all(
    [...byTask.values()].map(async (group) => {
      const data = group.items.map((item) => item.data);
      const stored = await group.client.dispatchMany(data, (_, nth) => group.items[nth]?.options ?? {});
      for (const [nth, job] of stored.entries()) jobs[group.at[nth] ?? 0] = job;
    }),
  );
  return jobs;
}

function readItem(item: Item, where: string): Item {
  ITEM.read(item, where);
  return item;
}

function requireItems(items: unknown): void {
  if (typeof items === "object" && items !== null && Symbol.iterator in items) return;
  throw new OptionError(`expected items to be iterable, such as a list, got ${describe(items)}`, {
    option: "items",
  });
}

function clientOf(clients: object, descriptors: readonly NamedTask[], name: string): TaskClient {
  const task = descriptors.find((each) => each.name === name);
  const client = task === undefined ? undefined : (clients as Clients)[task.key];
  if (client !== undefined) return client;
  const names = descriptors.map((each) => each.name);
  throw new TaskoraError(
    "TASK_NOT_FOUND",
    `There is no task ${describe(name)} among the generated clients. ` +
      (didYouMean(name, names) ?? `Tasks: ${names.join(", ")}.`),
  );
}
