/**
 * The long tests: `npm run soak -- [--only chaos|retention] [--jobs 30000] [--kills 100] [--seconds 300] [--rate 2000]`.
 * Retention is in retention.ts. Chaos is that of the tests, in full length: three workers run jobs of
 * 0–2 s under leases of 1 s while one after another is shot, paused past its lease or asked to end, the clocks of some are set
 * by an hour, and connections to Redis are cut, fall silent or are opened again in silence. What happened is read from a list the handlers write to, and a row is added to RESULTS.md.
 * Exits with 1 when a job was lost, finished twice, or ran again after its end.
 */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { findOrStartRedis } from "../../scripts/redis.js";
import { type Evidence, Fleet, storiesOf } from "../../test/support/chaos.js";
import type { Program } from "../../test/support/child.js";
import { startProxy, type TcpProxy } from "../../test/support/tcp-proxy.js";
import { soakRetention } from "./retention.js";

const RESULTS = "bench/soak/RESULTS.md";
const HEAD = `# Soak

\`npm run soak\`: three workers, jobs of 0–2 s, leases of 1 s; workers are shot, paused and asked to end, their clocks are set
by an hour, and connections are cut, fall silent or are opened again in silence, at random. "Restarts" are runs of a job that a crash or a pause interrupted; each is explained by one.

| date | cpus | jobs | kill -9 | pauses | closes | clock steps | cut links | silences | seconds | restarts | lost | finished twice | ran after its end |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
`;
const WORKERS = 3;
const LONGEST_JOB_MS = 2000;
const CONCURRENCY = 100;
const PAUSE_MS = 2500;
/** So long new connections are accepted without an answer. */
const MUTE_MS = 500;
const HOUR_MS = 3_600_000;

interface Strikes {
  kills: number;
  pauses: number;
  closes: number;
  steps: number;
  cuts: number;
  silences: number;
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    jobs: { type: "string" },
    kills: { type: "string" },
    seconds: { type: "string" },
    rate: { type: "string" },
  },
});
const jobs = Number(values.jobs ?? 30_000);
const kills = Number(values.kills ?? 100);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Keeps enough jobs outstanding until all are dispatched; resolves when all have ended. One of a hundred sets a clock. */
async function produce(fleet: Fleet, strikes: Strikes): Promise<Set<string>> {
  const ids = new Set<string>();
  const lane = async (share: number) => {
    for (let job = 0; job < share; job++) {
      const ms = Math.random() * LONGEST_JOB_MS;
      const dice = Math.random();
      if (dice < 0.01) strikes.steps += 1;
      const step = dice < 0.01 ? { stepsMs: dice < 0.005 ? HOUR_MS : -HOUR_MS } : {};
      ids.add(await fleet.work({ ms, ...step }));
    }
  };
  const lanes = WORKERS * CONCURRENCY * 2;
  await Promise.all(Array.from({ length: lanes }, (_, lane_) => lane(Math.ceil((jobs - lane_) / lanes))));
  return ids;
}

/** Strikes one worker at random, and replaces it when it is gone. */
async function strike(workers: Program[], fleet: Fleet, strikes: Strikes): Promise<void> {
  const index = Math.floor(Math.random() * workers.length);
  const worker = workers[index] as Program;
  await worker.printed("ready");
  const dice = Math.random();
  if (dice < 0.1) {
    strikes.pauses += 1;
    worker.kill("SIGSTOP");
    await pause(PAUSE_MS);
    worker.kill("SIGCONT");
    return;
  }
  if (dice < 0.2) strikes.closes += 1;
  else strikes.kills += 1;
  worker.kill(dice < 0.2 ? "SIGTERM" : "SIGKILL");
  await worker.exited;
  workers[index] = fleet.startWorker();
}

/** Cuts a connection of taskora at random; those that carry the evidence stay. */
async function cut(admin: Redis, strikes: Strikes): Promise<void> {
  const list = (await admin.client("LIST")) as string;
  const others = list.split("\n").filter((line) => !/ name=(evidence|admin) /.test(line));
  const victims = others.flatMap((line) => /^id=(\d+) /.exec(line)?.[1] ?? []);
  const victim = victims[Math.floor(Math.random() * victims.length)];
  if (victim === undefined) return;
  strikes.cuts += 1;
  await admin.client("KILL", "ID", victim);
}

/** What is open falls silent, or is cut and opened again in silence, until a moment has passed. */
async function silence(proxy: TcpProxy, strikes: Strikes): Promise<void> {
  strikes.silences += 1;
  if (Math.random() < 0.5) {
    proxy.freeze();
    return;
  }
  proxy.onConnect = "mute";
  proxy.cut();
  await pause(MUTE_MS);
  proxy.onConnect = "pass";
}

function verdict(evidence: readonly Evidence[], ids: ReadonlySet<string>) {
  const stories = [...storiesOf(evidence).values()];
  return {
    restarts: stories.reduce((sum, { starts }) => sum + Math.max(0, starts.length - 1), 0),
    lost: jobs - ids.size,
    twice: stories.filter(({ dones }) => dones !== 1).length,
    again: stories.filter(({ ranAgain }) => ranAgain).length,
  };
}

async function soakChaos(): Promise<boolean> {
  const server = await findOrStartRedis();
  const { hostname, port } = new URL(server.url);
  const proxy = await startProxy({ host: hostname, port: Number(port || 6379) });
  const fleet = new Fleet({
    url: `redis://127.0.0.1:${proxy.port}`,
    bookUrl: server.url,
    prefix: `soak-${process.pid}`,
    concurrency: CONCURRENCY,
    lease: "1s",
  });
  const admin = new Redis(server.url, { connectionName: "admin" });
  const strikes: Strikes = { kills: 0, pauses: 0, closes: 0, steps: 0, cuts: 0, silences: 0 };
  const startedAt = Date.now();
  const workers = Array.from({ length: WORKERS }, () => fleet.startWorker());
  let isOver = false;
  const producing = produce(fleet, strikes).finally(() => {
    isOver = true;
  });
  while (!isOver && strikes.kills < kills) {
    await pause(Math.random() * 400);
    await strike(workers, fleet, strikes);
    if (Math.random() < 0.5) await cut(admin, strikes);
    if (Math.random() < 0.2) await silence(proxy, strikes);
  }
  const ids = await producing;
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  for (const worker of workers) worker.kill("SIGTERM");
  await Promise.all(workers.map((worker) => worker.exited));
  const { restarts, lost, twice, again } = verdict(await fleet.evidence(), ids);
  const date = new Date().toISOString().slice(0, 10);
  const { kills: shot, pauses, closes, steps, cuts, silences } = strikes;
  const row = [
    date,
    cpus().length,
    jobs,
    shot,
    pauses,
    closes,
    steps,
    cuts,
    silences,
    seconds,
    restarts,
    lost,
    twice,
    again,
  ].join(" | ");
  if (!existsSync(RESULTS)) writeFileSync(RESULTS, HEAD);
  appendFileSync(RESULTS, `| ${row} |\n`);
  process.stdout.write(`| ${row} |\n`);
  for (const error of new Set(fleet.errors)) process.stderr.write(`${error}\n`);
  await fleet.close();
  admin.disconnect();
  await proxy.stop();
  await server.stop();
  return lost + twice + again === 0;
}

const verdicts: boolean[] = [];
if (values.only !== "retention") verdicts.push(await soakChaos());
if (values.only !== "chaos") {
  const [rate, seconds] = [Number(values.rate ?? 2000), Number(values.seconds ?? 300)];
  verdicts.push(await soakRetention({ rate, seconds }));
}
process.exitCode = verdicts.every(Boolean) ? 0 : 1;
