/**
 * What a queue on Postgres does to its tables, and what a transaction does to the queue that somebody keeps open:
 * `npx tsx bench/postgres-bloat.ts --jobs 1000000` or `--seconds 60 --hold`. Starts a server of its own, or takes `DATABASE_URL`.
 *
 * Jobs are stored, claimed and completed, the newest 1 000 are kept. Now and then a line: jobs that have ended, how long claims of
 * 100 jobs took, and calls that end 100, sizes of tables with their indexes, dead rows.
 */
import { parseArgs } from "node:util";
import pg from "pg";
import { findOrStartPostgres } from "../scripts/postgres.js";
import type { Adapter, ClaimedJob, NewJob } from "../src/adapter/index.js";
import { postgresAdapter } from "../src/postgres/index.js";

const TASK = "bloat";
const BATCH = 100;
const INSERTED = 500;
/** Jobs that wait at most, so that the queue is about as long all the time. */
const BACKLOG = 2000;
const AT_ONCE = 2;
const LEASE_MS = 60_000;
const KEPT = { ageMs: Number.POSITIVE_INFINITY, count: 1000 };
const RETENTION = { completed: KEPT, failed: KEPT, cancelled: KEPT, expired: KEPT };
const TABLES = ["job", "ready", "active", "done"] as const;

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "3600" },
    lines: { type: "string", default: "12" },
    hold: { type: "boolean", default: false },
  },
});
const mostJobs = Number(values.jobs);
const mostMs = Number(values.seconds) * 1000;
const lines = Number(values.lines);

const schema = `bloat_${process.pid}`;
const server = await findOrStartPostgres();
const looker = new pg.Client({ connectionString: server.url });
await looker.connect();
const adapter = postgresAdapter({ url: server.url, schema, migrate: true });
await adapter.connect();

const load = {
  begunAt: performance.now(),
  stored: 0,
  ended: 0,
  claims: [] as number[],
  ends: [] as number[],
};
const all = { claims: [] as number[], ends: [] as number[] };
const isOver = () => load.ended >= mostJobs || performance.now() - load.begunAt >= mostMs;

async function produce(adapter: Adapter): Promise<void> {
  while (!isOver()) {
    if (load.stored - load.ended > BACKLOG) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    await adapter.insert(Array.from({ length: INSERTED }, (_, nth) => aJob(`${load.stored + nth}`)));
    load.stored += INSERTED;
  }
}

function aJob(id: string): NewJob {
  const payload = '{"to":"a@b.example","subject":"hello","n":1}';
  return { task: TASK, id, payload, version: 1, fingerprint: "", priority: 0 };
}

async function consume(adapter: Adapter, lease: string): Promise<void> {
  let held: readonly ClaimedJob[] = [];
  while (!isOver()) {
    const settlements = held.map(({ id, fence }) => ({
      id,
      fence,
      event: "complete" as const,
      result: "true",
    }));
    const begunAt = performance.now();
    if (settlements.length > 0) {
      await adapter.settle([{ task: TASK, lease, settlements, retention: RETENTION }]);
      load.ended += held.length;
    }
    const endedAt = performance.now();
    const [reply] = await adapter.claim([{ task: TASK, lease, leaseMs: LEASE_MS, count: BATCH }]);
    load.claims.push(performance.now() - endedAt);
    if (settlements.length > 0) load.ends.push(endedAt - begunAt);
    held = reply?.jobs ?? [];
    if (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function percentile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
}

function told(calls: readonly number[]): string {
  const sorted = calls.toSorted((a, b) => a - b);
  return [0.5, 0.99, 1].map((share) => percentile(sorted, share)).join(" | ");
}

async function line(): Promise<void> {
  const claims = load.claims.splice(0);
  const ends = load.ends.splice(0);
  all.claims.push(...claims);
  all.ends.push(...ends);
  const sizes: string[] = [];
  let dead = 0;
  for (const table of TABLES) {
    const { rows } = await looker.query<Record<string, string>>(
      `select pg_table_size(c) as rows, pg_indexes_size(c) as indexes, (select n_dead_tup from pg_stat_all_tables where relid = c) as dead
       from (select '${schema}.${table}'::regclass as c) t`,
    );
    const [row = {}] = rows;
    sizes.push(`${(Number(row.rows) / 1e6).toFixed(1)} + ${(Number(row.indexes) / 1e6).toFixed(1)}`);
    dead += Number(row.dead);
  }
  const seconds = ((performance.now() - load.begunAt) / 1000).toFixed(0);
  console.log(`| ${[seconds, load.ended, told(claims), told(ends), ...sizes, dead].join(" | ")} |`);
}

const holder = new pg.Client({ connectionString: server.url });
await holder.connect();
if (values.hold)
  await holder.query(`begin isolation level repeatable read; select count(*) from ${schema}.task`);

const heads = [
  "s",
  "jobs",
  "claim ms p50",
  "p99",
  "most",
  "end ms p50",
  "p99",
  "most",
  ...TABLES.map((table) => `${table} MB + indexes`),
  "dead rows",
];
console.log(`| ${heads.join(" | ")} |\n|${"---|".repeat(heads.length)}`);
const work = [produce(adapter), ...Array.from({ length: AT_ONCE }, (_, nth) => consume(adapter, `w${nth}`))];
let next = 1;
while (!isOver()) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const share = Math.max(load.ended / mostJobs, (performance.now() - load.begunAt) / mostMs);
  if (share < next / lines) continue;
  next = Math.floor(share * lines) + 1;
  await line();
}
await Promise.all(work);
all.claims.push(...load.claims);
all.ends.push(...load.ends);
const seconds = (performance.now() - load.begunAt) / 1000;
console.log(
  `\n${load.ended} jobs in ${seconds.toFixed(0)} s, ${(load.ended / seconds).toFixed(0)} a second; claims p50 | p99 | most: ${told(all.claims)} ms; ends: ${told(all.ends)} ms`,
);
await holder.end();
await adapter.close();
await looker.query(`drop schema ${schema} cascade`);
await looker.end();
await server.stop();
