/**
 * Which task has the schedule of a name. A schedule lives in its task's slot; under the root of names there is only an
 * index, name → claim (a number that rises, and a task). What two slots hold is never changed in one step, so:
 *
 * - A new schedule: claim the name, then write. A name is free when nobody holds it; where the holder's task turns out to
 *   have no such schedule, the claim is void there from now on, and another one takes its place.
 * - One that moves to another task: leave the old task, which keeps it as a move; arrive in the new one; claim the name
 *   for it; forget the move. It fires in one task at most, and whoever meets a move carries on with it.
 * - One that is removed: remove it, then forget the claim, unless there is another one by now.
 */
import type { ScheduleWrite } from "../../core/schedule-store.js";
import { decodeMove, encodeSchedule, type ScheduleMove } from "../codec/schedule-record.js";
import type { ScriptArgument } from "../script.js";
import {
  scheduleArriveScript,
  scheduleClaimScript,
  scheduleFindScript,
  scheduleForgetScript,
  scheduleLeaveScript,
  scheduleLeftScript,
  scheduleReadScript,
  scheduleVoidScript,
} from "../scripts.generated.js";
import type { Session } from "../session.js";

/** Who holds a name. */
export interface Claim {
  readonly task: string;
  /** As it is stored. */
  readonly text: string;
}

/** What a task has under a name. */
export interface StoredParts {
  readonly record: Buffer;
  readonly runs: Buffer;
  readonly move: ScheduleMove | undefined;
}

/** A claim that was asked for: its number, and who holds the name in its place; undefined: it stands. */
export interface Claiming {
  readonly number: number;
  readonly holder: Claim | undefined;
}

interface NameRequest {
  readonly name: string;
  readonly task: string;
  /** The claim whose place it takes. */
  readonly instead?: Claim | undefined;
  /** The number of the claim shall be higher. */
  readonly above?: number;
}

/** Reads a claim; undefined for none. */
export function toClaim(text: Buffer | string | null | undefined): Claim | undefined {
  const stored = String(text ?? "");
  const blank = stored.indexOf(" ");
  return blank < 1 ? undefined : { task: stored.slice(blank + 1), text: stored };
}

/** Who holds these names, and the store's time. */
export async function findNames(
  session: Session,
  names: readonly string[],
): Promise<{ readonly now: number; readonly claims: readonly (Claim | undefined)[] }> {
  const [now, claims] = await session.runner.run(scheduleFindScript, session.keys.schedules, names);
  return { now, claims: claims.map(toClaim) };
}

/** Claims names where they are free, in order. */
export async function claimNames(
  session: Session,
  requests: readonly NameRequest[],
): Promise<readonly Claiming[]> {
  if (requests.length === 0) return [];
  const args = requests.flatMap(({ name, task, instead, above = 0 }): ScriptArgument[] => [
    name,
    task,
    instead?.text ?? "",
    above,
  ]);
  const parts = await session.runner.run(scheduleClaimScript, session.keys.schedules, args);
  return requests.map((_, index) => ({
    number: Number(String(parts[2 * index])),
    holder: toClaim(parts[2 * index + 1]),
  }));
}

/** Forgets claims whose schedules are gone, unless others have taken their places. */
export async function forgetNames(
  session: Session,
  gone: readonly { readonly name: string; readonly claim: Claim; readonly lastRevision: number }[],
): Promise<void> {
  if (gone.length === 0) return;
  const args = gone.flatMap(({ name, claim, lastRevision }) => [name, claim.text, lastRevision]);
  await session.runner.run(scheduleForgetScript, session.keys.schedules, args);
}

/** A claim on a name that nobody has a schedule of; undefined when somebody has. */
export async function claimName(
  session: Session,
  { name, task }: ScheduleWrite,
): Promise<number | undefined> {
  let request: NameRequest = { name, task };
  for (;;) {
    const [claiming] = await claimNames(session, [request]);
    if (claiming === undefined || claiming.holder === undefined) return claiming?.number;
    const { holder, number } = claiming;
    const [isFree, last] = await session.runner.run(scheduleVoidScript, session.keys.root(holder.task), [
      name,
      number,
    ]);
    if (isFree === 0) return undefined;
    request = { name, task, instead: holder, above: last };
  }
}

/** What some schedules of one task hold. */
export async function readParts(
  session: Session,
  task: string,
  names: readonly string[],
): Promise<readonly StoredParts[]> {
  const parts = await session.runner.run(scheduleReadScript, session.keys.root(task), names);
  return names.map((_, index) => {
    const [record, runs, move] = parts.slice(3 * index, 3 * index + 3) as [Buffer, Buffer, Buffer];
    return { record, runs, move: decodeMove(move) };
  });
}

/** Takes a schedule to the task of its write. Returns its revision there; undefined when another one is stored. */
export async function moveSchedule(session: Session, write: ScheduleWrite): Promise<number | undefined> {
  const { name, task, expectedRevision, plan, payload, nextSlotAt } = write;
  const [claiming] = await claimNames(session, [{ name, task }]);
  const holder = claiming?.holder;
  // Nobody holds the name, or this task does, which has no schedule of it.
  if (claiming === undefined || holder === undefined) return undefined;
  await session.runner.run(scheduleLeaveScript, session.keys.root(holder.task), [
    name,
    expectedRevision,
    claiming.number,
    task,
    encodeSchedule(plan, payload),
    nextSlotAt ?? "",
  ]);
  const [parts] = await readParts(session, holder.task, [name]);
  if (parts?.move === undefined) return undefined;
  const revision = await finishMove(session, { name, holder, parts });
  return parts.move.claim === claiming.number ? revision : undefined;
}

/** A schedule that was met on its way. */
interface MetMove {
  readonly name: string;
  readonly holder: Claim;
  readonly parts: StoredParts;
}

/** Takes a schedule that has left its task to the other one. Returns its revision there; undefined: it is gone again. */
export async function finishMove(
  session: Session,
  { name, holder, parts: { move, runs } }: MetMove,
): Promise<number | undefined> {
  if (move === undefined) return undefined;
  const { above, claim, nextSlotAt, task, record } = move;
  const revision = await session.runner.run(scheduleArriveScript, session.keys.root(task), [
    session.keys.schedulesChanged,
    name,
    above,
    String(claim),
    record,
    nextSlotAt === 0 ? "" : nextSlotAt,
    runs,
  ]);
  if (revision > 0) await claimNames(session, [{ name, task, instead: holder }]);
  await session.runner.run(scheduleLeftScript, session.keys.root(holder.task), [name, claim]);
  return revision === 0 ? undefined : revision;
}
