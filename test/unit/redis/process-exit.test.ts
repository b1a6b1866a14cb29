import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";

const ADAPTER = fileURLToPath(new URL("../../../src/redis/index.ts", import.meta.url));

/** Runs a program that has `adapter`, connected; resolves with its exit code and output when it exits by itself. */
async function run(body: string): Promise<{ readonly code: unknown; readonly output: string }> {
  const { url } = await sharedRedis();
  const program = `
    import { redisAdapter } from ${JSON.stringify(ADAPTER)};
    const adapter = redisAdapter({ url: ${JSON.stringify(url)}, prefix: ${JSON.stringify(uniquePrefix())} });
    const job = { task: "exit.test", id: "a", payload: "{}", version: 1, fingerprint: "", priority: 0 };
    await adapter.connect();
    ${body}
    console.log("done");
  `;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  const [code] = await once(child, "exit");
  return { code, output };
}

describe("a process with a Redis adapter", () => {
  it("exits though the adapter was never closed", async () => {
    expect(await run("await adapter.insert([job]);")).toEqual({ code: 0, output: "done\n" });
  });

  it("exits though somebody listens to outcomes", async () => {
    const body = `await adapter.subscribe({ kind: "outcomes" }, () => {}); await adapter.insert([job]);`;
    expect(await run(body)).toEqual({ code: 0, output: "done\n" });
  });

  it("waits for calls on their way", async () => {
    const body = `adapter.insert([job]).then(() => console.log("stored"));`;
    expect(await run(body)).toEqual({ code: 0, output: "done\nstored\n" });
  });

  it("stays while it waits for work, and exits after close", async () => {
    const body = `
      const request = { task: "exit.test", lease: "w", leaseMs: 1000, count: 1 };
      const woken = adapter.claim([request], { waitMs: 60_000 });
      setTimeout(() => adapter.close(), 50).unref();
      console.log(JSON.stringify((await woken)[0].jobs));`;
    expect(await run(body)).toEqual({ code: 0, output: "[]\ndone\n" });
  });
});
