/**
 * Where the time of one workload goes: `npm run bench:profile -- process-c100 [taskora]`.
 *
 * Prints self time of the process by function and by file, and the server's time by command and by script, all of
 * the measured stretch only. The profile itself stays in `bench/.profile` for a browser's developer tools.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type SelfTimes, summarizeProfile } from "./cpu-profile.js";
import { measure } from "./measure.js";
import type { Window } from "./meter.js";
import { prepare, say } from "./prepare.js";
import { RedisStats } from "./redis-stats.js";
import { readScriptCalls } from "./script-times.js";
import { METRICS, type Measures, type Metric, parseContender } from "./spec.js";
import { findWorkload } from "./workloads/index.js";

const PROFILE_DIR = fileURLToPath(new URL(".profile", import.meta.url));
const SHOWN = 25;
/** The server remembers this many calls with their time. */
const REMEMBERED_CALLS = 100_000;
const DEFAULT_JOBS = 100_000;
const SAMPLE_MICROS = 200;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: "string", default: "2" }, jobs: { type: "string" } },
  });
  const [name = "process-c100", contender = "taskora"] = positionals;
  const { sizing } = findWorkload(name);
  const jobs = sizing === "counted" ? { jobs: Number(values.jobs ?? DEFAULT_JOBS) } : {};
  await prepare();
  await rm(PROFILE_DIR, { recursive: true, force: true });
  await mkdir(PROFILE_DIR, { recursive: true });
  const seen: string[] = [];
  const answer = await measure(
    {
      ...parseContender(contender),
      ...jobs,
      store: "redis",
      workload: name,
      targetMs: Number(values.seconds) * 1000,
    },
    {
      nodeOptions: ["--cpu-prof", `--cpu-prof-dir=${PROFILE_DIR}`, `--cpu-prof-interval=${SAMPLE_MICROS}`],
      redisOptions: ["--slowlog-log-slower-than", "0", "--slowlog-max-len", String(REMEMBERED_CALLS)],
      onEnd: async (redisUrl) => void seen.push(...(await serverTimes(redisUrl))),
    },
  );
  if ("failed" in answer) throw new Error(answer.failed);
  const lines = [...measuresLines(answer.measures), ...(await processLines(answer.window)), ...seen];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function measuresLines(measures: Measures): readonly string[] {
  return (Object.entries(measures) as [Metric, number][]).map(
    ([metric, value]) => `${value.toFixed(METRICS[metric].digits).padStart(12)} ${METRICS[metric].unit}`,
  );
}

async function processLines(window: Window | undefined): Promise<readonly string[]> {
  const files = (await readdir(PROFILE_DIR)).map((file) => join(PROFILE_DIR, file));
  return files.flatMap((file, index) => {
    const { functions, files: sources, idleMicros } = summarizeProfile(file, window);
    const title = `process ${index + 1} of ${files.length}: self time`;
    return [
      "",
      `${ms(idleMicros)} idle`,
      "",
      `${title} by function`,
      ...timeLines(functions),
      "",
      `${title} by file`,
      ...timeLines(sources),
    ];
  });
}

/** Shares are of the time in which something ran. */
function timeLines(times: SelfTimes): readonly string[] {
  const total = times.reduce((sum, [, micros]) => sum + micros, 0);
  return times
    .slice(0, SHOWN)
    .map(([name, micros]) => `${ms(micros)} ${((micros / total) * 100).toFixed(1).padStart(5)} %  ${name}`);
}

async function serverTimes(redisUrl: string): Promise<readonly string[]> {
  const stats = new RedisStats(redisUrl);
  const commands = [...(await stats.info("commandstats"))].map(([key, text]) => {
    const [, calls, micros] = /calls=(\d+),usec=(\d+)/.exec(text) ?? [];
    return {
      name: key.replace("cmdstat_", ""),
      calls: Number(calls),
      micros: Number(micros),
      slowest: undefined,
    };
  });
  const scripts = await scriptTimes(stats);
  stats.close();
  return [
    "",
    "server: time by command (those inside scripts are part of their script too)",
    ...serverLines(commands),
    "",
    `server: time by script, of the last ${REMEMBERED_CALLS} calls`,
    ...serverLines(scripts),
  ];
}

interface ServerTime {
  readonly name: string;
  readonly calls: number;
  readonly micros: number;
  readonly slowest: number | undefined;
}

async function scriptTimes(stats: RedisStats): Promise<readonly ServerTime[]> {
  const times = new Map<string, ServerTime>();
  for (const { name, micros } of await readScriptCalls(stats, REMEMBERED_CALLS)) {
    const before = times.get(name) ?? { name, calls: 0, micros: 0, slowest: 0 };
    const slowest = Math.max(before.slowest ?? 0, micros);
    times.set(name, { name, calls: before.calls + 1, micros: before.micros + micros, slowest });
  }
  return [...times.values()];
}

function serverLines(times: readonly ServerTime[]): readonly string[] {
  return [...times]
    .sort((left, right) => right.micros - left.micros)
    .slice(0, SHOWN)
    .map(({ name, calls, micros, slowest }) => {
      const most = slowest === undefined ? "" : `, slowest ${(slowest / 1000).toFixed(2)} ms`;
      return `${ms(micros)}  ${name.padEnd(24)} ${calls} calls, ${(micros / calls).toFixed(1)} µs each${most}`;
    });
}

function ms(micros: number): string {
  return `${(micros / 1000).toFixed(1).padStart(9)} ms`;
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
