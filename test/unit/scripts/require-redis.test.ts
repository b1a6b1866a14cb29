import { spawn } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedisServer, sharedRedis } from "../../support/redis-server.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = join(ROOT, ".vitest/without-redis");
/** Runs a program where neither a server nor what installs one is on the PATH. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: join(FOLDER, "bin"), ...env },
  });
  let said = "";
  const hear = (data: Buffer) => {
    said += data.toString();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise<{ code: number | null; said: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, said }));
  });
}

const requireRedis = ["--import", "tsx", "scripts/require-redis.ts"];

describe.skipIf(process.platform === "win32")("without a redis-server on the PATH", () => {
  beforeAll(() => {
    mkdirSync(join(FOLDER, "bin"), { recursive: true });
    symlinkSync(process.execPath, join(FOLDER, "bin/node"));
  });

  afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

  it("npm test ends at once, with one sentence", async () => {
    const { code, said } = await run(requireRedis);
    expect(code).toBe(1);
    expect(said).toMatch(
      /^No Redis found: install redis-server .+ or set REDIS_URL=redis:\/\/host:port\.\n$/,
    );
  });

  it("REDIS_URL is enough when a server answers there", async () => {
    const { url } = await sharedRedis();
    expect(await run(requireRedis, { REDIS_URL: url })).toEqual({ code: 0, said: "" });
  });

  it("an address where none answers is named, without its password", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const { code, said } = await run(requireRedis, { REDIS_URL: `redis://ada:secret@127.0.0.1:${port}` });
    expect(code).toBe(1);
    expect(said).toContain(`No Redis answers at REDIS_URL=redis://127.0.0.1:${port}: `);
    expect(said).not.toContain("secret");
  });

  // Where this very run has REDIS_URL alone, the suite is the proof.
  it.skipIf(!hasRedisServer)(
    "tests that need a server of their own say so and the others run",
    async () => {
      const { url } = await sharedRedis();
      const vitest = ["node_modules/vitest/vitest.mjs", "run", "--reporter=verbose"];
      const { said } = await run([...vitest, "test/unit/redis/refused-stores.test.ts"], {
        REDIS_URL: url,
        NO_COLOR: "1",
      });
      expect(said).toMatch(/\d+ passed \| \d+ skipped/);
      expect(said).toContain("needs a redis-server or valkey-server on the PATH; REDIS_URL is not enough");
      expect(said).not.toContain("failed");
    },
    60_000,
  );
});
