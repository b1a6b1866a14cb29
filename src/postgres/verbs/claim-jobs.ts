/** Claims at once: one statement, and more only where jobs are overdue or newer than others' workers, or the task has limits. */
import type { ClaimReply, ClaimRequest } from "../../core/adapter.js";
import type { Row } from "../connection/database.js";
import type { Session } from "../session.js";
import { claimInRound } from "./claim-in-round.js";
import { type ClaimHead, readClaim } from "./claim-rows.js";
import { bringBack, expireSome } from "./due-jobs.js";

const CLAIM = "select * from @@claim($1, $2, $3, $4, $5, $6, $7, null)";

export function claimJobs(
  session: Session,
  requests: readonly ClaimRequest[],
): Promise<readonly ClaimReply[]> {
  return Promise.all(requests.map((request) => claimNow(session, request)));
}

/** As {@link claimOne}, without what only settlements need. */
export async function claimNow(session: Session, request: ClaimRequest): Promise<ClaimReply> {
  if (session.special.has(request.task)) return claimInRound(session, request);
  const { head: _head, ...reply } = await claimOne(session, request);
  return reply;
}

/** @param first runs `claim`, with settlements before it or without; it runs again without when newer jobs were brought back */
export async function claimOne(
  session: Session,
  request: ClaimRequest,
  first: (values: readonly unknown[]) => Promise<readonly Row[]> = (values) =>
    session.database.rows(CLAIM, values),
): Promise<ClaimReply & { readonly head: ClaimHead }> {
  let { head, jobs } = await lookedFor(session, request, { version: request.version ?? null, claim: first });
  const { prior } = head;
  if (head.newer === true) {
    const claim = (values: readonly unknown[]) => claimBroughtBack(session, request, values);
    ({ head, jobs } = await lookedFor(session, request, { version: null, claim }));
  }
  if (head.special === true) {
    session.special.add(request.task);
    return { ...(await claimInRound(session, request)), head: { ...head, prior } };
  }
  session.signals.tell({
    mail: head.mail,
    ...(head.opened === true ? { due: [request.task] } : {}),
  });
  const due =
    head.overdue === true ? (await expireSome(session, request.task)).nextDueInMs : (head.due ?? undefined);
  return {
    jobs,
    lost: head.lost,
    ...(jobs.length === 0 || head.now === undefined ? {} : { now: head.now }),
    ...(head.suspects === true ? { hasSuspects: true as const } : {}),
    ...(due === undefined ? {} : { nextDueInMs: due }),
    head: { ...head, prior },
  };
}

async function claimBroughtBack(
  { database, signals }: Session,
  request: ClaimRequest,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { told, rows } = await database.transaction(async (statements) => ({
    told: await bringBack(statements, request),
    rows: await statements.rows(CLAIM, values),
  }));
  signals.tell(told);
  return rows;
}

/** Suspects are few: who claims one looks at all of them. */
async function lookedFor(
  { floors }: Session,
  request: ClaimRequest,
  by: {
    readonly version: number | null;
    readonly claim: (values: readonly unknown[]) => Promise<readonly Row[]>;
  },
): Promise<ReturnType<typeof readClaim>> {
  const { task, lease, leaseMs, count, apart = false } = request;
  const wanted = Math.max(0, Math.round(count));
  const look = apart || wanted === 0 ? undefined : floors.look(task);
  const values = [task, lease, Math.round(leaseMs), wanted, apart, by.version, look?.parts ?? null];
  const read = readClaim(request, await by.claim(values));
  if (look !== undefined) floors.found(look, read.head.looked, { jobs: read.jobs, wanted });
  return read;
}
