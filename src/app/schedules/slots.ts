/** The times at which a schedule fires, worked out anew whenever they are needed: nothing of it is kept. */
import { Cron } from "croner";
import { cronInvalid, timeZoneInvalid } from "../../core/schedule-errors.js";

/** The slots of one schedule. Times are ms since the epoch. */
export interface Slots {
  /** The first slot after `at`; undefined: none comes any more. */
  after(at: number): number | undefined;
  /** The newest slots of a stretch of time, oldest first. */
  newest(stretch: SlotStretch): NewestSlots;
}

/** From `from` to `until`, both included; at most `limit` slots are wanted. */
export interface SlotStretch {
  readonly from: number;
  readonly until: number;
  readonly limit: number;
}

export interface NewestSlots {
  readonly slots: readonly number[];
  /** Whether the stretch has older slots too. */
  readonly hasOlder: boolean;
}

/** Slots on a grid through `anchorAt`, `everyMs` apart; the first is one distance after the anchor. */
export function intervalSlots(everyMs: number, anchorAt: number): Slots {
  const nth = (at: number) => Math.floor((at - anchorAt) / everyMs);
  return {
    after: (at) => anchorAt + Math.max(1, nth(at) + 1) * everyMs,
    newest({ from, until, limit }) {
      const first = Math.max(1, nth(from - 1) + 1);
      const last = nth(until);
      const oldest = Math.max(first, last - limit + 1);
      const count = Math.max(0, last - oldest + 1);
      return {
        slots: Array.from({ length: count }, (_, index) => anchorAt + (oldest + index) * everyMs),
        hasOlder: count > 0 && oldest > first,
      };
    },
  };
}

/** Slots of others that lie within bounds, both included. */
export function within(
  slots: Slots,
  { startAt = 0, endAt = Number.POSITIVE_INFINITY }: { readonly startAt?: number; readonly endAt?: number },
): Slots {
  return {
    after(at) {
      const slot = slots.after(Math.max(at, startAt - 1));
      return slot === undefined || slot > endAt ? undefined : slot;
    },
    newest: ({ from, until, limit }) =>
      slots.newest({ from: Math.max(from, startAt), until: Math.min(until, endAt), limit }),
  };
}

/** Five to seven fields, or a nickname. */
const CRON_FORM = /^\s*(@[a-z]+|\S+(\s+\S+){4,6})\s*$/i;

/**
 * Slots of a cron expression. A time that the clocks skip in spring happens when they have gone forward; one that
 * comes twice in autumn happens once, unless the expression has a `*` or a range for the hour.
 *
 * @throws {TaskoraError} `CRON_INVALID`, `TIME_ZONE_INVALID`
 */
export function cronSlots(cron: string, timezone: string): Slots {
  requireTimeZone(timezone);
  const parsed = parseCron(cron, timezone);
  return {
    after: (at) => parsed.nextRun(new Date(at))?.getTime(),
    newest({ from, until, limit }) {
      const found = parsed
        .previousRuns(limit + 1, new Date(until + 1))
        .map((slot) => slot.getTime())
        .filter((slot) => slot >= from)
        .reverse();
      return { slots: found.slice(-limit), hasOlder: found.length > limit };
    },
  };
}

function parseCron(cron: string, timezone: string): Cron {
  if (typeof cron !== "string" || !CRON_FORM.test(cron)) throw cronInvalid(cron, "it has another form");
  try {
    return new Cron(cron.trim(), { paused: true, timezone });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, "").replace(/\.$/, "") : "";
    throw cronInvalid(cron, why, error);
  }
}

function requireTimeZone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch (error) {
    throw timeZoneInvalid(timezone, error);
  }
}
