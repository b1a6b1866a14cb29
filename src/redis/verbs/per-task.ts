/** Splits what a verb is given by task and into bounded calls, and puts the answers back in order. */
import type { StoreLink } from "../connection/store-link.js";

/** Most plain items one script handles: some 2 ms. Nobody else is served meanwhile, so no call should take 5. */
export const MOST_PER_CALL = 1000;

/** How a list is split and sent. */
interface PerTask<Item, Reply> {
  readonly link: StoreLink;
  readonly taskOf: (item: Item) => string;
  /** One call; answers per item. */
  readonly call: (task: string, items: readonly Item[]) => Promise<readonly Reply[]>;
  /** The answer for items of a call that failed while others did their work. Default: the verb fails. */
  readonly failed?: (error: unknown) => Reply;
  /** As many plain ones an item takes as long as; a call has fewer of such. Default 1. */
  readonly weightOf?: (item: Item) => number;
  /** Size of an item in bytes, when calls should be bounded by size too. */
  readonly bytesOf?: (item: Item) => number;
}

/** A call with more payload than this is split. */
const MOST_BYTES_PER_CALL = 1_000_000;

interface Part<Item> {
  readonly task: string;
  readonly items: Item[];
  readonly positions: number[];
  weight: number;
  bytes: number;
}

/** Sends all calls in one packet, in the order of the items; answers in the order of the items. */
export function perTask<Item, Reply>(
  items: readonly Item[],
  how: PerTask<Item, Reply>,
): Promise<readonly Reply[]> {
  const [first] = items;
  if (first === undefined) return Promise.resolve([]);
  if (items.length === 1) return how.call(how.taskOf(first), items);
  const parts = splitParts(items, how);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return how.call(only.task, only.items);
  return sendParts(items.length, parts, how);
}

async function sendParts<Item, Reply>(
  count: number,
  parts: readonly Part<Item>[],
  how: PerTask<Item, Reply>,
): Promise<readonly Reply[]> {
  const replies = new Array<Reply>(count);
  const calls = how.link.inOneWrite(() => parts.map((part) => how.call(part.task, part.items)));
  const settled = await Promise.allSettled(calls);
  const { failed } = how;
  const failure = settled.find(isRejected);
  if (failure !== undefined && (failed === undefined || settled.every(isRejected))) throw failure.reason;
  for (const [index, answers] of settled.entries()) {
    const positions = parts[index]?.positions ?? [];
    for (const [offset, position] of positions.entries()) {
      if (answers.status === "fulfilled") replies[position] = answers.value[offset] as Reply;
      else if (failed !== undefined) replies[position] = failed(answers.reason);
    }
  }
  return replies;
}

function isRejected(settled: PromiseSettledResult<unknown>): settled is PromiseRejectedResult {
  return settled.status === "rejected";
}

function splitParts<Item, Reply>(items: readonly Item[], how: PerTask<Item, Reply>): readonly Part<Item>[] {
  const open = new Map<string, Part<Item>>();
  const parts: Part<Item>[] = [];
  for (let position = 0; position < items.length; position += 1) {
    const item = items[position] as Item;
    const task = how.taskOf(item);
    const bytes = how.bytesOf?.(item) ?? 0;
    const weight = how.weightOf?.(item) ?? 1;
    let part = open.get(task);
    if (part === undefined || isTooLarge(part, { weight, bytes })) {
      part = { task, items: [], positions: [], weight: 0, bytes: 0 };
      open.set(task, part);
      parts.push(part);
    }
    part.items.push(item);
    part.positions.push(position);
    part.weight += weight;
    part.bytes += bytes;
  }
  return parts;
}

interface Size {
  readonly weight: number;
  readonly bytes: number;
}

/** Whether a call has no room for one more. The first item fits always. */
function isTooLarge(part: Size, more: Size): boolean {
  if (part.weight === 0) return false;
  return (
    part.weight + more.weight > MOST_PER_CALL ||
    (part.bytes > 0 && part.bytes + more.bytes > MOST_BYTES_PER_CALL)
  );
}
