import type { Adapter } from "taskora/adapter";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";

const JOBS = 100_000;
/** What `waitForCapacity()` promises, and what four calls under way may hold beside it. */
const MOST_WAITING = 10_000 + 4 * 1000 + 1;

/** The store, taking its time: each insert waits for a few turns of the event loop. */
function slowed(adapter: Adapter): Adapter {
  const insert = adapter.insert.bind(adapter);
  adapter.insert = async (jobs) => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    return insert(jobs);
  };
  return adapter;
}

describeBehaviour("back-pressure", ({ app, world }) => {
  it("keeps a loop that awaits room within its bounds while the store is slow", async () => {
    const taskora = app({
      adapter: slowed(world().adapter()),
      defaults: { retention: { completed: { count: 0 } } },
    });
    const task = taskora.task("flood", { concurrency: 1000, handler: () => undefined });
    await taskora.start();
    let waiting = 0;
    let most = 0;
    const stored: Promise<unknown>[] = [];
    for (let index = 0; index < JOBS; index++) {
      waiting += 1;
      most = Math.max(most, waiting);
      const job = task.dispatch(index);
      const answered = job.then(() => {
        waiting -= 1;
      });
      if (index === JOBS - 1) stored.push(answered);
      await task.waitForCapacity();
    }
    await Promise.all(stored);
    expect(most).toBeGreaterThan(1000);
    expect(most).toBeLessThanOrEqual(MOST_WAITING);
  });

  // A store refuses a call that is too long, and every job of it with it.
  it.each([
    [100, 1000],
    [1000, 985],
    [10_000, 104],
    [200_000, 5],
  ])(
    "puts jobs of %i bytes into calls of at most %i, with what each weighs beside its payload",
    async (bytes, most) => {
      const adapter = world().adapter();
      const insert = adapter.insert.bind(adapter);
      const sizes: number[] = [];
      adapter.insert = (jobs, ...rest) => {
        sizes.push(jobs.length);
        return insert(jobs, ...rest);
      };
      const task = app({ adapter }).register({ name: "weighed", version: 1 });
      const count = 2 * most + 1;
      const payload = "x".repeat(bytes - 2);
      await Promise.all(Array.from({ length: count }, () => task.dispatch(payload)));
      expect(sizes.reduce((all, size) => all + size, 0)).toBe(count);
      expect(Math.max(...sizes)).toBe(most);
    },
  );
});
