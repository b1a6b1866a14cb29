import { describe, expect, it } from "vitest";
import {
  canHappen,
  FINAL_STATES,
  isFinalState,
  JOB_STATES,
  LIFECYCLE,
  type LifecycleEvent,
  type LifecycleRow,
  move,
} from "../../../src/core/lifecycle.js";

const EVENTS = Object.keys(LIFECYCLE) as LifecycleEvent[];
const rows: readonly (readonly [LifecycleEvent, LifecycleRow])[] = EVENTS.map((event) => [
  event,
  LIFECYCLE[event],
]);

describe("the lifecycle table", () => {
  it("has the eight states, four of them final", () => {
    expect(JOB_STATES).toHaveLength(8);
    expect(JOB_STATES.filter(isFinalState)).toEqual([...FINAL_STATES]);
  });

  it("names known states only, none twice in a row", () => {
    const known = new Set<string>([...JOB_STATES, "none"]);
    for (const [event, { from, to, note }] of rows) {
      expect(
        [...from, ...to].filter((state) => !known.has(state)),
        event,
      ).toEqual([]);
      expect(new Set(from).size, event).toBe(from.length);
      expect(new Set(to).size, event).toBe(to.length);
      expect(note.length, event).toBeGreaterThan(10);
    }
  });

  it("leads into every state and out of it again", () => {
    for (const state of JOB_STATES) {
      expect(
        rows.some(([, { to }]) => to.includes(state)),
        `into ${state}`,
      ).toBe(true);
      expect(
        rows.some(([, { from }]) => from.includes(state)),
        `out of ${state}`,
      ).toBe(true);
    }
  });

  it("leaves a final state by reviving, pruning and removing only", () => {
    for (const state of FINAL_STATES) {
      const ways = EVENTS.filter((event) => canHappen(event, state));
      expect(
        ways.filter((event) => !["revive", "prune", "remove"].includes(event)),
        state,
      ).toEqual([]);
    }
    expect(EVENTS.filter((event) => canHappen(event, "completed"))).toEqual(["prune", "remove"]);
  });

  it("makes a job active by a claim only, and lets every way out of active end the claim", () => {
    expect(rows.filter(([, { to }]) => to.includes("active")).map(([event]) => event)).toEqual(["claim"]);
    expect(EVENTS.filter((event) => canHappen(event, "active")).sort()).toEqual(
      ["cancel", "complete", "fail", "reclaim", "release", "retry"].sort(),
    );
  });

  it("can bring every job to an end from every state", () => {
    const reached = new Set<string>(FINAL_STATES);
    for (let grown = true; grown; ) {
      grown = false;
      for (const [, { from, to }] of rows) {
        if (!to.some((state) => reached.has(state))) continue;
        for (const state of from) {
          if (reached.has(state)) continue;
          reached.add(state);
          grown = true;
        }
      }
    }
    expect([...reached].sort()).toEqual([...JOB_STATES, "none"].sort());
  });
});

describe("move", () => {
  it("allows exactly the table's moves", () => {
    const states = [...JOB_STATES, "none"] as const;
    for (const [event, row] of rows) {
      for (const from of states) {
        for (const to of states) {
          const isAllowed = row.from.includes(from) && row.to.includes(to);
          if (isAllowed) expect(move(event, from, to)).toBe(to);
          else expect(() => move(event, from, to)).toThrow(`no move ${from} → ${to} by ${event}`);
        }
      }
    }
  });
});
