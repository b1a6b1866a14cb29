import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import { Program } from "../../support/child.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";

const ENDED = { code: 0, signal: null };

async function live(life: string, store: "memory" | "Redis"): Promise<Program> {
  if (store === "memory") return new Program("app-life", [life]);
  return new Program("app-life", [life, (await sharedRedis()).url, uniquePrefix()]);
}

describe.each(["memory", "Redis"] as const)("a process with an app on %s", (store) => {
  it("ends by itself after close", async () => {
    const program = await live("close", store);
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines).toEqual(["hello", "closed"]);
    expect(program.errors).toBe("");
  });

  it("ends by itself after a block that uses the app", async () => {
    const program = await live("using", store);
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines).toEqual(["hello"]);
  });

  it("ends by itself when handles are held and nothing is awaited", async () => {
    const program = await live("idle", store);
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines).toEqual(["waiting"]);
  });

  it("ends by itself when it listens to events only", async () => {
    const program = await live("listen", store);
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines).toEqual(["stored"]);
  });

  it("survives a failed dispatch nobody looks at, and logs it", async () => {
    const program = await live("fail", store);
    expect(await program.exited).toEqual(ENDED);
    expect(program.errors).toContain("The payload does not fit the input schema of strict");
  });

  it("stays while a worker waits for jobs", async () => {
    const program = await live("stay", store);
    await program.printed("waiting");
    const early = await Promise.race([
      program.exited,
      new Promise((resolve) => setTimeout(resolve, 300, "alive")),
    ]);
    expect(early).toBe("alive");
    program.kill("SIGKILL");
    await program.exited;
  });

  it.each(["SIGTERM", "SIGINT"] as const)("lets its job end on %s and exits", async (signal) => {
    const program = await live("run", store);
    await program.printed("started");
    program.kill(signal);
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines).toEqual(["started", "finished"]);
  });

  it("exits after a signal although a handler never ends", async () => {
    const program = await live("stubborn", store);
    await program.printed("started");
    program.kill("SIGTERM");
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines).toEqual(["started", "closed"]);
  });
});

describe("a process that dispatches to Redis and awaits nothing", () => {
  it("stores the job before it ends", async () => {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    const program = new Program("app-life", ["forget", url, prefix]);
    expect(await program.exited).toEqual(ENDED);
    await using app = createTaskora({ adapter: redisAdapter({ url, prefix }) });
    const client = app.register({ name: "echo", version: 1 });
    expect(await client.job(program.lines[0] ?? "").getState()).toBe("waiting");
  });
});
