/** Upkeep of single tasks, and of the store as a whole. */
import { DEFAULT_STALL_LIMIT, type Survey, type SweepReply, type SweepRequest } from "../../core/adapter.js";
import { reclaimMove } from "../../core/job-moves.js";
import { lastClaimedFirst } from "../../core/job-order.js";
import { answerOf } from "../connection/database.js";
import { agesOf, countsOf, decide, type Session } from "../session.js";
import { sweepInRound } from "./claim-in-round.js";
import { expireSome, MAX_STEPS } from "./due-jobs.js";
import { NOWHERE } from "./trim-turns.js";

/** What `upkeep` answers. */
interface Upkeep {
  readonly promoted: number;
  readonly pruned: number;
  readonly stallLimit?: number | null;
  readonly overdue?: boolean;
  readonly lapsed?: boolean;
  readonly ready?: boolean;
  readonly due?: number | null;
  readonly special?: boolean;
  readonly trimmed?: readonly (number | null)[] | null;
}

export function sweepTasks(
  session: Session,
  requests: readonly SweepRequest[],
): Promise<readonly SweepReply[]> {
  return Promise.all(requests.map((request) => sweepOne(session, request)));
}

async function sweepOne(session: Session, request: SweepRequest): Promise<SweepReply> {
  const { task } = request;
  let kept = await upkeep(session, request);
  let { promoted, pruned } = kept;
  let reclaimed = 0;
  let expired = 0;
  if (kept.lapsed === true)
    reclaimed = await reclaimLost(session, task, kept.stallLimit ?? stallLimitOf(request));
  if (kept.overdue === true) expired = (await expireSome(session, task)).expired;
  const round = kept.special === true ? await sweepInRound(session, task) : undefined;
  if (reclaimed + expired > 0 || kept.lapsed === true || round !== undefined) {
    kept = await upkeep(session, request);
    promoted += kept.promoted;
    pruned += kept.pruned;
  }
  if (kept.ready === true) session.signals.tell({ work: [task] });
  return {
    ...{ promoted, reclaimed, expired, pruned },
    more: [promoted, reclaimed, expired, pruned, round?.fired ?? 0].some((steps) => steps >= MAX_STEPS),
    ...(kept.due === null || kept.due === undefined ? {} : { nextDueInMs: kept.due }),
  };
}

function stallLimitOf({ stallLimit = DEFAULT_STALL_LIMIT }: SweepRequest): number {
  return stallLimit;
}

async function upkeep({ database, trims, floors }: Session, request: SweepRequest): Promise<Upkeep> {
  const { task, retention, scope } = request;
  const keep = retention === undefined ? null : countsOf(retention);
  const ages = retention === undefined || scope !== "all" ? null : agesOf(retention);
  const after = scope === "all" ? NOWHERE : trims.after(task);
  const parts = floors.partsOf(task) ?? null;
  const kept = await answerOf<Upkeep>(database, "select @@upkeep($1, $2, $3, $4, $5, $6, $7)", [
    ...[task, keep, stallLimitOf(request), ages, MAX_STEPS, after, parts],
  ]);
  trims.dropped(task, after, kept.trimmed);
  return kept;
}

/**
 * Takes jobs from leases that are past: back, or to their end. One of several becomes a suspect and is not blamed; one that
 * was alone is, and comes behind the suspects that were not tried yet.
 */
async function reclaimLost(session: Session, task: string, stallLimit: number): Promise<number> {
  const { result } = await decide(
    session,
    { task, sql: "select * from @@lose($1, $2)", values: [task, MAX_STEPS] },
    ({ work, jobs, rows, now }) => {
      const alone = new Set(rows.filter((row) => row.held_one === true).map(({ id }) => String(id)));
      for (const job of lastClaimedFirst(jobs)) {
        const isBlamed = job.isAlone || alone.has(job.id);
        const end = job.isSuspect && isBlamed ? "back" : "front";
        job.isSuspect = true;
        work.apply(job, reclaimMove(job, { now, stallLimit, isBlamed, end }));
      }
      return jobs.length;
    },
  );
  return result;
}

/** What `survey` answers. */
interface Surveyed {
  readonly data: string;
  readonly due: readonly (readonly [task: string, inMs: number])[];
  readonly last: number;
  readonly mail: readonly string[];
}

/** Tasks of others that one survey looks at. */
const STRETCH = 500;
/** An instance that was not heard of for so long is taken for dead. */
const SILENT_MS = 60_000;

/** Looks at another stretch of the store's tasks each time. */
export class Surveyor {
  #after = 0;

  async survey(session: Session, tasks: readonly string[]): Promise<Survey> {
    const { data, due, last, mail } = await answerOf<Surveyed>(
      session.database,
      "select @@survey($1, $2, $3, $4, $5, $6::jsonb)",
      [
        ...[[...new Set(tasks)], this.#after, STRETCH, session.instance, SILENT_MS],
        JSON.stringify(session.floors.parts(tasks)),
      ],
    );
    this.#after = last;
    session.signals.tell({ mail });
    return { data, due: due.map(([task, inMs]) => ({ task, inMs })) };
  }
}
