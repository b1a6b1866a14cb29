import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planFiring } from "../../../src/app/schedules/plan-firing.js";
import { cronSlots, intervalSlots, type Slots } from "../../../src/app/schedules/slots.js";

const PATTERNS = [
  "* * * * *",
  "*/7 * * * *",
  "30 2 * * *",
  "0 */3 * * *",
  "15 1-3 * * *",
  "0 0 1 * *",
  "*/20 * * * * *",
  "30 2 * * 0",
];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
/** Around both changes of clocks in Europe and America in 2026. */
const AROUND = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"].map(
  (day) => Date.parse(day),
);

/** The slots of a stretch, found one after the other. */
function forward(slots: Slots, from: number, until: number): number[] {
  const found: number[] = [];
  for (let at = slots.after(from - 1); at !== undefined && at <= until; at = slots.after(at)) found.push(at);
  return found;
}

const stretch = fc.record({
  around: fc.constantFrom(...AROUND),
  offsetMs: fc.integer({ min: -86_400_000, max: 86_400_000 }),
  lengthMs: fc.integer({ min: 0, max: 14_400_000 }),
  limit: fc.integer({ min: 1, max: 20 }),
});

type StretchCase = typeof stretch extends fc.Arbitrary<infer Case> ? Case : never;

function expectAgreement(slots: Slots, { around, offsetMs, lengthMs, limit }: StretchCase) {
  const from = around + offsetMs;
  const until = from + lengthMs;
  const all = forward(slots, from, until);
  expect(slots.newest({ from, until, limit })).toEqual({
    slots: all.slice(-limit),
    hasOlder: all.length > limit,
  });
}

describe("slots", () => {
  it("of cron are the same looked at forward and backward, whatever the clocks do", () => {
    fc.assert(
      fc.property(fc.constantFrom(...PATTERNS), fc.constantFrom(...ZONES), stretch, (cron, zone, part) =>
        expectAgreement(cronSlots(cron, zone), part),
      ),
      { numRuns: 300, seed: 5 },
    );
  });

  it("of an interval are the same looked at forward and backward", () => {
    fc.assert(
      fc.property(fc.integer({ min: 60_000, max: 3_600_000 }), fc.integer(), stretch, (every, shift, part) =>
        expectAgreement(intervalSlots(every, part.around + (shift % 86_400_000)), part),
      ),
      { numRuns: 300, seed: 5 },
    );
  });

  it("of an interval begin one distance after the anchor", () => {
    const slots = intervalSlots(1000, 50_000);
    expect([slots.after(0), slots.after(50_000), slots.after(51_000)]).toEqual([51_000, 51_000, 52_000]);
    expect(slots.newest({ from: 0, until: 50_500, limit: 5 })).toEqual({ slots: [], hasOlder: false });
  });

  it("that never come are none", () => {
    expect(cronSlots("0 0 30 2 *", "UTC").after(0)).toBeUndefined();
  });
});

describe("planning what fires", () => {
  const templateOf = () => ({ version: 1, fingerprint: "", priority: 0 });

  it("leads through every slot of a catch-up in order, in bounded steps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2500 }), fc.constantFrom(3, 1000), (missed, limit) => {
        const rules = {
          onMissed: limit === 1000 ? "catch-up" : { limit },
          overlap: "allow",
          jitter: 0,
        };
        const plan = JSON.stringify({ timing: { every: 100 }, rules, anchorAt: 0 });
        const base = { name: "s", task: "t", revision: 1, plan, payload: "" };
        const now = 100 + missed * 100;
        const fired: number[] = [];
        let next: number | undefined = 100;
        while (next !== undefined && next <= now) {
          const { requests } = planFiring({ ...base, nextSlotAt: next }, { now, templateOf });
          expect(requests.length).toBeLessThanOrEqual(100);
          for (const request of requests) {
            expect(request.expectedSlotAt).toBe(next);
            if (request.fire !== undefined) fired.push(request.fire.slotAt);
            next = request.nextSlotAt;
          }
        }
        const all = Array.from({ length: missed + 1 }, (_, nth) => 100 + nth * 100);
        expect(fired).toEqual(all.slice(-limit));
        expect(next).toBe(now + 100);
      }),
      { numRuns: 40, seed: 5 },
    );
  });
});
