/** Whether what is stored can all be true: task by task, then key by key. */
import {
  type ContentsPage,
  type ContentsQuery,
  type ContentsStore,
  type FaultKind,
  readContentsCursor,
  type StoreFault,
} from "../../../core/observe/store-contents.js";
import { replyCode } from "../../connection/store-errors.js";
import { STORE_AS_TASK, TASK_KEYS } from "../../keys.js";
import { contentsAgainScript, contentsKeysScript, contentsScript } from "../../scripts.generated.js";
import type { Session } from "../../session.js";
import { type ScannedKeys, scanKeys } from "./scan-keys.js";

/** Where the next page begins. */
type Cursor =
  | {
      readonly at: "task";
      /** Place among the tasks that the store knows. */
      readonly nth: number;
      readonly from: number;
      readonly cursor: string;
      readonly seen: number;
    }
  | { readonly at: "keys"; readonly scan: ScannedKeys["next"]; readonly seen: number };

function beginOf(nth: number): Cursor {
  return { at: "task", nth, from: 1, cursor: "0", seen: 0 };
}

const KEYS: Cursor = { at: "keys", scan: undefined, seen: 0 };

/** Keys that a script looks at: each may have a thousand members. */
const KEYS_PER_CALL = 20;
/** Faults that a script looks at again: some walk over a list. */
const FAULTS_PER_CALL = 20;

type Use = <T>(verb: (session: Session) => Promise<T>) => Promise<T>;

export function createContentsStore(use: Use): ContentsStore {
  return {
    look: (query) => use((session) => look(session, query)),
    confirm: (faults) => use((session) => confirm(session, faults)),
  };
}

async function look(session: Session, query: ContentsQuery): Promise<ContentsPage> {
  const at = query.cursor === undefined ? beginOf(0) : readCursor(query.cursor);
  return at.at === "task" ? lookAtTask(session, query, at) : lookAtKeys(session, query, at);
}

async function lookAtTask(
  session: Session,
  { limit, most }: ContentsQuery,
  at: Extract<Cursor, { readonly at: "task" }>,
): Promise<ContentsPage> {
  const { keys, runner } = session;
  const known = keys.key(STORE_AS_TASK, "known");
  const rank = String(at.nth);
  const [root] = (await runner.repeat(() => runner.link.send("ZRANGE", [known, rank, rank]))) as Buffer[];
  if (root === undefined) return pageOf({ faults: [], looked: 0, passed: [] }, KEYS);
  const task = keys.taskOf(String(root)) ?? "";
  const args = [at.from, at.cursor, at.seen, limit, most] as const;
  const [next, cursor, seen, looked, passed, parts] = await runner.run(contentsScript, String(root), args);
  const page = {
    faults: triples(parts).map(([kind, where, id]) => ({ kind: kind as FaultKind, task, where, id })),
    looked,
    passed: passed.map((name) => `${task}: ${name}`),
  };
  const onward: Cursor = { at: "task", nth: at.nth, from: next, cursor: String(cursor), seen };
  return pageOf(page, next === 0 ? beginOf(at.nth + 1) : onward);
}

async function lookAtKeys(
  session: Session,
  { limit, most }: ContentsQuery,
  at: Extract<Cursor, { readonly at: "keys" }>,
): Promise<ContentsPage> {
  const scanned = await scanKeys(session, at.scan, limit).catch((error: unknown) => {
    if (replyCode(error) === "NOPERM") return undefined;
    throw error;
  });
  if (scanned === undefined)
    return { faults: [], looked: 0, passed: ["keys: this user may not run SCAN, which lists them"] };
  const ours = scanned.keys.flatMap((key) => partsOf(session, key) ?? []);
  const faults = await faultsOfKeys(
    session,
    ours.filter(({ name }) => !PLAIN.has(name)),
  );
  const seen = at.seen + scanned.keys.length;
  const page = { faults, looked: scanned.keys.length, passed: [] };
  if (scanned.next === undefined) return page;
  if (seen >= most * KEYS_FOR_EACH) return { ...page, passed: [`keys: more than ${seen}`] };
  return pageOf(page, { at: "keys", scan: scanned.next, seen });
}

/** There are about so many keys of single jobs where there are some. */
const KEYS_FOR_EACH = 10;

/** Names of keys that a task has once; what stands in them is looked at task by task. */
const PLAIN = new Set<string>(Object.values(TASK_KEYS).filter((name) => !name.endsWith(":")));
/** Keys that end by themselves, or stand for no job. */
const ENDING = ["throttle", "starts", "barred", "wakeVersion", "minutes", "tenMinutes", "errors"] as const;
const WITH_END = ENDING.map((name) => TASK_KEYS[name]);

interface TaskKeyName {
  readonly task: string;
  readonly root: string;
  /** What stands behind the root. */
  readonly name: string;
}

/** Keys of a prefix that has ours before it are somebody else's. */
function partsOf({ keys }: Session, key: string): TaskKeyName | undefined {
  const end = key.indexOf("}:") + 2;
  if (end < 2 || !key.startsWith(keys.root("").slice(0, -2))) return undefined;
  const [root, name] = [key.slice(0, end), key.slice(end)];
  const task = taskOf(keys, root);
  return task === undefined || WITH_END.some((start) => name.startsWith(start))
    ? undefined
    : { task, root, name };
}

/** Undefined: no name of a task is written like that. */
function taskOf(keys: Session["keys"], root: string): string | undefined {
  try {
    return keys.taskOf(root);
  } catch {
    return undefined;
  }
}

async function faultsOfKeys(
  { runner }: Session,
  names: readonly TaskKeyName[],
): Promise<readonly StoreFault[]> {
  const byRoot = grouped(names, ({ root }) => root);
  const faults: StoreFault[] = [];
  for (const [root, own] of byRoot) {
    const { task } = own[0] as TaskKeyName;
    for (let from = 0; from < own.length; from += KEYS_PER_CALL) {
      const some = own.slice(from, from + KEYS_PER_CALL).map(({ name }) => name);
      const parts = await runner.run(contentsKeysScript, root, some);
      for (const [kind, name, id] of triples(parts))
        faults.push({ kind: kind as FaultKind, task, where: root + name, id });
    }
  }
  return faults;
}

/** Each is looked at alone, in one moment. */
async function confirm(session: Session, faults: readonly StoreFault[]): Promise<readonly boolean[]> {
  const { keys, runner } = session;
  const found: boolean[] = [];
  const inTasks = grouped(faults.entries(), ([, { task = "" }]) => task);
  for (const [task, entries] of inTasks) {
    const root = keys.root(task);
    const ofKeys = entries.filter(([, { where }]) => where.startsWith(root));
    const ofPlaces = entries.filter(([, { where }]) => !where.startsWith(root));
    const again = await faultsOfKeys(
      session,
      [...new Set(ofKeys.map(([, { where }]) => where))].map((key) => ({
        ...{ task, root, name: key.slice(root.length) },
      })),
    );
    for (const [at, fault] of ofKeys) found[at] = again.some((each) => isSame(each, fault));
    for (let from = 0; from < ofPlaces.length; from += FAULTS_PER_CALL) {
      const some = ofPlaces.slice(from, from + FAULTS_PER_CALL);
      const kinds = await runner.run(
        contentsAgainScript,
        root,
        some.flatMap(([, { where, id }]) => [where, id]),
      );
      for (const [nth, [at, { kind }]] of some.entries()) found[at] = String(kinds[nth]) === kind;
    }
  }
  return found;
}

function grouped<T>(items: Iterable<T>, keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function isSame(one: StoreFault, other: StoreFault): boolean {
  return one.kind === other.kind && one.where === other.where && one.id === other.id;
}

function triples(parts: readonly Buffer[]): readonly (readonly [string, string, string])[] {
  return Array.from({ length: parts.length / 3 }, (_, nth) => {
    const [first, second, third] = parts.slice(nth * 3, nth * 3 + 3).map(String);
    return [first ?? "", second ?? "", third ?? ""] as const;
  });
}

function pageOf(page: Omit<ContentsPage, "cursor">, next: Cursor): ContentsPage {
  return { ...page, cursor: JSON.stringify(next) };
}

function readCursor(text: string): Cursor {
  return readContentsCursor<Cursor>(text, (cursor) => cursor.at === "task" || cursor.at === "keys");
}
