/** Announcements of workers, and counts per version. */
import {
  type ContractStore,
  type ImplementedTask,
  type LiveWorker,
  OPEN_STATES,
  type VersionCount,
  type VersionPage,
  type VersionQuery,
  type WorkerAnnouncement,
} from "../../core/contract-store.js";
import { OptionError } from "../../core/errors.js";
import { stateOfLetter } from "../codec/job-record.js";
import { announceScript, countVersionsScript, withdrawScript, workersScript } from "../scripts.generated.js";
import { clampInteger, MOST_MS, type Session } from "../session.js";

/** @param use runs something on the open connection */
export function createContractStore(
  use: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
): ContractStore {
  return {
    announce: (announcement) => use((session) => announce(session, announcement)),
    prolong: (request) => use((session) => prolong(session, request)),
    withdraw: (worker) => use((session) => withdraw(session, worker)),
    workers: () => use(readWorkers),
    countVersions: (query) => use((session) => countVersions(session, query)),
  };
}

/** What is stored of an announcement beside its name and times. */
interface Said {
  readonly host: string;
  readonly pid: number;
  readonly tasks: readonly (readonly [string, number, number, string])[];
}

async function announce(session: Session, announcement: WorkerAnnouncement): Promise<void> {
  const { worker, host, pid, ageMs, ttlMs } = announcement;
  const tasks = announcement.tasks.map(
    ({ task, version, since, fingerprint }) => [task, version, since, fingerprint] as const,
  );
  const said: Said = { host, pid, tasks };
  await session.runner.run(announceScript, session.keys.workers, [
    worker,
    clampInteger(ttlMs, 1, MOST_MS),
    clampInteger(ageMs, 0, MOST_MS),
    JSON.stringify(said),
  ]);
}

async function prolong(
  session: Session,
  { worker, ttlMs }: { readonly worker: string; readonly ttlMs: number },
): Promise<"applied" | "missing"> {
  const args = [worker, clampInteger(ttlMs, 1, MOST_MS), 0, ""] as const;
  return (await session.runner.run(announceScript, session.keys.workers, args)) === 1 ? "applied" : "missing";
}

async function withdraw(session: Session, worker: string): Promise<void> {
  await session.runner.run(withdrawScript, session.keys.workers, [worker]);
}

async function readWorkers(session: Session): Promise<readonly LiveWorker[]> {
  const found = new Map<string, LiveWorker>();
  let cursor = "0";
  do {
    const [next, said] = await session.runner.run(workersScript, session.keys.workers, [cursor]);
    cursor = String(next);
    for (let index = 0; index + 1 < said.length; index += 2) {
      const worker = toLiveWorker(String(said[index]), String(said[index + 1]));
      if (worker !== undefined) found.set(worker.worker, worker);
    }
  } while (cursor !== "0");
  return [...found.values()];
}

/** Undefined for what no worker of this kind has written. */
function toLiveWorker(worker: string, text: string): LiveWorker | undefined {
  const colon = text.indexOf(":");
  const said = parseSaid(text.slice(colon + 1));
  if (colon < 1 || said === undefined) return undefined;
  const { host, pid } = said;
  const tasks = said.tasks.map(
    ([task, version, since, fingerprint]): ImplementedTask => ({ task, version, since, fingerprint }),
  );
  return { worker, host, pid, startedAt: Number(text.slice(0, colon)), tasks };
}

function parseSaid(text: string): Said | undefined {
  try {
    const said = JSON.parse(text) as Partial<Said> | null;
    return Array.isArray(said?.tasks) && said.tasks.every(Array.isArray) ? (said as Said) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function countVersions(session: Session, { task, cursor = "0" }: VersionQuery): Promise<VersionPage> {
  if (!/^\d+$/.test(cursor)) {
    throw new OptionError(`expected cursor to come from a page before, got ${JSON.stringify(cursor)}`);
  }
  const [next, rows] = await session.runner.run(countVersionsScript, session.keys.root(task), [cursor]);
  const counts = rows.flatMap((row) => toVersionCount(row.toString("utf8")) ?? []);
  return String(next) === "0" ? { counts } : { counts, cursor: String(next) };
}

function toVersionCount(row: string): VersionCount | undefined {
  const [, letter = "", version, count, fingerprint = ""] = /^(\S) (\d+) (\d+) (.*)$/s.exec(row) ?? [];
  const known = stateOfLetter(letter);
  const state = OPEN_STATES.find((candidate) => candidate === known);
  return state === undefined
    ? undefined
    : { state, version: Number(version), fingerprint, count: Number(count) };
}
