import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ownRedis } from "../support/redis-server.js";

const PROMISED = readFileSync("examples/schedules/README.md", "utf8").match(/```text\n([\s\S]*?)```/)?.[1];

async function printed(url?: string): Promise<string> {
  const { REDIS_URL: _, ...env } = process.env;
  const options = { env: url === undefined ? env : { ...env, REDIS_URL: url } };
  const args = ["--import", "tsx", "examples/schedules/main.ts"];
  return (await promisify(execFile)(process.execPath, args, options)).stdout;
}

describe("the example of schedules", () => {
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
