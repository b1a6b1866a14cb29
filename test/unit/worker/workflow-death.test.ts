/** How late the next step of a workflow begins when the process that ended the one before dies between two hops. */
import { chain } from "taskora/workflow";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CRASH_POINTS, type CrashHook, type CrashPoint } from "../../../src/core/workflow/courier.js";
import { VirtualWorld } from "../../support/virtual-world.js";

/** Before the graph has moved, whoever looks finds the end. When it has, the step that is missing is made again after 3 s. */
const LATE_MS: Readonly<Record<CrashPoint, number>> = {
  taken: 2000,
  advanced: 3000,
  "partly carried": 0,
  carried: 0,
  acknowledged: 0,
};

let world: VirtualWorld;

beforeEach(() => {
  world = new VirtualWorld();
});

afterEach(() => world.close());

describe("a process that dies after it has ended a step", () => {
  it.each(CRASH_POINTS)(
    "lets the next step begin by the next heartbeat, or after 3 s (%s)",
    async (point) => {
      const [doomed, other] = [world.drive(), world.drive()];
      const begun: number[] = [];
      let diedAt: number | undefined;
      const { crash } = doomed.store.adapter as unknown as { readonly crash: CrashHook };
      crash.at = (reached) => {
        if (reached !== point || diedAt !== undefined) return;
        diedAt = world.clock.monotonic();
        doomed.store.always("silent", "claim", "settle", "renew", "sweep", "survey", "insert");
        throw new Error("died");
      };
      doomed.app.task("first", () => 1);
      const first = other.app.register({ name: "first", version: 1 });
      const second = other.app.task("second", () => void begun.push(world.clock.monotonic()));
      await doomed.app.start();
      await other.app.start();
      await world.clock.advance(1000);
      await other.app.workflow(chain(first.step(null), second.nextStep()));
      await world.clock.advance(6000);
      expect(begun).toHaveLength(1);
      expect((begun[0] ?? 0) - (diedAt ?? Number.NaN)).toBeLessThanOrEqual(LATE_MS[point] + 50);
      world.takeErrorCodes();
    },
  );
});
