import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ownRedis } from "../support/redis-server.js";

const PROMISED = /```text\n([\s\S]*?)```/.exec(readFileSync("examples/workflow/README.md", "utf8"))?.[1];

async function printed(url?: string): Promise<string> {
  const { REDIS_URL: _, ...env } = process.env;
  const run = promisify(execFile)(process.execPath, ["--import", "tsx", "examples/workflow/main.ts"], {
    env: url === undefined ? env : { ...env, REDIS_URL: url },
  });
  return (await run).stdout;
}

describe("the workflow example", () => {
  it("prints what its README says, in memory", async () => {
    expect(await printed()).toBe(PROMISED);
  }, 60_000);

  it("prints the same on Redis", async () => {
    const server = await ownRedis();
    try {
      expect(await printed(server.url)).toBe(PROMISED);
    } finally {
      await server.stop();
    }
  }, 60_000);
});
