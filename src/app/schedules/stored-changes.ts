/** Changes stored schedules: read, work out, write from the revision that was read, and again when it was another. */
import { TaskoraError } from "../../core/errors.js";
import type { Encoded } from "../../core/job.js";
import type { ScheduleStore, ScheduleWrite, StoredSchedule } from "../../core/schedule-store.js";
import { isSameTiming, isSpent, readPlan, type SchedulePlan, slotsOf } from "./schedule-plan.js";

/** What a schedule shall be; the rest of it follows from what is stored. */
export interface WantedSchedule {
  readonly task: string;
  readonly payload: Encoded;
  readonly plan: Omit<SchedulePlan, "anchorAt">;
}

/** Works out one schedule. `undefined`: it stays as it is. */
export type ScheduleChange = (stored: StoredSchedule | undefined) => WantedSchedule | undefined;

/** Names in one call. */
const MOST_AT_ONCE = 500;
/** Lost races before it gives up: each means that somebody else changed the schedule. */
const MOST_TRIES = 50;

/**
 * Changes schedules by name. The next slot stays while the times do; else it is the first on the new times.
 *
 * @returns the names that were written
 * @throws whatever a change throws, before anything of its call is written
 */
export async function changeStored(
  store: ScheduleStore,
  changes: ReadonlyMap<string, ScheduleChange>,
): Promise<readonly string[]> {
  const written: string[] = [];
  let names = [...changes.keys()];
  for (let tries = 0; names.length > 0; tries++) {
    if (tries > MOST_TRIES + changes.size / MOST_AT_ONCE) throw contended(names[0] ?? "");
    const some = names.slice(0, MOST_AT_ONCE);
    const { now, schedules } = await store.read(some);
    const writes = some.flatMap((name, index) => {
      const stored = schedules[index];
      const wanted = changes.get(name)?.(stored);
      return wanted === undefined ? [] : [writeOf(wanted, { name, stored, now })];
    });
    const replies = writes.length === 0 ? [] : await store.write(writes);
    const stale = writes.filter((_, index) => replies[index]?.status === "stale").map(({ name }) => name);
    written.push(...writes.map(({ name }) => name).filter((name) => !stale.includes(name)));
    names = [...stale, ...names.slice(MOST_AT_ONCE)];
  }
  return written;
}

function writeOf(
  { task, payload, plan: wanted }: WantedSchedule,
  at: { readonly name: string; readonly stored: StoredSchedule | undefined; readonly now: number },
): ScheduleWrite {
  const { name, stored, now } = at;
  const before = planOf(stored);
  const plan: SchedulePlan = { ...wanted, anchorAt: before?.anchorAt ?? now };
  const nextSlotAt = nextSlot(plan, { before, stored, now });
  return {
    name,
    expectedRevision: stored?.revision ?? 0,
    task,
    plan: JSON.stringify(plan),
    payload,
    ...(nextSlotAt === undefined ? {} : { nextSlotAt }),
  };
}

function nextSlot(
  plan: SchedulePlan,
  known: {
    readonly before: SchedulePlan | undefined;
    readonly stored: StoredSchedule | undefined;
    readonly now: number;
  },
): number | undefined {
  const { before, stored, now } = known;
  if (plan.paused) return undefined;
  if (isSpent(plan, stored ?? {})) return undefined;
  const goesOn = before !== undefined && !before.paused && isSameTiming(before.timing, plan.timing);
  const next = stored?.nextSlotAt;
  if (goesOn && next !== undefined) return next <= (plan.timing.endAt ?? next) ? next : undefined;
  // A slot that was fired never comes again, even when the store's clock has gone back.
  return slotsOf(plan).after(Math.max(now, stored?.lastSlotAt ?? 0));
}

/** A stored plan that cannot be read counts as none: what replaces it starts afresh. */
export function planOf(stored: StoredSchedule | undefined): SchedulePlan | undefined {
  if (stored === undefined) return undefined;
  try {
    return readPlan(stored);
  } catch (error) {
    if (error instanceof TaskoraError) return undefined;
    throw error;
  }
}

function contended(name: string): TaskoraError {
  return new TaskoraError(
    "SCHEDULE_CONFLICT",
    `Schedule ${name} was not changed: others changed it ${MOST_TRIES} times meanwhile. ` +
      "Look for a loop that updates it.",
  );
}
