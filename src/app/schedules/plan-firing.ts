/** Decides which slots of an overdue schedule fire, and which pass. */
import type { FireRequest, ScheduledJob, StoredSchedule } from "../../core/schedule-store.js";
import { type JobTemplate, mostCaughtUp, readPlan, type SchedulePlan, slotsOf } from "./schedule-plan.js";

/**
 * How late the newest slot may be and still count as on time: as long as it may take to notice that a process died,
 * so that a slot which a dying process leaves behind is fired by another one whatever its policy.
 */
const GRACE_MS = 10_000;
/** Steps of one schedule in one call; what is left follows in the next. */
const MOST_STEPS = 100;

/** What is to be done about an overdue schedule. */
export interface Firing {
  readonly requests: readonly FireRequest[];
  /** More slots were missed than its policy may ever catch up with. */
  readonly isTooFarBehind: boolean;
}

/** What is known where a schedule fires. */
export interface FiringSite {
  /** The store's time. */
  readonly now: number;
  /** What the jobs of a schedule are that does not say. */
  templateOf(stored: StoredSchedule): JobTemplate;
}

/**
 * @throws {TaskoraError} `SCHEDULE_BROKEN`, `CRON_INVALID`, `TIME_ZONE_INVALID` when the plan makes no sense here
 */
export function planFiring(stored: StoredSchedule, site: FiringSite): Firing {
  const { now } = site;
  const plan = readPlan(stored);
  const slots = slotsOf(plan);
  const from = stored.nextSlotAt ?? now;
  const most = mostCaughtUp(plan.rules.onMissed);
  const { slots: newest, hasOlder } = slots.newest({ from, until: now, limit: most ?? 1 });
  const firing = newest.filter((slot) => most !== undefined || slot > now - GRACE_MS).slice(0, MOST_STEPS);
  const after = (slot: number) => newest[newest.indexOf(slot) + 1] ?? slots.after(now);
  const base = { name: stored.name, task: stored.task, revision: stored.revision };
  const next = (slot: number | undefined) => (slot === undefined ? {} : { nextSlotAt: slot });
  if (firing.length === 0) {
    const passing = { ...base, expectedSlotAt: from, ...next(slots.after(now)) };
    return { requests: [passing], isTooFarBehind: false };
  }
  const requests = firing.map((slot, index): FireRequest => {
    const fire = {
      slotAt: slot,
      job: slotJob(stored, { plan, slot, site }),
      overlap: plan.rules.overlap,
      ...(plan.rules.limit === undefined ? {} : { limit: plan.rules.limit }),
    };
    return { ...base, expectedSlotAt: index === 0 ? from : slot, fire, ...next(after(slot)) };
  });
  return { requests, isTooFarBehind: hasOlder && plan.rules.onMissed === "catch-up" };
}

/** The job of a slot. Its id says which, so that no slot ever has two. */
function slotJob(
  stored: StoredSchedule,
  { plan, slot, site }: { readonly plan: SchedulePlan; readonly slot: number; readonly site: FiringSite },
): ScheduledJob {
  const id = `${stored.name}@${slot}`;
  const { jitter } = plan.rules;
  return {
    ...(plan.job ?? site.templateOf(stored)),
    task: stored.task,
    id,
    payload: stored.payload,
    ...(jitter === 0 ? {} : { dueAt: slot + (hashOf(id) % (jitter + 1)) }),
  };
}

/** @see FNV-1a, 32 bits: Fowler, Noll and Vo, 1991; with the finalizer of MurmurHash3, since slots differ by little */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
