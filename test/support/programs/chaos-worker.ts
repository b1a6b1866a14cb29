/**
 * A worker for tests that kill, stop and pause it. It writes what its handlers do to a Redis list of the test's own,
 * not to taskora, and prints `ready`, errors and warnings. Its argument is a {@link ChaosWorkerOptions} as JSON.
 */
import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { adapterAt } from "../adapter-at.js";
import { CHAOS_TASK, type ChaosJob, type ChaosWorkerOptions, gateOf, OTHER_TASK } from "../chaos-protocol.js";

const options = JSON.parse(process.argv[2] ?? "{}") as ChaosWorkerOptions;
const { url, prefix, bookUrl, evidence, concurrency, lease, stallLimit, closeTimeout } = options;
const book = new Redis(bookUrl, { maxRetriesPerRequest: null, connectionName: "evidence" });
const say = (line: string) => process.stdout.write(`${line}\n`);
const note = (event: string, id: string) => book.rpush(evidence, `${event} ${id} ${process.pid}`);

const adapter = adapterAt({ url, prefix });
const app = createTaskora({ adapter, logger: false });
const { diesAt } = options;
if (diesAt !== undefined) {
  let times = 0;
  const { crash } = adapter as unknown as { readonly crash: { at?: (point: string) => void } };
  crash.at = (point) => {
    if (point === diesAt.point) times += 1;
    if (times === diesAt.nth) process.kill(process.pid, "SIGKILL");
  };
}
app.on("error", ({ code, error }) => say(`error ${code} ${(error as Error).message}`));
app.on("warning", ({ message }) => say(`warning ${message}`));
if (options.listens === true) app.on("completed", ({ id }) => say(`heard ${id}`), { task: CHAOS_TASK });
/** As a handler does that computes. */
function block(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

/** As a machine does whose clock is put right. */
function stepClock(ms: number): void {
  const { now } = Date;
  Date.now = () => now() + ms;
}

for (const task of [CHAOS_TASK, OTHER_TASK])
  app.task(task, {
    concurrency,
    lease,
    stallLimit,
    retention: { completed: { count: 100_000 } },
    handler: async (job, ctx) => {
      const { ms, gate, kills, blocksMs, stepsMs } = job as ChaosJob;
      await note("start", ctx.id);
      if (kills === true) process.kill(process.pid, "SIGKILL");
      if (stepsMs !== undefined) stepClock(stepsMs);
      if (blocksMs !== undefined) block(blocksMs);
      ctx.signal.addEventListener("abort", () =>
        say(`abort ${(ctx.signal.reason as { code: string }).code}`),
      );
      if (ms !== undefined) await new Promise((resolve) => setTimeout(resolve, ms));
      while (gate !== undefined && (await book.exists(gateOf(gate, process.pid))) === 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await note("end", ctx.id);
      return ctx.id;
    },
  });
const running = app.run({ timeout: closeTimeout });
await app.start();
say("ready");
await running;
book.disconnect();
