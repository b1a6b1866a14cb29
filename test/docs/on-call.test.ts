import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedisServer, ownRedis, type RedisServer } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";
import { PROJECT } from "./documents.js";
import { openShop, type Shop } from "./on-call/shop.js";
import { blockOf, type Step, shapeOf, stepsOf, wordsOf } from "./on-call/transcript.js";

const PAGE = join(PROJECT, "docs/on-call.md");
/** `ON_CALL=write npx vitest run test/docs/on-call.test.ts` writes what was seen into the page. */
const isWritten = process.env.ON_CALL === "write";
const BLOCK = /```text\n([\s\S]*?)\n```/g;
/** As it stands on the page. */
const SHOWN_STORE = "redis://127.0.0.1:6379";
const SHOWN_HOST = "shop-1";
/** What is told soon after it happened, and may be asked for again. */
const LOOKS = /^taskora (doctor|tasks|errors|workers|audit|schedules|jobs get .*|jobs list .*)$/;

let server: RedisServer;
let shop: Shop;

beforeAll(async () => {
  if (!hasRedisServer) return;
  server = await ownRedis({
    args: ["--appendonly", "yes", "--appendfsync", "no", "--maxmemory-policy", "noeviction"],
  });
  shop = await openShop(server.url);
});

afterAll(async () => {
  await shop?.close();
  await server?.stop();
});

/** What a person sees: what is told as well as what is printed. */
async function see(command: string): Promise<string> {
  const [program, ...words] = wordsOf(command);
  expect(program).toBe("taskora");
  const names = [...shop.shown, [server.url, SHOWN_STORE] as const];
  const typed = words.map((word) => names.reduce((text, [own, shown]) => text.replaceAll(shown, own), word));
  const { stdout, stderr } = await runCommand(...typed, "--store", server.url);
  // Who waits longer than 2 s is told how far it is.
  const told = stderr.replaceAll(/^.* so far\n/gm, "");
  const seen = names.reduce((text, [own, shown]) => text.replaceAll(own, shown), stdout + told);
  return seen.replaceAll(new RegExp(`(?<= )${hostname()}(?= )`, "g"), SHOWN_HOST).trimEnd();
}

/** Until it is what the page shows. */
async function seeAs(command: string, shown: string): Promise<string> {
  let seen = await see(command);
  const until = performance.now() + 15_000;
  while (LOOKS.test(command) && shapeOf(seen) !== shapeOf(shown) && performance.now() < until)
    seen = await see(command);
  return seen;
}

describe.skipIf(!hasRedisServer)("a bad day, mended from the command line", () => {
  it("goes as docs/on-call.md tells it", { timeout: 120_000 }, async () => {
    const page = readFileSync(PAGE, "utf8");
    const renewed: string[] = [];
    for (const [, text = ""] of page.matchAll(BLOCK)) {
      const steps: Step[] = [];
      for (const { command, seen } of stepsOf(text)) {
        const found = isWritten ? await see(command) : await seeAs(command, seen);
        if (!isWritten) expect(shapeOf(found), command).toBe(shapeOf(seen));
        steps.push({ command, seen: found });
      }
      renewed.push(`\`\`\`text\n${blockOf(steps)}\n\`\`\``);
    }
    expect(renewed.length).toBeGreaterThan(5);
    if (isWritten)
      writeFileSync(
        PAGE,
        page.replaceAll(BLOCK, () => renewed.shift() ?? ""),
      );
  });
});
