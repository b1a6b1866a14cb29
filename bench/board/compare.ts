/**
 * taskora's board beside bull-board over the same jobs, in one run: what a browser loads, when it paints, how large the page is,
 * what watching costs Redis, and a folder of screenshots side by side. `npx tsx bench/board/compare.ts --out pictures` after
 * `npm run build`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { type BrowserSession, openBrowser, type WatchedPage } from "../../scripts/browser.js";
import { installOwnPackages } from "../../scripts/own-packages.js";
import { startRedis } from "../../scripts/redis.js";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const IDLE_MS = 10_000;

interface Contender {
  readonly name: string;
  readonly program: string;
  /** Pages that show the same: name → path. */
  readonly pages: Readonly<Record<string, string>>;
}

const CONTENDERS: readonly Contender[] = [
  {
    name: "taskora",
    program: "taskora-board.mjs",
    pages: {
      home: "/",
      queue: "/tasks/email.send",
      failed: "/jobs?q=task:webhook.deliver+state:failed",
      workers: "/workers",
    },
  },
  {
    name: "bull-board",
    program: "bull-board.mjs",
    pages: {
      home: "/",
      queue: "/queue/email.send",
      failed: "/queue/webhook.deliver?status=failed",
      workers: "/queue/email.send?status=active",
    },
  },
];

const WIDTHS = { wide: { width: 1440, height: 900 }, narrow: { width: 380, height: 800 } };

/** What one load of the first page took. */
interface Load {
  readonly scriptKilobytes: number;
  readonly requests: number;
  /** Of anything at all: bull-board's is a frame without numbers. */
  readonly firstPaintMs: number;
  /** Until what a task has is told. */
  readonly firstNumbersMs: number;
  readonly elements: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { out: { type: "string", default: "out" }, jobs: { type: "string", default: "40" } },
  });
  mkdirSync(values.out, { recursive: true });
  installOwnPackages(HERE);
  const browser = await openBrowser();
  try {
    for (const contender of CONTENDERS) await measure(contender, browser, values);
  } finally {
    await browser.close();
  }
}

async function measure(
  { name, program, pages }: Contender,
  browser: BrowserSession,
  { out, jobs }: { readonly out: string; readonly jobs: string },
): Promise<void> {
  const redis = await startRedis();
  const child = spawn(process.execPath, [join(HERE, program), redis.url, jobs], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const client = new Redis(redis.url);
  try {
    const [address] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const alone = await commandsPerSecond(client);
    const loads: Load[] = [];
    const viewers: WatchedPage[] = [];
    for (let round = 0; round < 5; round++) {
      const page = await browser.open();
      await page.goto(address);
      await page.until("document.body.innerText.includes('email.send')");
      loads.push(await loadOf(page));
      if (viewers.length < 4) viewers.push(page);
      else await page.close();
    }
    const four = (await commandsPerSecond(client)) - alone;
    for (const page of viewers.splice(1)) await page.close();
    const one = (await commandsPerSecond(client)) - alone;
    console.log(JSON.stringify({ board: name, ...medians(loads), commandsPerSecond: { one, four } }));
    for (const [what, path] of Object.entries(pages)) {
      for (const [width, size] of Object.entries(WIDTHS)) {
        const [page] = viewers as [WatchedPage];
        await page.setViewportSize(size);
        await page.goto(new URL(path, address).href);
        await wait(2000);
        await page.screenshot({ path: join(out, `${what}-${width}-${name}.png`) });
      }
    }
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
    client.disconnect();
    await redis.stop();
  }
}

async function loadOf(page: WatchedPage): Promise<Load> {
  return (await page.evaluate(`(() => {
    const resources = performance.getEntriesByType("resource");
    const scripts = resources.filter(({ name }) => /\\.js(\\?|$)/.test(name));
    return {
      scriptKilobytes: scripts.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1000,
      requests: 1 + resources.length,
      firstPaintMs: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
      firstNumbersMs: performance.now(),
      elements: document.querySelectorAll("*").length,
    };
  })()`)) as Load;
}

function medians(loads: readonly Load[]): Load {
  const of = (key: keyof Load) => {
    const sorted = loads.map((load) => load[key]).sort((a, b) => a - b);
    return Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
  };
  return {
    scriptKilobytes: of("scriptKilobytes"),
    requests: of("requests"),
    firstPaintMs: of("firstPaintMs"),
    firstNumbersMs: of("firstNumbersMs"),
    elements: of("elements"),
  };
}

async function commandsPerSecond(client: Redis): Promise<number> {
  const count = async () =>
    Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1] ?? Number.NaN);
  const before = await count();
  await wait(IDLE_MS);
  return Math.round(((await count()) - before) / (IDLE_MS / 1000));
}

await main();
