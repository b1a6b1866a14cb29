/** The hops of workflows in Redis: each a script in one slot. */

import { systemClock } from "../../core/clock.js";
import {
  Courier,
  type CourierStore,
  type CrashHook,
  type Delivery,
  type Errand,
  type OutboxEntry,
  type Reminder,
} from "../../core/workflow/courier.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { Keys } from "../keys.js";
import type { ScriptRunner } from "../runner.js";
import type { ScriptArgument } from "../script.js";
import {
  advanceScript,
  carryPlainScript,
  carryScript,
  prepareGraphScript,
  readOutboxScript,
} from "../scripts.generated.js";
import type { Surveyor } from "./surveyor.js";

/** An entry as a script told of it. */
interface StoredEntry extends OutboxEntry {
  /** Undefined: it is large, and has to be read. */
  readonly data: Buffer | undefined;
  /** Of a plain first run that has completed, instead: its result with its letter; empty: none. */
  readonly result?: string | Buffer;
}

interface StoredErrand extends Errand {
  /**
   * Plain first runs that the script has packed, which go on as they are; of other steps: 7 parts of each, see `carry.lua`;
   * of jobs to cancel: reason and ids.
   */
  readonly kind: "packed" | "other" | "cancel";
  readonly parts: readonly Buffer[];
}

/** Names timers of work that has been carried, packed. */
type StoredReceipt = Buffer;

/** Moves workflows on for one adapter instance. */
export type WorkflowCourier = Courier<StoredEntry, StoredErrand, StoredReceipt>;

/** What the hops need. */
export interface CourierParts {
  readonly keys: Keys;
  readonly runner: ScriptRunner;
  readonly surveyor: Surveyor;
  /** Where it stops, for tests. */
  readonly crash: CrashHook;
}

export function createCourier(parts: CourierParts): WorkflowCourier {
  return new Courier(redisCourierStore(parts), { clock: systemClock, crash: parts.crash });
}

/**
 * Takes what a script told of: what it put into an outbox, and what should have been acknowledged.
 *
 * @param putOut key and entry of each
 */
export function takeTold(
  courier: WorkflowCourier,
  task: string,
  putOut: readonly Buffer[],
  receipts: readonly Buffer[] = [],
): void {
  if (putOut.length === 0 && receipts.length === 0) return;
  const entries: StoredEntry[] = [];
  const reminders: Reminder[] = receipts.map((receipt) => {
    return { workflow: workflowOfTimer(receipt.toString("utf8")), errands: receipt.toString("utf8") };
  });
  for (let at = 0; at + 1 < putOut.length; at += 2) {
    const entry = readEntry(task, putOut[at] as Buffer, putOut[at + 1] as Buffer);
    if (entry.run === 0) reminders.push({ workflow: entry.workflow });
    else entries.push(entry);
  }
  courier.take(entries, reminders);
}

/** A first run of a plain step that has completed. */
export interface CompletedStep {
  readonly id: string;
  /** Its result with its letter; empty: none. */
  readonly data: string | Buffer;
}

/** Takes what a script put into an outbox without telling, since the caller has it all. */
export function takeCompleted(courier: WorkflowCourier, task: string, steps: readonly CompletedStep[]): void {
  if (steps.length > 0) courier.take(steps.map((step) => completedEntry(task, step)));
}

function completedEntry(task: string, { id, data }: CompletedStep): StoredEntry {
  const workflow = id.slice(0, id.lastIndexOf("."));
  return { task, key: id, workflow, bytes: id.length + data.length, data: undefined, result: data };
}

/** Where the id of the workflow begins in an entry. */
const HEAD_BYTES = 11;
/** Taken for the size of an entry that is not here yet. */
const LARGE_BYTES = 1_000_000;

function readEntry(task: string, key: Buffer, data: Buffer): StoredEntry & { readonly run: number } {
  const length = data.readUInt16LE(HEAD_BYTES - 2);
  const workflow = data.toString("utf8", HEAD_BYTES, HEAD_BYTES + length);
  const run = data.readUInt32LE(5);
  // A raised letter: only the head.
  const isHere = (data[0] ?? 0) >= 97;
  const bytes = isHere ? data.length : LARGE_BYTES;
  return { task, key: key.toString("utf8"), workflow, bytes, run, data: isHere ? data : undefined };
}

/** `token:length:idItem`; the length is in bytes. */
function workflowOfTimer(name: string): string {
  const [head = "", size = "0"] = /^\d+:(\d+):/.exec(name) ?? [];
  return Buffer.from(name).toString("utf8", head.length, head.length + Number(size));
}

function redisCourierStore({
  keys,
  runner,
  surveyor,
}: CourierParts): CourierStore<StoredEntry, StoredErrand, StoredReceipt> {
  /** What an entry holds that has to be read; null: it is gone. */
  const read = async (entry: StoredEntry): Promise<Buffer | null> => {
    return (await runner.run(readOutboxScript, keys.root(entry.task), [entry.key]))[0] ?? null;
  };
  return {
    async advance(turns, carried) {
      const items: ScriptArgument[] = [];
      for (const receipt of carried) items.push("r", receipt, "");
      for (const { workflow, entries, reminders, isLooked } of turns) {
        for (const errands of reminders) items.push("a", errands, "");
        items.push(entries.length === 0 || isLooked ? "w" : "t", workflow, "");
        for (const entry of entries) {
          if (entry.result !== undefined) {
            items.push("c", entry.key, entry.result);
            continue;
          }
          const data = entry.data ?? (await read(entry));
          if (data !== null) items.push("e", entry.key, data);
        }
      }
      const root = keys.root(WORKFLOW_TASK);
      const [late, more, packed, errands, receipts, wide] = await runner.run(advanceScript, root, items);
      await Promise.all([...new Set(wide.map(String))].map((id) => prepareGraph(runner, root, id)));
      return {
        late: new Set(late.map(String)),
        more: more.map(String),
        errands: [...readPacked(packed), ...errands.map(readErrand)],
        receipts: receipts.length === 0 ? [] : [receipts],
      };
    },
    async carry(delivery) {
      const { task, errands } = delivery;
      const root = keys.root(task);
      const [ids, late] = acknowledged(delivery);
      const packed = partsOf(errands, "packed");
      if (packed.length === errands.length) {
        const carrying = runner.run(carryPlainScript, root, [ids.length, late, ...ids, ...packed]);
        if (errands.length > 0) surveyor.makeKnown(task);
        await carrying;
        return;
      }
      const cancels = errands.filter(({ kind }) => kind === "cancel").flatMap(cancelArguments);
      const steps = partsOf(errands, "other");
      const counts = [ids.length, late, cancels.length / 2, packed.length] as const;
      const carrying = runner.run(carryScript, root, [...counts, ...ids, ...cancels, ...packed, ...steps]);
      // Behind it, so that who is told finds them.
      if (packed.length + steps.length > 0) tellOfSteps(surveyor, task, steps);
      await carrying;
    },
  };
}

/** Ids of entries, those first that are late, and how many these are. */
function acknowledged({
  entries,
  late,
}: Delivery<StoredEntry, StoredErrand>): readonly [ids: readonly string[], late: number] {
  const ids = entries.map(({ key }) => key);
  if (late.size === 0) return [ids, 0];
  const first = ids.filter((id) => late.has(id));
  return [[...first, ...ids.filter((id) => !late.has(id))], first.length];
}

function partsOf(errands: readonly StoredErrand[], kind: StoredErrand["kind"]): readonly Buffer[] {
  return errands.flatMap((errand) => (errand.kind === kind ? errand.parts : []));
}

function cancelArguments({ parts: [reason, ...ids] }: StoredErrand): ScriptArgument[] {
  return ids.flatMap((id) => [id, reason ?? ""]);
}

/** Does what comes before a workflow can move on, which may be too much for one call. */
async function prepareGraph(runner: ScriptRunner, root: string, id: string): Promise<void> {
  while ((await runner.run(prepareGraphScript, root, [id])) === 1);
}

const STEP_PARTS = 7;

/** Somebody must look after the task from now on, and learn of what is due in it. */
function tellOfSteps(surveyor: Surveyor, task: string, items: readonly ScriptArgument[]): void {
  let soonest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < items.length; at += STEP_PARTS) {
    const due = String(items[at + 3]);
    const ttl = String(items[at + 4]);
    if (due !== "") soonest = Math.min(soonest, due.startsWith("+") ? Number(due.slice(1)) : 0);
    if (ttl !== "") soonest = Math.min(soonest, Number(ttl));
  }
  if (soonest < Number.POSITIVE_INFINITY) surveyor.tellDue(task, soonest);
  else surveyor.makeKnown(task);
}

function readErrand([kind, task, ...parts]: readonly Buffer[]): StoredErrand {
  return { task: String(task), kind: String(kind) === "s" ? "other" : "cancel", parts };
}

/** @param found task and packed steps of each */
function readPacked(found: readonly Buffer[]): readonly StoredErrand[] {
  const errands: StoredErrand[] = [];
  for (let at = 0; at + 1 < found.length; at += 2) {
    errands.push({ task: String(found[at]), kind: "packed", parts: [found[at + 1] as Buffer] });
  }
  return errands;
}
