import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import { Program } from "../../support/child.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { startProxy, type TcpProxy } from "../../support/tcp-proxy.js";

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

  it("begins no more jobs on SIGUSR2, and ends what runs", async () => {
    const program = await live("quiet", store);
    await program.printed("began 1");
    program.kill("SIGUSR2");
    await program.printed("ended 1");
    await program.printed("stored");
    program.kill("SIGTERM");
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines.filter((line) => line.includes("2"))).toEqual([]);
    expect(program.lines.at(-1)).toBe("closed");
  });

  it("exits after a signal although a handler never ends", async () => {
    const program = await live("stubborn", store);
    await program.printed("started");
    program.kill("SIGTERM");
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines).toEqual(["started", "closed"]);
  });
});

describe("a process whose Redis does not answer", () => {
  /** Its promise is a length of time, so this is a test of one; beyond it comes what a busy machine needs. */
  const SLACK_MS = 1500;

  async function proxied(): Promise<TcpProxy> {
    const { hostname, port } = new URL((await sharedRedis()).url);
    return startProxy({ host: hostname, port: Number(port) });
  }

  async function timeToExit(program: Program, signal: NodeJS.Signals): Promise<number> {
    const sentAt = performance.now();
    program.kill(signal);
    expect(await program.exited).toEqual(ENDED);
    expect(program.lines.at(-1)).toBe("closed");
    return performance.now() - sentAt;
  }

  it.each(["mute", "refuse"] as const)("hears SIGTERM at once while it connects (%s)", async (onConnect) => {
    const proxy = await proxied();
    proxy.onConnect = onConnect;
    const program = new Program("app-life", [
      "connecting",
      `redis://127.0.0.1:${proxy.port}`,
      uniquePrefix(),
    ]);
    await program.printed("connecting");
    await proxy.reach(1);
    expect(await timeToExit(program, "SIGTERM")).toBeLessThan(SLACK_MS);
    await proxy.stop();
  });

  it("hears SIGTERM at once before it has opened a connection", async () => {
    const proxy = await proxied();
    proxy.onConnect = "mute";
    const program = new Program("app-life", [
      "connecting",
      `redis://127.0.0.1:${proxy.port}`,
      uniquePrefix(),
    ]);
    await program.printed("connecting");
    expect(await timeToExit(program, "SIGTERM")).toBeLessThan(SLACK_MS);
    await proxy.stop();
  });

  it.each(["mute", "refuse"] as const)("closes within its timeout and 2 s (%s)", async (onConnect) => {
    const proxy = await proxied();
    const program = new Program("app-life", ["away", `redis://127.0.0.1:${proxy.port}`, uniquePrefix()]);
    await program.printed("started");
    proxy.onConnect = onConnect;
    if (onConnect === "mute") proxy.freeze();
    else proxy.cut();
    expect(await timeToExit(program, "SIGTERM")).toBeLessThan(1000 + 2000 + SLACK_MS);
    await proxy.stop();
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
