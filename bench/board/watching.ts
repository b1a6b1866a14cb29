/**
 * What watching costs a Redis: calls and processor time with no viewer, 1, 4 and 20, over tasks of which each has a job that waits
 * and nothing else happens; and how long the first page of many jobs takes.
 *
 * npx tsx bench/board/watching.ts [--tasks 200] [--jobs 1000000] [--seconds 15]
 */

import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { startRedis } from "../../scripts/redis.js";
import { createBoard } from "../../src/board/index.js";
import { createTaskora, type Taskora } from "../../src/index.js";
import { redisAdapter } from "../../src/redis/index.js";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "200" },
    jobs: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "15" },
  },
});
const [TASKS, JOBS, SECONDS] = [Number(values.tasks), Number(values.jobs), Number(values.seconds)];
const TOKEN = "bench-0123456789abcdef";
/** Until rates and medians of the last hour are known: from then on an idle store is only looked at. */
const WARM_UP_MS = 50_000;

const server = await startRedis();
const redis = new Redis(server.url);
const watched = createTaskora({ adapter: redisAdapter(server.url), logger: false });
const board = createBoard(watched, {
  auth: { token: [{ name: "bench", role: "viewer", token: TOKEN }] },
  logger: false,
});

try {
  await fill(watched);
  console.log("| viewers | calls a second | of one Redis core | commands a second, those of scripts too |");
  console.log("|---|---|---|---|");
  const gone: AbortController[] = [];
  for (const viewers of [0, 1, 4, 20]) {
    while (gone.length < viewers) gone.push(await look());
    if (viewers === 1) await wait(WARM_UP_MS);
    await row(viewers);
  }
  for (const viewer of gone) viewer.abort();
  await wait(21_000);
  await row("0, after them");
  console.log(`connections of the board: ${(await connections()) - 1}`);
  if (JOBS > 0) await firstPages();
  const slow = (await redis.call("SLOWLOG", "LEN")) as number;
  console.log(`calls of more than 10 ms: ${slow}`);
} finally {
  await board.close();
  await watched.close({ timeout: 0 });
  redis.disconnect();
  await server.stop();
}

async function fill(app: Taskora): Promise<void> {
  for (let nth = 0; nth < TASKS; nth++)
    await app.register({ name: `task.n${nth}`, version: 1 }).dispatch({ nth });
}

/** A viewer of Home; it reads what comes. */
async function look(): Promise<AbortController> {
  const gone = new AbortController();
  const response = await board.fetch(
    new Request("http://bench/api/v1/stream?topics=home", {
      ...{ headers: { authorization: `Bearer ${TOKEN}` }, signal: gone.signal },
    }),
  );
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const read = async (): Promise<void> => {
    for (;;) if ((await reader.read()).done) return;
  };
  read().catch(() => undefined);
  return gone;
}

async function row(viewers: number | string): Promise<void> {
  const before = await usage();
  await wait(SECONDS * 1000);
  const after = await usage();
  const seconds = (after.atMs - before.atMs) / 1000;
  const cpu = (100 * (after.cpuSeconds - before.cpuSeconds)) / seconds;
  const commands = (after.commands - before.commands) / seconds;
  console.log(
    `| ${viewers} | ${(await callsPerSecond()).toFixed(1)} | ${cpu.toFixed(2)} % | ${commands.toFixed(0)} |`,
  );
}

async function usage() {
  const text = await redis.info("everything");
  const number = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(text)?.[1] ?? 0);
  return {
    atMs: performance.now(),
    cpuSeconds: number("used_cpu_user") + number("used_cpu_sys"),
    commands: number("total_commands_processed"),
  };
}

/** Counted by MONITOR, after the processor time was read: it costs some itself. */
async function callsPerSecond(): Promise<number> {
  const monitor = await redis.monitor();
  let calls = 0;
  monitor.on("monitor", (_at: string, _command: readonly string[], source: string) => {
    if (source !== "lua") calls += 1;
  });
  await wait(SECONDS * 1000);
  monitor.disconnect();
  return calls / SECONDS;
}

async function connections(): Promise<number> {
  return String(await redis.client("LIST"))
    .split("\n")
    .filter((line) => line !== "" && !line.includes("cmd=monitor")).length;
}

async function firstPages(): Promise<void> {
  const task = watched.register({ name: "task.many", version: 1 });
  const batch = 10_000;
  for (let done = 0; done < JOBS; done += batch)
    await task.dispatchMany(
      Array.from({ length: Math.min(batch, JOBS - done) }, (_, nth) => ({ data: { nth: done + nth } })),
    );
  await redis.call("SLOWLOG", "RESET");
  const times: number[] = [];
  for (let nth = 0; nth < 10; nth++) {
    const begun = performance.now();
    const response = await board.fetch(
      new Request("http://bench/api/v1/jobs?task=task.many&state=waiting&limit=50", {
        headers: { authorization: `Bearer ${TOKEN}` },
      }),
    );
    await response.text();
    if (!response.ok) throw new Error(`GET /jobs answered ${response.status}`);
    times.push(performance.now() - begun);
  }
  const sorted = times.toSorted((a, b) => a - b).map((ms) => ms.toFixed(1));
  console.log(`first page of ${JOBS} jobs: ${sorted[5]} ms, at worst ${sorted.at(-1)} ms`);
}
