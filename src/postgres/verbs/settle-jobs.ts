/** Ends claims and takes the next jobs, in one statement per task. */
import type {
  RenewReply,
  RenewRequest,
  SettleBatch,
  Settlement,
  SettleReply,
  SettleStatus,
} from "../../core/adapter.js";
import type { StoredError } from "../../core/errors.js";
import { plainText, toColumns } from "../codec/encoded.js";
import { answerOf } from "../connection/database.js";
import { countsOf, type Session } from "../session.js";
import { ENDS } from "../sql/letters.js";
import { claimOne } from "./claim-jobs.js";

/** Most settlements of one statement. */
const MAX_SETTLED = 1000;

/** The types are for those who can send texts alone. */
const SETTLE = `@@settle($1::text, $2::text, $3::text[], $4::bigint[], $5::"char"[], $6::bigint[], $7::text[], $8::bytea[],
  $9::integer[], $10::bigint[], $11::bigint[])`;
const SETTLE_ALONE = `select ${SETTLE} as prior`;
const SETTLE_AND_CLAIM = `
  select c.* from (select ${SETTLE} as prior) s
  cross join lateral @@claim($1, $2, $12, $13, false, $14, $15::bigint[], s.prior) c`;

/** What `settle` answers. */
interface Settled {
  readonly settled: string | null;
  readonly lost: boolean;
  readonly due?: number | null;
  readonly released?: boolean;
  /** Some may have left room at a gate. */
  readonly freed?: boolean;
  readonly mail?: readonly string[] | null;
  readonly workflows?: readonly string[] | null;
  readonly trimmed?: readonly (number | null)[] | null;
}

const STATUS: Readonly<Record<string, SettleStatus>> = {
  a: "applied",
  c: "cancelled",
  s: "stale",
  m: "missing",
};

export function settleJobs(
  session: Session,
  batches: readonly SettleBatch[],
): Promise<readonly SettleReply[]> {
  return Promise.all(batches.map((batch) => settleOne(session, batch)));
}

/** The last part of a long batch brings the next jobs. */
async function settleOne(session: Session, batch: SettleBatch): Promise<SettleReply> {
  const parts = partsOf(batch.settlements);
  const settled: SettleStatus[] = [];
  for (const settlements of parts.slice(0, -1)) {
    const { claim: _later, ...rest } = batch;
    settled.push(...(await settlePart(session, { ...rest, settlements })).settled);
  }
  const last = await settlePart(session, { ...batch, settlements: parts.at(-1) ?? [] });
  return { ...last, settled: [...settled, ...last.settled] };
}

async function settlePart(session: Session, batch: SettleBatch): Promise<SettleReply> {
  const { task, lease, claim } = batch;
  const after = session.trims.begin(batch);
  const values = valuesOf(batch, after);
  const ended = (prior: Settled) => {
    session.trims.dropped(task, after ?? [], prior.trimmed);
    tell(session, batch, prior);
  };
  if (claim === undefined) {
    const prior = await answerOf<Settled>(session.database, SETTLE_ALONE, values);
    ended(prior);
    const due = prior.due ?? undefined;
    const next = due === undefined ? {} : { nextDueInMs: due };
    return { jobs: [], lost: prior.lost, ...next, settled: statusesOf(prior) };
  }
  const { head, ...reply } = await claimOne(
    session,
    { task, lease, ...claim },
    ([, , leaseMs, count, , version, parts]) =>
      session.database.rows(SETTLE_AND_CLAIM, [...values, leaseMs, count, version, parts]),
  );
  const prior = head.prior as Settled;
  ended(prior);
  return { ...reply, settled: statusesOf(prior) };
}

/** Those who wait look for what was given back, also for newer workers. */
function tell(session: Session, batch: SettleBatch, { mail, released, freed, workflows }: Settled): void {
  const { task, settlements, claim } = batch;
  const reaches = settlements.some((each) => each.event === "release" && each.newer?.reach !== undefined);
  // Who claims as well looks after the room himself.
  const leaves = freed === true && claim === undefined;
  session.signals.tell({
    mail,
    workflows,
    ...(released === true || reaches || leaves ? { work: [task] } : {}),
  });
}

function statusesOf({ settled }: Settled): readonly SettleStatus[] {
  return [...(settled ?? "")].map((letter) => STATUS[letter] ?? "missing");
}

/** A job that is settled twice in a call is settled in two parts, in order. */
function partsOf(settlements: readonly Settlement[]): readonly (readonly Settlement[])[] {
  const parts: Settlement[][] = [[]];
  let ids = new Set<string>();
  for (const settlement of settlements) {
    const isFull = ids.size >= MAX_SETTLED || ids.has(settlement.id);
    if (isFull) {
      parts.push([]);
      ids = new Set();
    }
    ids.add(settlement.id);
    parts.at(-1)?.push(settlement);
  }
  return parts;
}

function valuesOf(batch: SettleBatch, after: readonly number[] | null): readonly unknown[] {
  const { task, lease, settlements, retention } = batch;
  const ends = settlements.map(endOf);
  return [
    ...[task, lease, settlements.map(({ id }) => plainText(id)), settlements.map(({ fence }) => fence)],
    settlements.map(({ event }) => ENDS[event]),
    ends.map(({ delayMs }) => Math.round(delayMs)),
    ends.map(({ text }) => text),
    ends.map(({ bytes }) => bytes),
    ends.map(({ newer }) => newer),
    countsOf(retention),
    after,
  ];
}

interface End {
  readonly text: string | null;
  readonly bytes: Buffer | null;
  readonly delayMs: number;
  readonly newer: number | null;
}

const NOTHING: End = { text: null, bytes: null, delayMs: 0, newer: null };

function endOf(settlement: Settlement): End {
  switch (settlement.event) {
    case "complete":
      return { ...NOTHING, ...toColumns(settlement.result) };
    case "fail":
      return { ...NOTHING, text: jsonOf(settlement.error) };
    case "retry":
      return { ...NOTHING, text: jsonOf(settlement.error), delayMs: Math.max(0, settlement.delayMs) };
    case "cancel":
      return { ...NOTHING, text: plainText(settlement.reason) };
    case "release":
      return {
        ...NOTHING,
        delayMs: Math.max(0, settlement.delayMs ?? 0),
        newer: settlement.newer?.version ?? null,
      };
  }
}

function jsonOf(error: StoredError): string {
  return JSON.stringify(error);
}

/** What `renew` answers. */
interface Renewed extends RenewReply {
  readonly unknown: readonly { readonly id: string; readonly fence: number }[];
}

const KEEP_ALL = Object.fromEntries(
  (["completed", "failed", "cancelled", "expired"] as const).map((state) => [
    state,
    { ageMs: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY },
  ]),
) as SettleBatch["retention"];

export function renewLeases(
  session: Session,
  requests: readonly RenewRequest[],
): Promise<readonly RenewReply[]> {
  return Promise.all(requests.map((request) => renewOne(session, request)));
}

/** Claims that their holder does not know of are given back: the answer that told of them was lost. */
async function renewOne(session: Session, { task, lease, leaseMs, held }: RenewRequest): Promise<RenewReply> {
  const known =
    held === undefined
      ? null
      : JSON.stringify(Object.fromEntries(held.map(({ id, fence }) => [`${fence}:${id}`, 1])));
  const { lost, cancelled, unknown } = await answerOf<Renewed>(
    session.database,
    "select @@renew($1, $2, $3, $4::jsonb)",
    [...[task, lease, Math.round(leaseMs), known]],
  );
  if (unknown.length === 0) return { lost, cancelled };
  // Those that are cancelled instead end as if each had been given back, last claimed first.
  const settlements = [...unknown].reverse().map((claim) => ({ ...claim, event: "release" as const }));
  await settleOne(session, { task, lease, retention: KEEP_ALL, settlements });
  const isLeft = (id: string) => !unknown.some((claim) => claim.id === id);
  return { lost, cancelled: cancelled.filter(({ id }) => isLeft(id)) };
}
