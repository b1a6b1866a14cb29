/** Which workers implement which contracts, and what is in flight. */
import type {
  ContractStore,
  LiveWorker,
  OpenState,
  VersionCount,
  VersionPage,
  VersionQuery,
  WorkerAnnouncement,
} from "../../core/contract-store.js";
import { OptionError } from "../../core/errors.js";
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
    prolong: ({ worker, ttlMs }) =>
      open(async ({ database }) => {
        const isKnown = await answerOf<boolean>(database, "select @@prolong($1, $2)", [worker, ttlMs]);
        return isKnown ? "applied" : "missing";
      }),
    withdraw: (worker) =>
      open(
        async ({ database }) => void (await database.rows("delete from @.worker where name = $1", [worker])),
      ),
    workers: () =>
      open(async ({ database }) => {
        const rows = await database.rows("select said from @.worker where ends_at > @@now()");
        return rows.map(({ said }) => JSON.parse(String(said)) as LiveWorker);
      }),
    countVersions: (query) => open((session) => countVersions(session, query)),
  };
}

async function announce({ database }: Session, announcement: WorkerAnnouncement): Promise<void> {
  const { ageMs, ttlMs, ...said } = announcement;
  await database.rows("select @@announce($1, $2, $3, $4)", [
    ...[said.worker, JSON.stringify(said), Math.round(ageMs), ttlMs],
  ]);
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
