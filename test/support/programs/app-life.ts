/** Lives one life of an app, named by its first argument, over memory or the Redis of the second; then ends by itself. */
import { once } from "node:events";
import { createTaskora, type Taskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";

const [life = "", store = "memory", prefix = ""] = process.argv.slice(2);
const adapter = store === "memory" ? memoryAdapter() : redisAdapter({ url: store, prefix });
// What it prints is looked at line by line.
const app = createTaskora({ adapter, logger: { ...console, info: () => undefined } });
const say = (line: string) => process.stdout.write(`${line}\n`);
const echo = (tasks: Taskora) => tasks.task<string, string>("echo", (text) => text);

const LIVES: Record<string, () => Promise<void> | void> = {
  /** Works, then closes. */
  async close() {
    const client = echo(app);
    await app.start();
    say(await client.dispatch("hello").result);
    await app.close();
    say("closed");
  },
  /** Works inside a block. */
  async using() {
    await using tasks = app;
    const client = echo(tasks);
    await tasks.start();
    say(await client.dispatch("hello").result);
  },
  /** Dispatches and neither awaits nor closes. */
  forget() {
    const job = app.register({ name: "echo", version: 1 }).dispatch("forgotten");
    say(job.id);
  },
  /** Holds handles of jobs nobody works on, and has nothing to do. */
  async idle() {
    const client = app.register({ name: "echo", version: 1 });
    const job = await client.dispatch("idle");
    say((await job.getState()) ?? "none");
  },
  /** Listens to events and has nothing to do. */
  async listen() {
    const client = app.register({ name: "echo", version: 1 });
    client.on("completed", () => undefined);
    await app.connect();
    await client.dispatch("heard by nobody");
    say("stored");
  },
  /** Works until it is told to close, by whoever may. */
  async told() {
    app.task("echo", (text) => say(`ran ${text}`));
    const running = app.run({ timeout: "5s" });
    await app.connect();
    say("working");
    await running;
    say("closed");
  },
  /** Works until it gets a signal. */
  async run() {
    let isFinished = false;
    const client = app.task("slow", async () => {
      say("started");
      await new Promise((resolve) => setTimeout(resolve, 300));
      isFinished = true;
    });
    void client.dispatch(null);
    await app.run();
    say(isFinished ? "finished" : "cut off");
  },
  /** Works on a handler that never ends, until it gets a signal. */
  async stubborn() {
    const client = app.task("stuck", async () => {
      say("started");
      await once(process, "this never happens");
    });
    void client.dispatch(null);
    await app.run({ timeout: "100ms" });
    say("closed");
  },
  /** Is quiet from SIGUSR2 on: says what it begins, ends what runs. */
  async quiet() {
    const client = app.task<number, void>("numbered", async (n) => {
      say(`began ${n}`);
      if (n === 1) await new Promise((resolve) => setTimeout(resolve, 300));
      say(`ended ${n}`);
    });
    process.on("SIGUSR2", () => {
      say("asked");
      void client.dispatch(2).then(() => say("stored"));
    });
    void client.dispatch(1);
    await app.run();
    say("closed");
  },
  /** Is told to end while it connects. */
  async connecting() {
    app.task("never", () => undefined);
    const running = app.run({ timeout: "20s" });
    say("connecting");
    await running;
    say("closed");
  },
  /** Has a job whose store goes away. */
  async away() {
    const client = app.task("slow", async () => {
      say("started");
      await new Promise((resolve) => setTimeout(resolve, 500));
    });
    void client.dispatch(null);
    await app.run({ timeout: "1s" });
    say("closed");
  },
  /** Fails to dispatch and looks at nothing. */
  fail() {
    const input = {
      "~standard": { version: 1, vendor: "test", validate: () => ({ issues: [{ message: "no" }] }) },
    };
    void app.register({ name: "strict", version: 1, input: input as never }).dispatch(1);
  },
  /** Starts a worker and stays. */
  async stay() {
    echo(app);
    await app.start();
    say("waiting");
  },
};

await LIVES[life]?.();
