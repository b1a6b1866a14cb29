/** Claims and sweeps of tasks with limits, each in a round. */
import type { ClaimedJob, ClaimReply, ClaimRequest } from "../../core/adapter.js";
import { fromLimitsText } from "../codec/stored-limits.js";
import { answerOf, type Row } from "../connection/database.js";
import { type OpenedRound, RoundReads } from "../limits/round-reads.js";
import { TaskRound } from "../limits/task-round.js";
import type { Session } from "../session.js";
import type { Told } from "../signals.js";
import { type ClaimHead, readClaim } from "./claim-rows.js";
import { bringBack, expireSome, MAX_STEPS } from "./due-jobs.js";

/** Jobs that a round reads beyond those it is to claim, since some may have to wait. */
const SLACK = 20;
/** One claim in so long a time is answered by asking its process for a suspect. */
const ASK_AGAIN_MS = 2000;
/** So often overdue jobs are ended before a claim goes on without them. */
const MAX_EXPIRIES = 3;

const OPEN = "select @@round_open($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const WRITE = "select * from @@round_write($1, $2, $3, $4, $5::jsonb)";

/** What a round begins with. */
type Opening =
  | { readonly state: "none" | "overdue" | "newer" }
  | { readonly state: "lost"; readonly due: number | null }
  | ({ readonly state: "open" } & OpenedRound);

/** What a round came to. */
interface Round {
  readonly opening: Opening;
  readonly head: RoundHead;
  readonly jobs: readonly ClaimedJob[];
  readonly fired: number;
  readonly asks: boolean;
  readonly hasNews: boolean;
  /** What to tell of jobs that were put back for newer workers. */
  readonly broughtBack?: Told | undefined;
}

interface RoundHead extends ClaimHead {
  /** A claim would find something. */
  readonly ready?: boolean;
}

/** A claim of a task with limits. */
export async function claimInRound(session: Session, request: ClaimRequest): Promise<ClaimReply> {
  for (let expiries = 0; ; expiries++) {
    const round = await roundOf(session, request, {
      version: request.version ?? null,
      looks: expiries < MAX_EXPIRIES,
    });
    if (round.broughtBack !== undefined) session.signals.tell(round.broughtBack);
    if (round.opening.state !== "overdue") return replyOf(session, request, round);
    await expireSome(session, request.task);
  }
}

/** The room that was left is given to those who wait, and batches whose time has come are ready. */
export async function sweepInRound(session: Session, task: string): Promise<{ readonly fired: number }> {
  const request = { task, lease: "", leaseMs: 0, count: 0 };
  const { fired, head } = await roundOf(session, request, { version: null, looks: false, isSweep: true });
  if (head.ready === true) session.signals.tell({ work: [task] });
  return { fired };
}

function replyOf(session: Session, { task, count }: ClaimRequest, round: Round): ClaimReply {
  const { opening, head, jobs, asks, hasNews } = round;
  if (opening.state === "lost") {
    return { jobs: [], lost: true, ...(opening.due === null ? {} : { nextDueInMs: opening.due }) };
  }
  const isLeft = hasNews && head.ready === true;
  session.signals.tell({
    mail: head.mail,
    ...(head.opened === true ? { due: [task] } : {}),
    ...(isLeft && (count === 0 || jobs.length > 0 || asks) ? { work: [task] } : {}),
  });
  return {
    jobs,
    lost: false,
    ...(jobs.length === 0 || head.now === undefined ? {} : { now: head.now }),
    ...(asks ? { hasSuspects: true as const } : {}),
    ...(head.due === undefined || head.due === null ? {} : { nextDueInMs: head.due }),
  };
}

interface RoundBy {
  readonly version: number | null;
  /** Overdue jobs are to be ended before. */
  readonly looks: boolean;
  readonly isSweep?: boolean;
}

const NOTHING = { head: { lost: false }, jobs: [], fired: 0, asks: false, hasNews: false } as const;

function roundOf(session: Session, request: ClaimRequest, by: RoundBy): Promise<Round> {
  const { task, lease, leaseMs, count, apart = false } = request;
  const wanted = Math.max(0, Math.round(count));
  const most = wanted + SLACK;
  return session.database.transaction(async (statements): Promise<Round> => {
    const open = (version: number | null, looks: boolean) =>
      answerOf<Opening>(statements, OPEN, [
        ...[task, by.isSweep === true ? null : lease, Math.round(leaseMs), wanted, apart, version, looks],
        ...[MAX_STEPS, most],
      ]);
    let opening = await open(by.version, by.looks);
    const broughtBack = opening.state === "newer" ? await bringBack(statements, request) : undefined;
    if (broughtBack !== undefined) opening = await open(null, false);
    if (opening.state !== "open") return { ...NOTHING, opening, broughtBack };
    const round = new TaskRound(opening, new RoundReads(statements, { most, isApart: apart }));
    await round.absorb();
    const mayAsk = !apart && wanted > 0 && round.hasSuspects;
    const asksFirst = mayAsk && opening.now - opening.askedAt >= ASK_AGAIN_MS;
    if (apart) await round.claimApart(wanted);
    else if (!asksFirst && wanted > 0) await round.claim(wanted);
    const what = { ...round.toWrite(), apart, ...(apart || asksFirst ? { askedAt: opening.now } : {}) };
    const rows = await statements.rows(WRITE, [
      ...[opening.task, task, lease, Math.round(leaseMs), JSON.stringify(what)],
    ]);
    const { head, jobs } = readClaim(request, rows);
    const isLeft = apart && wanted > 0 && !opening.paused && head.suspects === true;
    return {
      ...{ opening, head, fired: round.fired, hasNews: round.hasNews, broughtBack },
      jobs: jobs.map((job, nth) => withLimits(job, rows[nth])),
      asks: isLeft || asksFirst || (mayAsk && jobs.length === 0),
    };
  });
}

/** What a worker has to know of a job's limits. */
function withLimits(job: ClaimedJob, row: Row | undefined): ClaimedJob {
  if (typeof row?.limits !== "string") return job;
  const { collect, limit, rate } = fromLimitsText(row.limits);
  return {
    ...job,
    ...(collect === undefined ? {} : { collect: { key: collect.key, maxSize: collect.maxSize } }),
    ...(limit === undefined && rate === undefined ? {} : { isGated: true as const }),
  };
}
