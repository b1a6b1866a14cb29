/**
 * The long tests: `npm run soak -- [--only chaos|retention] [--jobs 30000] [--kills 100] [--seconds 300] [--rate 2000]`.
 * Retention is in retention.ts. Chaos is that of the tests, in full length: three workers run jobs of
 * 0–2 s under leases of 1 s while one after another is shot, paused past its lease or asked to end, and connections
 * to Redis are cut. What happened is read from a list the handlers write to, and a row is added to RESULTS.md.
 * Exits with 1 when a job was lost, finished twice, or ran again after its end.
 */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { findOrStartRedis } from "../../scripts/redis.js";
import { type Evidence, Fleet, storiesOf } from "../../test/support/chaos.js";
import type { Program } from "../../test/support/child.js";
import { soakRetention } from "./retention.js";

const RESULTS = "bench/soak/RESULTS.md";
const HEAD = `# Soak

\`npm run soak\`: three workers, jobs of 0–2 s, leases of 1 s; workers are shot, paused and asked to end, and connections
are cut, at random. "Restarts" are runs of a job that a crash or a pause interrupted; each is explained by one.

| date | cpus | jobs | kill -9 | pauses | closes | cut links | seconds | restarts | lost | finished twice | ran after its end |
|---|---|---|---|---|---|---|---|---|---|---|---|
`;
const WORKERS = 3;
const LONGEST_JOB_MS = 2000;
const CONCURRENCY = 100;
const PAUSE_MS = 2500;

interface Strikes {
  kills: number;
  pauses: number;
  closes: number;
  cuts: number;
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

/** Keeps enough jobs outstanding until all are dispatched; resolves when all have ended. */
async function produce(fleet: Fleet): Promise<Set<string>> {
  const ids = new Set<string>();
  const lane = async (share: number) => {
    for (let job = 0; job < share; job++) ids.add(await fleet.work({ ms: Math.random() * LONGEST_JOB_MS }));
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
  const fleet = new Fleet({
    url: server.url,
    prefix: `soak-${process.pid}`,
    concurrency: CONCURRENCY,
    lease: "1s",
  });
  const admin = new Redis(server.url, { connectionName: "admin" });
  const strikes: Strikes = { kills: 0, pauses: 0, closes: 0, cuts: 0 };
  const startedAt = Date.now();
  const workers = Array.from({ length: WORKERS }, () => fleet.startWorker());
  let isOver = false;
  const producing = produce(fleet).finally(() => {
    isOver = true;
  });
  while (!isOver && strikes.kills < kills) {
    await pause(Math.random() * 400);
    await strike(workers, fleet, strikes);
    if (Math.random() < 0.5) await cut(admin, strikes);
  }
  const ids = await producing;
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  for (const worker of workers) worker.kill("SIGTERM");
  await Promise.all(workers.map((worker) => worker.exited));
  const { restarts, lost, twice, again } = verdict(await fleet.evidence(), ids);
  const date = new Date().toISOString().slice(0, 10);
  const { kills: shot, pauses, closes, cuts } = strikes;
  const row = [
    date,
    cpus().length,
    jobs,
    shot,
    pauses,
    closes,
    cuts,
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
