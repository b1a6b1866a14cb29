/** What the verbs of a connected adapter share, and how one of them decides about jobs under lock. */
import type { Retention } from "../core/adapter.js";
import { FINAL_STATES, type FinalState } from "../core/lifecycle.js";
import { keptCount } from "../core/retention.js";
import { type JobRow, toJob } from "./codec/job-row.js";
import type { Row, Statements, Transactions } from "./connection/database.js";
import type { Mailbox } from "./mailbox.js";
import type { Signals } from "./signals.js";
import { TaskWork, type Written } from "./task-work.js";
import type { ClaimFloors } from "./verbs/claim-floors.js";
import type { TrimTurns } from "./verbs/trim-turns.js";

export interface Session {
  readonly database: Transactions;
  readonly signals: Signals;
  readonly mailbox: Mailbox;
  readonly trims: TrimTurns;
  readonly floors: ClaimFloors;
  /** Names this adapter instance. */
  readonly instance: string;
  /** Tasks that are known to have limits, which they have from then on. */
  readonly special: Set<string>;
}

/** The sessions of adapters, for what works over one beside its verbs. */
const sessions = new WeakMap<object, () => Session | undefined>();

/** @param session gives what the adapter has while it is connected */
export function shareSession(adapter: object, session: () => Session | undefined): void {
  sessions.set(adapter, session);
}

/** Undefined: the adapter is not one of ours. */
export function openSession(adapter: object): (() => Session | undefined) | undefined {
  return sessions.get(adapter);
}

/** Which jobs of a task are locked: these, or those a function finds. */
export type Locking =
  | { readonly ids: readonly string[] }
  | { readonly sql: string; readonly values: readonly unknown[] };

/** What a decision has before it. */
export interface Deciding {
  readonly work: TaskWork;
  readonly jobs: readonly JobRow[];
  /** The rows they were read from, in the same order. */
  readonly rows: readonly Row[];
  /** The store's time, read when the jobs were locked. */
  readonly now: number;
  readonly statements: Statements;
}

/** What was decided, and what the write came to. */
export interface Decided<T> {
  readonly result: T;
  readonly written: Written;
}

/** Locks jobs of one task, decides what becomes of them, and writes that, in one transaction; tells it when it is over. */
export async function decide<T>(
  { database, signals }: Pick<Session, "database" | "signals">,
  { task, ...locking }: { readonly task: string } & Locking,
  decision: (deciding: Deciding) => T | Promise<T>,
): Promise<Decided<T>> {
  const decided = await database.transaction((statements) =>
    decideIn(statements, { task, ...locking }, decision),
  );
  signals.tell(decided.written.told);
  return decided;
}

/** As {@link decide}, in a transaction that is open; nothing is told. */
export async function decideIn<T>(
  statements: Statements,
  { task, ...locking }: { readonly task: string } & Locking,
  decision: (deciding: Deciding) => T | Promise<T>,
): Promise<Decided<T>> {
  const rows =
    "ids" in locking
      ? await statements.rows("select * from @@lock($1::text, $2::text[])", [
          task,
          [...new Set(locking.ids)].sort(),
        ])
      : await statements.rows(locking.sql, locking.values);
  const jobs = rows.map(toJob);
  const work = new TaskWork(task, new Map(jobs.map((job) => [job.id, job])));
  // The earliest reading would be from before a lock was waited for.
  const now = rows.reduce((latest, row) => Math.max(latest, Number(row.present)), 0);
  const result = await decision({ work, jobs, rows, now, statements });
  return { result, written: await work.write(statements, jobs[0]?.taskId) };
}

/** More than this many finished jobs are as good as all; also the longest age, in ms. */
const MOST = Number.MAX_SAFE_INTEGER;

/** How many finished jobs of each state stay, in the order of the functions; null: all. */
export function countsOf(retention: Retention): readonly (number | null)[] {
  return FINAL_STATES.map((state: FinalState) => bounded(keptCount(retention, state)));
}

/** How old finished jobs of each state may be, in ms; null: as old as they like. */
export function agesOf(retention: Retention): readonly (number | null)[] {
  return FINAL_STATES.map((state) => bounded(Math.max(0, retention[state].ageMs)));
}

function bounded(value: number): number | null {
  return value < MOST ? Math.round(value) : null;
}

/** Groups items by task, keeping where each stood. */
export function byTask<Item extends { readonly task: string }>(
  items: readonly Item[],
): ReadonlyMap<string, readonly { readonly item: Item; readonly index: number }[]> {
  const groups = new Map<string, { readonly item: Item; readonly index: number }[]>();
  for (const [index, item] of items.entries()) {
    const group = groups.get(item.task) ?? [];
    groups.set(item.task, group);
    group.push({ item, index });
  }
  return groups;
}

/** Does work for each task at once, and puts the answers of all back in the order of the items. */
export async function perTask<Item extends { readonly task: string }, Reply>(
  items: readonly Item[],
  work: (task: string, items: readonly Item[]) => Promise<readonly Reply[]>,
): Promise<readonly Reply[]> {
  const replies = new Array<Reply>(items.length);
  const groups = [...byTask(items)].map(async ([task, group]) => {
    const answers = await work(
      task,
      group.map(({ item }) => item),
    );
    for (const [at, { index }] of group.entries()) replies[index] = answers[at] as Reply;
  });
  await Promise.all(groups);
  return replies;
}
