/**
 * All conformance cases on the Redis at `REDIS_URL`, those whose title matches the first argument before the others, and
 * many at once, since they wait most of the time. Ends with exit code 1 and one line at the first that fails.
 */
import { Redis } from "ioredis";
import { redisAdapter } from "../../src/redis/index.js";
import { createKeys } from "../../src/redis/keys.js";
import { type ConformanceKit, registerConformance } from "../../src/testing/index.js";
import { emptyPrefix } from "../support/empty-redis.js";
import { scanRedis } from "../support/redis-scan.js";

const AT_ONCE = 6;
const CASE_TIMEOUT_MS = 60_000;
/** Longer than the store's clock and ours drift apart while a case waits. */
const MARGIN_MS = 3;

const url = process.env.REDIS_URL ?? "";
const first = new RegExp(process.argv[2] ?? "");
let made = 0;

function kit(): ConformanceKit {
  made += 1;
  const prefix = `lua-${process.pid}-${made}`;
  const keys = createKeys(prefix);
  return {
    open: () => redisAdapter({ url, prefix }),
    leftovers: () => scanRedis(url, prefix),
    empty: () => emptyPrefix(url, prefix),
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms + MARGIN_MS)),
    corrupt: async ({ task, id }) => {
      const redis = new Redis(url);
      await redis.hset(keys.key(task, "jobs"), id, "\u0001damaged by a test");
      await redis.quit();
    },
  };
}

interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

function allCases(): readonly Case[] {
  const cases: Case[] = [];
  const it = Object.assign((name: string, run: () => Promise<void>) => void cases.push({ name, run }), {
    skip: () => undefined,
  });
  registerConformance({ adapter: redisAdapter(), kit, it });
  const isFirst = ({ name }: Case) => first.test(name);
  return [...cases.filter(isFirst), ...cases.filter((each) => !isFirst(each))];
}

function fail(name: string, error: unknown): never {
  const [message = ""] = String((error as Error | undefined)?.message ?? error).split("\n");
  process.stdout.write(`${name}: ${message}\n`);
  process.exit(1);
}

/** A case that fails thrice has noticed something; one that fails once may have met a machine that was busy. */
async function runOne({ name, run }: Case): Promise<void> {
  const timer = setTimeout(fail, CASE_TIMEOUT_MS, name, "it did not end");
  const again = () => run();
  await run()
    .catch(again)
    .catch(again)
    .catch((error: unknown) => fail(name, error));
  clearTimeout(timer);
}

async function runAll(cases: readonly Case[]): Promise<void> {
  const waiting = cases.values();
  const take = async () => {
    for (const each of waiting) await runOne(each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
}

process.on("unhandledRejection", (error) => fail("outside of a case", error));
const cases = allCases();
await runAll(cases);
process.stdout.write(`${cases.length} passed\n`);
process.exit(0);
