import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { builtExample } from "../support/built.js";
import { ownRedis } from "../support/redis-server.js";

const FOLDER = "examples/limits";
const README = readFileSync(`${FOLDER}/README.md`, "utf8");
const SCRIPTS = readdirSync(FOLDER).filter((name) => name.endsWith(".ts") && name !== "app.ts");

/** What the README says that a script prints. */
function promised(script: string): string | undefined {
  const section = README.split("\n## ").find((part) => part.startsWith(`${script}\n`));
  return section?.match(/```text\n([\s\S]*?)```/)?.[1];
}

async function printed(script: string, url?: string): Promise<string> {
  const { REDIS_URL: _, ...env } = process.env;
  const run = promisify(execFile)(process.execPath, [builtExample(FOLDER, script)], {
    env: url === undefined ? env : { ...env, REDIS_URL: url },
  });
  return (await run).stdout;
}

describe.each(SCRIPTS)("the example %s", (script) => {
  it("prints what the README says, in memory", async () => {
    expect(await printed(script)).toBe(promised(script));
  }, 60_000);

  it("prints the same on Redis", async () => {
    const server = await ownRedis();
    expect(await printed(script, server.url)).toBe(promised(script));
    await server.stop();
  }, 60_000);
});
