/** What a claim learned from the answer of a script, and where it gets the payloads that stand beside their records. */

import type { ClaimedJob, ClaimReply, ClaimRequest } from "../../core/adapter.js";
import { isBeside, toClaimedJob } from "../codec/job-record.js";
import { splitIds } from "../codec/joined.js";
import type { Session } from "../session.js";
import type { ClaimOutcome } from "./claim-ledger.js";
import type { RawClaim } from "./raw-claim.js";

/** Who claims, and for which task. */
type Claimer = Pick<ClaimRequest, "task" | "lease">;

/** Payloads of claimed jobs by their place in the answer; undefined: it is gone. */
type Payloads = ReadonlyMap<number, Buffer | undefined>;

const NONE: Payloads = new Map();

/** What was claimed; a promise when large payloads are still to be read, which fails as a claim whose answer is lost. */
export function toClaimOutcome(
  session: Session,
  claimer: Claimer,
  raw: RawClaim,
): ClaimOutcome<ClaimReply> | Promise<ClaimOutcome<ClaimReply>> {
  const { 3: ids, 4: records } = raw;
  if (!records.some(isBeside)) return outcomeOf(claimer, raw, NONE);
  return readPayloads(session, claimer.task, splitIds(ids, records.length), records).then((payloads) =>
    outcomeOf(claimer, raw, payloads),
  );
}

async function readPayloads(
  { keys, runner }: Session,
  task: string,
  ids: readonly string[],
  records: readonly Buffer[],
): Promise<Payloads> {
  const places = [...records.keys()].filter((place) => isBeside(records[place] as Buffer));
  const args = [keys.key(task, "payloads"), ...places.map((place) => ids[place] as string)];
  const found = (await runner.link.send("HMGET", args)) as readonly (Buffer | null)[];
  return new Map(places.map((place, nth) => [place, found[nth] ?? undefined]));
}

/** Written so that it costs little when it has not run for a while: no iterators, and one object for what nearly all answers say. */
function outcomeOf(claimer: Claimer, raw: RawClaim, payloads: Payloads): ClaimOutcome<ClaimReply> {
  const { 0: lost, 1: nextDueInMs, 2: fence, 3: ids, 4: records, 5: recovered, 6: unseen, 7: now } = raw;
  const jobs = recovered.length === 0 ? [] : readRecovered(claimer, recovered);
  let highestFence = jobs.reduce((highest, job) => Math.max(highest, job.fence), 0);
  if (records.length > 0) {
    readClaimed(jobs, { ...claimer, ids: splitIds(ids, records.length), records, fence, payloads });
    highestFence = Math.max(highestFence, fence + records.length - 1);
  }
  const reply: { -readonly [Key in keyof ClaimReply]: ClaimReply[Key] } = { jobs, lost: lost === 1 };
  if (jobs.length > 0) reply.now = now;
  if (nextDueInMs >= 0) reply.nextDueInMs = nextDueInMs;
  if (raw[8] === 1) reply.hasSuspects = true;
  return { reply, highestFence, unseen };
}

/** @param recovered id, record and fence of each */
function readRecovered({ task, lease }: Claimer, recovered: readonly Buffer[]): ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  for (let index = 0; index + 2 < recovered.length; index += 3) {
    const [id, raw, fence] = recovered.slice(index, index + 3);
    if (id !== undefined && raw !== undefined) {
      jobs.push(toClaimedJob(raw, { task, id: id.toString("utf8"), fence: Number(String(fence)), lease }));
    }
  }
  return jobs;
}

interface ClaimedRecords extends Claimer {
  readonly ids: readonly string[];
  readonly records: readonly Buffer[];
  readonly payloads: Payloads;
  /** Of the first; each of the others has the next one. */
  readonly fence: number;
}

function readClaimed(
  jobs: ClaimedJob[],
  { task, lease, ids, records, payloads, fence }: ClaimedRecords,
): void {
  for (let index = 0; index < records.length; index++) {
    const of = { task, id: ids[index] as string, fence: fence + index, lease };
    jobs.push(toClaimedJob(records[index] as Buffer, of, payloads.get(index)));
  }
}
