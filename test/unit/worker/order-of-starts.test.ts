/** Jobs begin in the order in which the store gave them out, whichever answer arrives first. */

import { createTaskora } from "taskora";
import type { Adapter, SettleReply } from "taskora/adapter";
import { memoryAdapter } from "taskora/memory";
import { expect, it } from "vitest";
import { Collected } from "../../support/signals.js";

/** More than the promises between a store's answer and its worker. */
const HOPS = 20;

/** Of two calls on their way at once, the answer of the first is handed on a few promises later than that of the second. */
function withOvertaking(adapter: Adapter): { readonly adapter: Adapter; readonly overtaken: () => number } {
  const settle = adapter.settle.bind(adapter);
  let overtaken = 0;
  let waiting: (() => void) | undefined;
  const slowed = async (reply: readonly SettleReply[]) => {
    const turn = new Promise<void>((resolve) => void setImmediate(resolve));
    const next = new Promise<void>((resolve) => {
      waiting = () => {
        overtaken += 1;
        resolve();
      };
    });
    await Promise.race([turn, next]);
    waiting = undefined;
    for (let hop = 0; hop < HOPS; hop++) await undefined;
    return reply;
  };
  return {
    adapter: Object.assign(adapter, {
      settle: async (batches: Parameters<Adapter["settle"]>[0]) => {
        const reply = await settle(batches);
        if (!reply.some(({ jobs }) => jobs.length > 0)) return reply;
        if (waiting === undefined) return slowed(reply);
        waiting();
        return reply;
      },
    }),
    overtaken: () => overtaken,
  };
}

it("jobs begin in order also when the answer of a later call overtakes that of an earlier one", async () => {
  const { adapter, overtaken } = withOvertaking(memoryAdapter());
  const tasks = createTaskora({ adapter, logger: false });
  const seen = new Collected<number>();
  const task = tasks.task("numbered", {
    concurrency: 50,
    handler: async (n) => {
      seen.push(n as number);
      if ((n as number) % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    },
  });
  await task.dispatchMany(Array.from({ length: 5000 }, (_, index) => index));
  await tasks.start();
  expect(await seen.reach(5000)).toEqual(Array.from({ length: 5000 }, (_, index) => index));
  expect(overtaken()).toBeGreaterThan(0);
  await tasks.close();
});
