/** The verbs of a worker: claim, settle, renew. */

import type {
  ClaimReply,
  ClaimRequest,
  RenewReply,
  RenewRequest,
  SettleBatch,
  Settlement,
  SettleReply,
  SettleStatus,
} from "../../core/adapter.js";
import type { Encoded } from "../../core/job.js";
import { isJoinable } from "../codec/joined.js";
import { SECTION_LETTERS } from "../codec/record-layout.js";
import type { ScriptArgument } from "../script.js";
import { renewScript, settleScript } from "../scripts.generated.js";
import { clampInteger, MOST_MS, mostKept, type Session } from "../session.js";
import { claimFully } from "./claim-fully.js";
import type { ClaimNote, ClaimOutcome } from "./claim-ledger.js";
import { toClaimOutcome } from "./claim-outcome.js";
import { MOST_PER_CALL } from "./per-task.js";
import { claimOf, claimPlainly, type PlainSettling, settlePlainly } from "./plain-calls.js";
import type { RawClaim } from "./raw-claim.js";
import { type CompletedStep, takeCompleted, takeTold } from "./workflow-courier.js";

/** As `Adapter.claim`. */
export async function claimJobs(
  session: Session,
  requests: readonly ClaimRequest[],
): Promise<readonly ClaimReply[]> {
  const calls = session.runner.link.inOneWrite(() => requests.map((request) => claimOne(session, request)));
  return Promise.all(calls);
}

function claimOne(session: Session, request: ClaimRequest): Promise<ClaimReply> {
  const by = claimOf(session, request);
  return session.runner.repeat(() =>
    session.ledger.claim(`${by.root}${request.lease}`, async (seen) => {
      const plain = seen < 0 && request.apart !== true ? await claimPlainly(session, by) : undefined;
      return toClaimOutcome(session, request, plain ?? (await claimFully(session, request, seen)));
    }),
  );
}

/** As `Adapter.settle`. */
export async function settleJobs(
  session: Session,
  batches: readonly SettleBatch[],
): Promise<readonly SettleReply[]> {
  const [first] = batches;
  if (batches.length === 1 && first !== undefined) return [await settleBatch(session, first)];
  const calls = session.runner.link.inOneWrite(() => batches.map((batch) => settleBatch(session, batch)));
  return Promise.all(calls);
}

/** Jobs given back to the front must not be told apart by a cut, see {@link settleReleases}; so many never are. */
const MOST_RELEASED = 100;

function settleBatch(session: Session, batch: SettleBatch): Promise<SettleReply> {
  const { settlements, claim } = batch;
  if (settlements.length === 0 && claim !== undefined) return claimAlso(session, batch, []);
  const storing = settlements.length <= MOST_PER_CALL ? settleAtOnce(session, batch) : undefined;
  if (storing !== undefined) return storing;
  const isMixed = settlements.length > MOST_RELEASED && settlements.some(({ event }) => event === "release");
  return isMixed ? settleReleases(session, batch) : settleInParts(session, batch, MOST_PER_CALL);
}

/**
 * A batch that is too large for one call goes in several, the last of which claims; where the store takes on only the
 * beginning of that, more follow.
 */
async function settleInParts(session: Session, batch: SettleBatch, most: number): Promise<SettleReply> {
  const { settlements } = batch;
  const { claim, ...withoutClaim } = batch;
  const isLast = settlements.length <= most;
  const head = await (isLast
    ? settlePart(session, batch)
    : settlePart(session, { ...withoutClaim, settlements: settlements.slice(0, most) }));
  const count = head.settled.length;
  if (count === settlements.length) return head;
  const next = Math.min(MOST_PER_CALL, 2 * count);
  const others = { ...(isLast ? withoutClaim : batch), settlements: settlements.slice(count) };
  const rest = await settleInParts(session, others, next);
  const claimed = isLast && claim !== undefined ? head : rest;
  return { ...claimed, settled: [...head.settled, ...rest.settled] };
}

/** Jobs that are given back keep their order: the last go first, since each part goes to the front. */
async function settleReleases(session: Session, batch: SettleBatch): Promise<SettleReply> {
  const { claim: _claimsAtTheEnd, ...withoutClaim } = batch;
  const others = batch.settlements.filter(({ event }) => event !== "release");
  const released = batch.settlements.filter(({ event }) => event === "release");
  const statuses = new Map<Settlement, SettleStatus>();
  const note = (settlements: readonly Settlement[], reply: SettleReply) => {
    for (const [index, status] of reply.settled.entries())
      statuses.set(settlements[index] as Settlement, status);
    return reply;
  };
  if (others.length > 0) {
    note(others, await settleInParts(session, { ...withoutClaim, settlements: others }, MOST_PER_CALL));
  }
  for (let end = released.length; ; end -= MOST_RELEASED) {
    const part = released.slice(Math.max(0, end - MOST_RELEASED), end);
    const isLast = end <= MOST_RELEASED;
    const reply = await settlePart(session, { ...(isLast ? batch : withoutClaim), settlements: part });
    note(part, reply);
    if (isLast) {
      return { ...reply, settled: batch.settlements.map((each) => statuses.get(each) ?? "missing") };
    }
  }
}

/** By the scripts that know all rules, until they have done it. */
function settlePart(session: Session, batch: SettleBatch): Promise<SettleReply> {
  const by = settlingOf(session, batch);
  return session.runner.repeat(() =>
    batch.claim === undefined
      ? settleFully(session, batch, { ...by, seen: -1 }).then(({ reply }) => reply)
      : session.ledger.claim(`${by.root}${by.lease}`, (seen) => settleFully(session, batch, { ...by, seen })),
  );
}

function settlingOf(session: Session, batch: SettleBatch): PlainSettling {
  const { task, lease, claim, retention, settlements } = batch;
  return {
    root: session.keys.root(task),
    lease,
    leaseMs: claim === undefined ? 0 : clampInteger(claim.leaseMs, 1, MOST_MS),
    count: clampInteger(claim?.count ?? 0, 0, MOST_PER_CALL),
    keep: mostKept(retention, "completed"),
    items: settlementRuns(settlements),
  };
}

const NOTHING = Buffer.alloc(0);

/**
 * The usual case, completions of plain jobs over a connection that is open and has lost nothing, by the script for them and
 * with few promises. Where it turns out to be another, {@link settleInParts} does all of it: a repeated settlement is harmless.
 *
 * @returns undefined: it is another case
 */
function settleAtOnce(session: Session, batch: SettleBatch): Promise<SettleReply> | undefined {
  const { settlements, task, lease, claim } = batch;
  if (settlements.some(({ event }) => event !== "complete")) return undefined;
  const root = session.keys.root(task);
  const note = session.ledger.noteOf(`${root}${lease}`);
  if (note === undefined || session.runner.link.wire === undefined || !session.plain.isPlain(root))
    return undefined;
  return settlePlainly(session, settlingOf(session, batch)).then(
    ([isDone, steps = [], raw]) => {
      if (raw === undefined) session.plain.noteSpecial(root);
      if (isDone !== 1) return settleInParts(session, batch, MOST_PER_CALL);
      if (steps.length > 0) takeCompleted(session.courier, task, stepsAmong(settlements, steps));
      const settled = readStatuses(NOTHING, settlements.length);
      if (raw === undefined) return claimAlso(session, batch, settled);
      return withClaimed(session, batch, { raw, note, settled });
    },
    (error: unknown) => {
      if (claim !== undefined) note.failed(error);
      return settleInParts(session, batch, MOST_PER_CALL);
    },
  );
}

/** A batch that is settled, with what its claim came to. Payloads may still be on their way, and be lost there. */
function withClaimed(
  session: Session,
  batch: SettleBatch,
  by: { readonly raw: RawClaim; readonly note: ClaimNote; readonly settled: readonly SettleStatus[] },
): SettleReply | Promise<SettleReply> {
  const { raw, note, settled } = by;
  const take = ({ reply, highestFence }: ClaimOutcome<ClaimReply>) => {
    note.answered(highestFence);
    return { ...reply, settled };
  };
  const outcome = toClaimOutcome(session, batch, raw);
  if (!(outcome instanceof Promise)) return take(outcome);
  return outcome.then(take, (error: unknown) => {
    note.failed(error);
    return claimAlso(session, batch, settled);
  });
}

/** Makes the claim of a batch that has been settled without. */
async function claimAlso(
  session: Session,
  { task, lease, claim }: SettleBatch,
  settled: readonly SettleStatus[],
): Promise<SettleReply> {
  const reply =
    claim === undefined ? { jobs: [], lost: false } : await claimOne(session, { task, lease, ...claim });
  return { ...reply, settled };
}

/** By the scripts that know all rules: one ends the claims, others make new ones. */
async function settleFully(
  session: Session,
  batch: SettleBatch,
  by: PlainSettling & { readonly seen: number },
): Promise<ClaimOutcome<SettleReply>> {
  const { runner } = session;
  const { task, lease, claim, retention } = batch;
  const others = [mostKept(retention, "failed"), mostKept(retention, "cancelled")] as const;
  const args = [lease, claim === undefined ? 1 : 0, by.keep, ...others, ...by.items] as const;
  const [[statuses, putOut, lost, nextDueInMs], raw] = await Promise.all(
    runner.link.inOneWrite(() => [
      runner.onceBefore(settleScript, by.root, args),
      claim && claimFully(session, { task, lease, ...claim }, by.seen),
    ]),
  );
  takeTold(session.courier, task, putOut);
  const claimed = raw ?? ([lost, nextDueInMs, 0, NOTHING, [], [], 0, 0] as const);
  return withStatuses(
    await toClaimOutcome(session, batch, claimed),
    readStatuses(statuses, batch.settlements.length),
  );
}

function stepsAmong(settlements: readonly Settlement[], positions: readonly number[]): CompletedStep[] {
  return positions.flatMap((position) => {
    const settlement = settlements[position - 1];
    if (settlement?.event !== "complete") return [];
    const { id, result } = settlement;
    return { id, data: result === undefined ? "" : resultData(result) };
  });
}

function withStatuses(
  outcome: ClaimOutcome<ClaimReply>,
  settled: readonly SettleStatus[],
): ClaimOutcome<SettleReply> {
  return { ...outcome, reply: { ...outcome.reply, settled } };
}

/** Settlements of one kind whose fences follow one another. */
interface SettlementRun {
  /** `""` completes without a result. */
  readonly event: string;
  readonly fence: number;
  count: number;
  ids: string;
  readonly data: ScriptArgument[];
}

/**
 * What `settle` takes: like settlements in one go, since each argument costs both sides about as much as what is done
 * with it. A worker's settlements mostly follow one another, as it claimed them.
 */
function settlementRuns(settlements: readonly Settlement[]): ScriptArgument[] {
  const args: ScriptArgument[] = [];
  let run: SettlementRun | undefined;
  for (const settlement of settlements) {
    const { id, fence } = settlement;
    const data = settlementData(settlement);
    const event = settlement.event === "complete" && data === "" ? "" : settlement.event;
    if (run !== undefined && belongsTo(run, { event, fence, id })) {
      run.ids += id;
      run.count += 1;
    } else {
      if (run !== undefined) addRun(args, run);
      run = { event, fence, count: 1, ids: id, data: [] };
    }
    if (event !== "") run.data.push(data);
  }
  if (run !== undefined) addRun(args, run);
  return args;
}

/** A run's ids are told apart by their length. */
function belongsTo(
  run: SettlementRun,
  { event, fence, id }: { readonly event: string; readonly fence: number; readonly id: string },
): boolean {
  const length = run.ids.length / run.count;
  if (event !== run.event || fence !== run.fence + run.count || !isJoinable(id, length)) return false;
  return run.count > 1 || isJoinable(run.ids, length);
}

function addRun(args: ScriptArgument[], { event, count, fence, ids, data }: SettlementRun): void {
  args.push(event, count, fence, ids, ...data);
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
      return releaseData(settlement);
  }
}

function releaseData({ delayMs, newer }: Extract<Settlement, { readonly event: "release" }>): ScriptArgument {
  const delay = delayMs === undefined ? "" : clampInteger(delayMs, 0, MOST_MS);
  return newer === undefined ? delay : `${delay}:${newer.version}:${newer.reach ?? ""}`;
}

/** A result with its letter, as scripts keep it. */
export function resultData(result: Encoded): string | Buffer {
  if (typeof result === "string") return SECTION_LETTERS.resultText + result;
  return Buffer.concat([Buffer.from(SECTION_LETTERS.resultBytes), result]);
}

const STATUS_OF_LETTER: Readonly<Record<string, SettleStatus>> = {
  a: "applied",
  c: "cancelled",
  s: "stale",
  m: "missing",
};

/** No letters: each was applied. */
function readStatuses(letters: Buffer, count: number): SettleStatus[] {
  if (letters.length === 0) return new Array<SettleStatus>(count).fill("applied");
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

/** Jobs its holder does not know of are given back in parts. */
async function renewOne(session: Session, request: RenewRequest): Promise<RenewReply> {
  const [lost, pairs, unknown] = await session.runner.run(renewScript, session.keys.root(request.task), [
    request.lease,
    clampInteger(request.leaseMs, 1, MOST_MS),
    request.held === undefined ? 0 : 1,
    ...(request.held ?? []).flatMap(({ id, fence }) => [id, fence]),
  ]);
  if (unknown > 0) return renewOne(session, request);
  const cancelled: { readonly id: string; readonly reason: string }[] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    cancelled.push({ id: String(pairs[index]), reason: String(pairs[index + 1]) });
  }
  return { lost: lost === 1, cancelled };
}
