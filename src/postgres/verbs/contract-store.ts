/** Which workers implement which contracts, what they are told to do, and what is in flight. */
import type {
  ContractStore,
  LiveWorker,
  OpenState,
  ProlongReply,
  ProlongRequest,
  TellRequest,
  VersionCount,
  VersionPage,
  VersionQuery,
  WorkerAnnouncement,
} from "../../core/contract-store.js";
import { OptionError } from "../../core/errors.js";
import { givenCommand, keptVitals } from "../../core/observe/vitals.js";
import { answerOf } from "../connection/database.js";
import type { Session } from "../session.js";
import { stateOf } from "../sql/letters.js";

/** Jobs that one page looks at, those that have ended among them. */
const STRETCH = 1000;
/** Marks a cursor of ours. */
const CURSOR = "v:";

/** @param open gives what the adapter shares; rejects while it is closed */
export function createContractStore(
  open: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
): ContractStore {
  return {
    announce: (announcement) => open((session) => announce(session, announcement)),
    prolong: (request) => open((session) => prolong(session, request)),
    tell: (request) => open((session) => tell(session, request)),
    withdraw: (worker) =>
      open(
        async ({ database }) => void (await database.rows("delete from @.worker where name = $1", [worker])),
      ),
    workers: () => open(readWorkers),
    countVersions: (query) => open((session) => countVersions(session, query)),
  };
}

async function announce({ database }: Session, announcement: WorkerAnnouncement): Promise<void> {
  const { ageMs, ttlMs, vitals: _vitals, ...said } = announcement;
  await database.rows("select @@announce($1, $2, $3, $4, $5)", [
    ...[said.worker, JSON.stringify(said), Math.round(ageMs), ttlMs, keptVitals(announcement.vitals) ?? null],
  ]);
}

async function prolong({ database }: Session, request: ProlongRequest): Promise<ProlongReply> {
  const { worker, ttlMs } = request;
  const answer = await answerOf<{
    readonly workers: number;
    readonly command: string | null;
    readonly number: number | null;
  } | null>(database, "select @@prolong($1, $2, $3)", [worker, ttlMs, keptVitals(request.vitals) ?? null]);
  if (answer === null) return { status: "missing" };
  const command = givenCommand(answer.command, answer.number);
  return {
    ...{ status: "applied", workers: Number(answer.workers) },
    ...(command === undefined ? {} : { command }),
  };
}

async function tell(
  { database, signals }: Session,
  { worker, task, command }: TellRequest,
): Promise<"applied" | "missing"> {
  const mail = await answerOf<readonly string[] | null>(database, "select @@tell_worker($1, $2, $3)", [
    ...[worker, task, command],
  ]);
  if (mail === null) return "missing";
  signals.tell({ mail });
  return "applied";
}

async function readWorkers({ database }: Session): Promise<readonly LiveWorker[]> {
  const rows = await database.rows(
    "select said, seen_at, vitals, told_at, n.present from @@now() n(present) join @.worker on ends_at > n.present",
  );
  return rows.map(({ said, seen_at, vitals, told_at, present }) => ({
    ...(JSON.parse(String(said)) as Pick<LiveWorker, "worker" | "host" | "pid" | "startedAt" | "tasks">),
    ...{ seenAt: Number(seen_at), silentMs: Math.max(0, Number(present) - Number(seen_at)) },
    ...(vitals === null ? {} : { vitals: { at: Number(told_at), text: String(vitals) } }),
  }));
}

async function countVersions({ database }: Session, { task, cursor }: VersionQuery): Promise<VersionPage> {
  if (cursor !== undefined && !cursor.startsWith(CURSOR))
    throw new OptionError(`expected cursor to come from a page before, got ${JSON.stringify(cursor)}`);
  const { last, counts } = await answerOf<{
    readonly last: string | null;
    readonly counts: readonly (Omit<VersionCount, "state"> & { readonly state: string })[];
  }>(database, "select @@count_versions($1, $2, $3)", [task, cursor?.slice(CURSOR.length) ?? "", STRETCH]);
  return {
    counts: counts.map((count) => ({ ...count, state: stateOf(count.state) as OpenState })),
    ...(last === null ? {} : { cursor: `${CURSOR}${last}` }),
  };
}
