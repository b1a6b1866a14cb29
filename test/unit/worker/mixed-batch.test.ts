import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";

const JOBS = 300;
const BAD_PAYLOAD = 100;
const TOO_LARGE = 150;
const NO_JSON = 200;
const MAX_BYTES = 1000;

describeBehaviour("a batch with bad jobs in it", ({ app }) => {
  it("settles every other job as if the bad ones were not there", async () => {
    const taskora = app({ maxPayloadBytes: MAX_BYTES });
    const task = taskora.task("mixed", {
      input: z.object({ index: z.number() }),
      concurrency: 100,
      handler: ({ index }): unknown => {
        if (index === TOO_LARGE) return "x".repeat(2 * MAX_BYTES);
        if (index === NO_JSON) return 1n;
        return index;
      },
    });
    const items = Array.from({ length: JOBS }, (_, index) => ({ index }));
    items[BAD_PAYLOAD] = { index: "no number" as never };
    const jobs = await task.dispatchMany(items, { validateOnDispatch: false });
    await taskora.start();
    const ended = await Promise.allSettled(jobs.map((job) => job.result));

    const failed = ended.flatMap((end, index) => (end.status === "rejected" ? [index] : []));
    expect(failed).toEqual([BAD_PAYLOAD, TOO_LARGE, NO_JSON]);
    const causes = failed.map((index) => (ended[index] as PromiseRejectedResult).reason.cause.code);
    expect(causes).toEqual(["VALIDATION_FAILED", "PAYLOAD_TOO_LARGE", "PAYLOAD_UNSERIALIZABLE"]);
    const values = ended.flatMap((end, index) =>
      end.status === "fulfilled" && end.value !== index ? [index] : [],
    );
    expect(values).toEqual([]);
    expect(await taskora.jobs.count({ task: "mixed" })).toMatchObject({
      completed: JOBS - 3,
      failed: 3,
      active: 0,
    });
  });
});
