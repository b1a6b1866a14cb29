// Compares workflows of two builds in one run: node bench/workflows/pair.mjs <dist of one> <dist of other> [rounds]
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [one, other, rounds = "5"] = process.argv.slice(2);
const builds = [one, other].map((path) => resolve(path));

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function startRedis() {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "workflows-"));
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir];
  const server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((done) =>
    server.stdout.on("data", (text) => String(text).includes("Ready to accept") && done()),
  );
  return { server, url: `redis://127.0.0.1:${port}` };
}

async function openBuild(dist, url) {
  const load = (file) => import(pathToFileURL(join(dist, file)).href);
  const { createTaskora, chain, chord, group } = await load("index.js");
  const { defineTask } = await load("contract/index.js");
  const { redisAdapter } = await load("redis/index.js");
  const app = createTaskora({ adapter: redisAdapter(url), logger: false });
  const step = defineTask({ name: "step" });
  const client = app.register(step);
  app.implement(step, { concurrency: 100, handler: async () => ({ ok: true }) });
  await app.start();
  return { app, client, chain, chord, group };
}

/** Microseconds that the store spent on scripts. */
async function storeMicros(url, Redis) {
  const redis = new Redis(url);
  const info = await redis.info("commandstats");
  await redis.config("RESETSTAT");
  redis.disconnect();
  return [...info.matchAll(/cmdstat_evalsha:calls=(\d+),usec=(\d+)/g)].reduce(
    (sum, [, , usec]) => sum + Number(usec),
    0,
  );
}

const figures = {
  "chain step, ms": async ({ app, client, chain }) => {
    const times = [];
    for (let run = 0; run < 8; run++) {
      const steps = Array.from({ length: 20 }, (_, index) => (index === 0 ? client.step({ n: 1 }) : client));
      const from = performance.now();
      await app.workflow(chain(...steps)).result;
      times.push((performance.now() - from) / 20);
    }
    return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  },
  "chains of 5, jobs/s": async ({ app, client, chain }) => {
    const count = 600;
    const from = performance.now();
    await Promise.all(
      Array.from(
        { length: count },
        () => app.workflow(chain(client.step({ n: 1 }), client, client, client, client)).result,
      ),
    );
    return (count * 5000) / (performance.now() - from);
  },
  "chord of 1 000, jobs/s": async ({ app, client, chord }) => {
    const from = performance.now();
    await app.workflow(
      chord(
        Array.from({ length: 1000 }, (_, n) => client.step({ n })),
        client,
      ),
    ).result;
    return 1_001_000 / (performance.now() - from);
  },
};

const { Redis } = await import("ioredis");
const sides = [];
for (const dist of builds) {
  const { server, url } = await startRedis();
  sides.push({ dist, server, url, build: await openBuild(dist, url) });
}
const found = new Map();
for (let round = 0; round < Number(rounds) + 1; round++) {
  for (const [name, measure] of Object.entries(figures)) {
    const values = [];
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      await storeMicros(side.url, Redis);
      const value = await measure(side.build);
      const micros = await storeMicros(side.url, Redis);
      values[sides.indexOf(side)] = { value, micros };
    }
    if (round > 0) found.set(name, [...(found.get(name) ?? []), values]);
  }
}
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
for (const [name, rows] of found) {
  const [a, b] = [0, 1].map((side) => median(rows.map((row) => row[side].value)));
  const ratio = median(rows.map((row) => row[1].value / row[0].value));
  const redis = median(rows.map((row) => row[1].micros / row[0].micros));
  console.log(
    `${name}: ${a.toFixed(2)} → ${b.toFixed(2)}, × ${ratio.toFixed(2)}; time of Redis × ${redis.toFixed(2)}`,
  );
}
for (const { build, server } of sides) {
  await build.app.close();
  server.kill();
}
