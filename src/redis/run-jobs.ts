/** The verbs of a worker: claim, settle, renew. */
import type {
  ClaimedJob,
  ClaimReply,
  ClaimRequest,
  RenewReply,
  RenewRequest,
  SettleBatch,
  Settlement,
  SettleReply,
  SettleStatus,
} from "../core/adapter.js";
import type { Encoded } from "../core/job.js";
import type { ClaimOutcome } from "./claim-ledger.js";
import { toClaimedJob } from "./job-record.js";
import type { Link } from "./link.js";
import { MOST_PER_CALL } from "./per-task.js";
import { SECTION_LETTERS } from "./record-layout.js";
import { commandArguments } from "./runner.js";
import type { ScriptArgument } from "./script.js";
import { claimScript, renewScript, settleScript } from "./scripts.generated.js";
import { clampInteger, keptCount, MOST_MS, type Session } from "./session.js";

type RawClaim = readonly [
  lost: number,
  nextDueInMs: number,
  fence: number,
  claimed: Buffer[],
  recovered: Buffer[],
  unseen: number,
];

/** As `Adapter.claim`. */
export async function claimJobs(
  session: Session,
  requests: readonly ClaimRequest[],
): Promise<readonly ClaimReply[]> {
  const calls = session.runner.link.inOneWrite(() => requests.map((request) => claimOne(session, request)));
  return Promise.all(calls);
}

function claimOne(session: Session, request: ClaimRequest): Promise<ClaimReply> {
  const root = session.keys.root(request.task);
  const count = clampInteger(request.count, 0, MOST_PER_CALL);
  const leaseMs = clampInteger(request.leaseMs, 1, MOST_MS);
  return session.runner.repeat(() =>
    session.ledger.claim(`${root}${request.lease}`, async (seen) => {
      const raw = await session.runner.once(claimScript, root, [request.lease, leaseMs, count, seen, 0]);
      return toClaimOutcome(request.task, raw);
    }),
  );
}

/**
 * Sends a claim behind a blocking call on its connection, so that the store carries it out when that call ends.
 *
 * @param hurry ends the blocking call
 * @returns what was claimed; undefined when nothing was or when the answer is lost: a claim as usual follows and meets
 * whatever was in the way
 */
export function claimWhenWoken(
  session: Session,
  request: ClaimRequest,
  { link, hurry }: { readonly link: Link; hurry(): void },
): Promise<ClaimReply | undefined> {
  const root = session.keys.root(request.task);
  const count = clampInteger(request.count, 0, MOST_PER_CALL);
  const leaseMs = clampInteger(request.leaseMs, 1, MOST_MS);
  return session.ledger.standingClaim(`${root}${request.lease}`, {
    send: async () => {
      const args = commandArguments(claimScript.sha1, root, [request.lease, leaseMs, count, -1, 0]);
      return toClaimOutcome(request.task, (await link.send("EVALSHA", args)) as RawClaim);
    },
    hurry,
  });
}

function toClaimOutcome(task: string, raw: RawClaim): ClaimOutcome<ClaimReply> {
  const [lost, nextDueInMs, fence, claimed, recovered, unseen] = raw;
  const jobs = readJobs(task, claimed, recovered, fence);
  return {
    reply: { jobs, lost: lost === 1, ...(nextDueInMs < 0 ? {} : { nextDueInMs }) },
    highestFence: jobs.reduce((highest, job) => Math.max(highest, job.fence), 0),
    unseen,
  };
}

/** @param parts `claimed` as id and record with rising fences, `recovered` as id, record and fence */
function readJobs(task: string, claimed: Buffer[], recovered: Buffer[], firstFence: number): ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  for (let index = 0; index + 2 < recovered.length; index += 3) {
    const [id, raw, fence] = recovered.slice(index, index + 3);
    if (id !== undefined && raw !== undefined) {
      jobs.push(toClaimedJob(task, id.toString("utf8"), raw, Number(String(fence))));
    }
  }
  for (let index = 0; index + 1 < claimed.length; index += 2) {
    const id = claimed[index];
    const raw = claimed[index + 1];
    if (id !== undefined && raw !== undefined) {
      jobs.push(toClaimedJob(task, id.toString("utf8", 0, id.length), raw, firstFence + index / 2));
    }
  }
  return jobs;
}

/** As `Adapter.settle`. */
export async function settleJobs(
  session: Session,
  batches: readonly SettleBatch[],
): Promise<readonly SettleReply[]> {
  const calls = session.runner.link.inOneWrite(() => batches.map((batch) => settleBatch(session, batch)));
  return Promise.all(calls);
}

/** A batch that is too large for one call goes in several; the last one claims. */
async function settleBatch(session: Session, batch: SettleBatch): Promise<SettleReply> {
  if (batch.settlements.length <= MOST_PER_CALL) return settlePart(session, batch);
  const { claim: _claimsAtTheEnd, ...withoutClaim } = batch;
  const head = await settlePart(session, {
    ...withoutClaim,
    settlements: batch.settlements.slice(0, MOST_PER_CALL),
  });
  const rest = await settleBatch(session, { ...batch, settlements: batch.settlements.slice(MOST_PER_CALL) });
  return { ...rest, settled: [...head.settled, ...rest.settled] };
}

function settlePart(session: Session, batch: SettleBatch): Promise<SettleReply> {
  const root = session.keys.root(batch.task);
  const settlements: ScriptArgument[] = [];
  for (const settlement of batch.settlements) {
    settlements.push(settlement.id, settlement.fence, settlement.event, settlementData(settlement));
  }
  const leaseMs = batch.claim === undefined ? 0 : clampInteger(batch.claim.leaseMs, 1, MOST_MS);
  const count = clampInteger(batch.claim?.count ?? 0, 0, MOST_PER_CALL);
  const { retention } = batch;
  return session.runner.repeat(() =>
    session.ledger.claim(`${root}${batch.lease}`, async (seen) => {
      const [statuses, claim] = await session.runner.once(settleScript, root, [
        batch.lease,
        leaseMs,
        count,
        seen,
        keptCount(retention, "completed"),
        keptCount(retention, "failed"),
        keptCount(retention, "cancelled"),
        ...settlements,
      ]);
      const outcome = toClaimOutcome(batch.task, claim);
      return { ...outcome, reply: { ...outcome.reply, settled: readStatuses(statuses) } };
    }),
  );
}

function settlementData(settlement: Settlement): ScriptArgument {
  switch (settlement.event) {
    case "complete":
      return settlement.result === undefined ? "" : resultData(settlement.result);
    case "retry":
      return `${clampInteger(settlement.delayMs, 0, MOST_MS)}:${JSON.stringify(settlement.error)}`;
    case "fail":
      return JSON.stringify(settlement.error);
    case "cancel":
      return settlement.reason;
    case "release":
      return settlement.delayMs === undefined ? "" : clampInteger(settlement.delayMs, 0, MOST_MS);
  }
}

/** A result with its letter, as scripts keep it. */
export function resultData(result: Encoded): ScriptArgument {
  if (typeof result === "string") return SECTION_LETTERS.resultText + result;
  return Buffer.concat([Buffer.from(SECTION_LETTERS.resultBytes), result]);
}

const STATUS_OF_LETTER: Readonly<Record<string, SettleStatus>> = {
  a: "applied",
  c: "cancelled",
  s: "stale",
  m: "missing",
};

function readStatuses(letters: Buffer): SettleStatus[] {
  return Array.from(letters.toString("latin1"), (letter) => STATUS_OF_LETTER[letter] ?? "missing");
}

/** As `Adapter.renew`. */
export async function renewLeases(
  session: Session,
  requests: readonly RenewRequest[],
): Promise<readonly RenewReply[]> {
  const calls = session.runner.link.inOneWrite(() => requests.map((request) => renewOne(session, request)));
  return Promise.all(calls);
}

async function renewOne(session: Session, request: RenewRequest): Promise<RenewReply> {
  const [lost, pairs] = await session.runner.run(renewScript, session.keys.root(request.task), [
    request.lease,
    clampInteger(request.leaseMs, 1, MOST_MS),
    request.held === undefined ? 0 : 1,
    ...(request.held ?? []),
  ]);
  const cancelled: { readonly id: string; readonly reason: string }[] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    cancelled.push({ id: String(pairs[index]), reason: String(pairs[index + 1]) });
  }
  return { lost: lost === 1, cancelled };
}
