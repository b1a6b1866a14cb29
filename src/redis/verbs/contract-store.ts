/** Announcements of workers, what they are told to do, and counts per version. */
import {
  type ContractStore,
  type ImplementedTask,
  type LiveWorker,
  OPEN_STATES,
  type ProlongReply,
  type ProlongRequest,
  type TellRequest,
  type VersionCount,
  type VersionPage,
  type VersionQuery,
  type WorkerAnnouncement,
} from "../../core/contract-store.js";
import { OptionError } from "../../core/errors.js";
import { keptVitals } from "../../core/observe/vitals.js";
import { stateOfLetter } from "../codec/job-record.js";
import { readCommand } from "../codec/notices.js";
import {
  announceScript,
  countVersionsScript,
  passCommandScript,
  prolongScript,
  tellWorkerScript,
  withdrawScript,
  workersScript,
} from "../scripts.generated.js";
import { clampInteger, MOST_MS, type Session } from "../session.js";

/** @param use runs something on the open connection */
export function createContractStore(
  use: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
): ContractStore {
  return {
    announce: (announcement) => use((session) => announce(session, announcement)),
    prolong: (request) => use((session) => prolong(session, request)),
    tell: (request) => use((session) => tell(session, request)),
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
    keptVitals(announcement.vitals) ?? "",
  ]);
}

async function prolong(session: Session, request: ProlongRequest): Promise<ProlongReply> {
  const { worker, ttlMs } = request;
  const args = [worker, clampInteger(ttlMs, 1, MOST_MS), keptVitals(request.vitals) ?? ""] as const;
  const [workers, told] = await session.runner.run(prolongScript, session.keys.workers, args);
  if (workers === 0) return { status: "missing" };
  const command = told === null ? undefined : readCommand(told.toString());
  return { status: "applied", workers, ...(command === undefined ? {} : { command }) };
}

/** First it is kept, then passed on: a notice that is lost is made good by what the worker reads. */
async function tell(
  { runner, keys }: Session,
  { worker, task, command }: TellRequest,
): Promise<"applied" | "missing"> {
  const number = await runner.run(tellWorkerScript, keys.workers, [worker, command]);
  if (number === 0) return "missing";
  await runner.run(passCommandScript, keys.root(task), [`${number} ${command} ${worker}`]);
  return "applied";
}

async function withdraw(session: Session, worker: string): Promise<void> {
  await session.runner.run(withdrawScript, session.keys.workers, [worker]);
}

async function readWorkers(session: Session): Promise<readonly LiveWorker[]> {
  const found = new Map<string, LiveWorker>();
  let cursor = "0";
  do {
    const [next, present, said] = await session.runner.run(workersScript, session.keys.workers, [cursor]);
    cursor = String(next);
    for (let at = 0; at + 3 < said.length; at += 4) {
      const [worker, announced, seenAt, vitals] = said.slice(at, at + 4);
      const read = toLiveWorker(String(worker), String(announced));
      if (read === undefined) continue;
      const seen = seenAt === null ? read.startedAt : Number(seenAt);
      const silentMs = Math.max(0, Number(present) - seen);
      found.set(read.worker, { ...read, seenAt: seen, silentMs, ...toVitals(vitals) });
    }
  } while (cursor !== "0");
  return [...found.values()];
}

function toVitals(said: Buffer | null | undefined): Pick<LiveWorker, "vitals"> {
  if (said === null || said === undefined) return {};
  const text = said.toString();
  const colon = text.indexOf(":");
  return { vitals: { at: Number(text.slice(0, colon)), text: text.slice(colon + 1) } };
}

/** Undefined for what no worker of this kind has written. */
function toLiveWorker(
  worker: string,
  text: string,
): Omit<LiveWorker, "seenAt" | "silentMs" | "vitals"> | undefined {
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
