import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import type { Adapter, ClaimedJob, Retention, SettleReply } from "../../src/core/adapter.js";
import { aJob } from "../../src/testing/conformance/stage.js";
import { SchemaShelf, sharedPostgres } from "../support/postgres-server.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { list, startScriptedRedis } from "../support/scripted-redis.js";
import { startProxy, type TcpProxy } from "../support/tcp-proxy.js";

const TASK = "chaos.links";
const JOBS = 4000;
const SOME_JOBS = 2000;
const KEPT = { ageMs: 3_600_000, count: 100_000 };
const RETENTION: Retention = { completed: KEPT, failed: KEPT, cancelled: KEPT, expired: KEPT };

/** What has been handed out, and what goes wrong meanwhile. */
interface Load {
  readonly got: Map<string, number>;
  readonly faults: Faults;
}

/** Ends and takes jobs with two calls under way, as a worker does, until nothing is left; counts what it got. */
async function work(adapter: Adapter, lease: string, { got, faults }: Load): Promise<void> {
  const ended: ClaimedJob[] = [];
  let left = true;
  const lane = async () => {
    while (left || ended.length > 0) {
      const settlements = ended
        .splice(0)
        .map(({ id, fence }) => ({ id, fence, event: "complete", result: "1" }) as const);
      const batch = { task: TASK, lease, retention: RETENTION, settlements };
      const replies = await adapter.settle([{ ...batch, claim: { leaseMs: 60_000, count: 7 } }]);
      faults.answered += 1;
      take(replies[0]);
    }
  };
  const take = (reply: SettleReply | undefined) => {
    const jobs = reply?.jobs ?? [];
    for (const job of jobs) got.set(job.id, (got.get(job.id) ?? 0) + 1);
    ended.push(...jobs);
    left = jobs.length > 0;
  };
  const isDone = async () => {
    // What was claimed and never heard of goes back: a worker renews its lease by the jobs that it has.
    await adapter.renew([{ task: TASK, lease, leaseMs: 60_000, held: [] }]);
    const [counts] = await adapter.count([TASK]);
    return counts?.waiting === 0;
  };
  do {
    left = true;
    await Promise.all([lane(), lane()]);
  } while (!(await isDone()));
}

/** What a network does to the links between the store and those who use it. */
interface Faults {
  readonly proxy: TcpProxy;
  /** How often something went wrong so far. */
  count: number;
  /** How many calls have been answered. */
  answered: number;
  /** So long a busy machine is given for an answer before the next thing goes wrong, in ms. */
  readonly timeToAnswerMs: number;
}

/** A store that is reached over a proxy. */
interface Reached {
  readonly proxy: TcpProxy;
  readonly adapter: () => Adapter;
  readonly timeToAnswerMs: number;
  /** The most jobs that pass over such links in the time of a test. */
  readonly mostJobs: number;
  /** How often things go wrong at most: a connection that is new needs so long to be of use, in ms. */
  readonly leastMs: number;
}

const schemas = new SchemaShelf();
const DEADLINE = "20s";

const STORES: Readonly<Record<string, () => Promise<Reached>>> = {
  Redis: async () => {
    const proxy = await startProxy(await sharedRedis());
    const prefix = uniquePrefix();
    const options = { host: "127.0.0.1", port: proxy.port, prefix, deadline: DEADLINE } as const;
    return { proxy, adapter: () => redisAdapter(options), timeToAnswerMs: 40, mostJobs: JOBS, leastMs: 1 };
  },
  Postgres: async () => {
    const { url, port } = await sharedPostgres();
    const proxy = await startProxy({ host: "127.0.0.1", port });
    const schema = await schemas.take();
    const through = url.replace(String(port), String(proxy.port));
    // A connection that is new there learns what every function means first.
    return {
      proxy,
      adapter: () => postgresAdapter({ url: through, schema, deadline: DEADLINE }),
      timeToAnswerMs: 1500,
      mostJobs: 400,
      leastMs: 500,
    };
  },
};

/** Goes wrong every so often, each time in the next of these ways. */
function goWrong(faults: Faults, everyMs: number, ways: readonly (() => void)[]): NodeJS.Timeout {
  let answered = -1;
  let since = performance.now();
  return setInterval(() => {
    if (faults.answered === answered && performance.now() - since < faults.timeToAnswerMs) return;
    answered = faults.answered;
    since = performance.now();
    ways[faults.count % ways.length]?.();
    faults.count += 1;
  }, everyMs);
}

/** Storing goes on until things have gone wrong this often, however quick the machine is. */
const MOST_RIGHT = 3;

/** Stores jobs and works on them over an adapter each, while things go wrong. */
async function storeAndWork(
  open: () => Promise<Adapter>,
  faults: Faults & { start(): NodeJS.Timeout },
  leastJobs: number,
): Promise<void> {
  const [producer, one, two] = [await open(), await open(), await open()];
  const going = faults.start();
  const got = new Map<string, number>();
  let jobs = 0;
  while (jobs < leastJobs || faults.count <= MOST_RIGHT) {
    const size = jobs < leastJobs ? 100 : 1;
    const some = Array.from({ length: size }, (_, index) => aJob({ task: TASK, id: `job-${jobs + index}` }));
    const statuses = (await producer.insert(some)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(["inserted"]));
    faults.answered += 1;
    jobs += size;
  }
  await Promise.all([work(one, "one", { got, faults }), work(two, "two", { got, faults })]);
  clearInterval(going);
  const [counts] = await producer.count([TASK]);
  expect(counts).toMatchObject({ waiting: 0, active: 0, completed: jobs });
  expect([...got.values()].filter((times) => times > 1)).toEqual([]);
  expect(got.size).toBe(jobs);
  await Promise.all([producer.close(), one.close(), two.close()]);
}

const WAYS: readonly (readonly [string, number, number, (proxy: TcpProxy) => readonly (() => void)[]])[] = [
  ["are cut again and again", JOBS, 7, (proxy) => [() => proxy.cut(), () => proxy.swallowAnswers()]],
  [
    "are cut, and opened again in silence",
    SOME_JOBS,
    100,
    (proxy) => [
      () => {
        proxy.onConnect = "mute";
        proxy.cut();
      },
      () => undefined,
      () => {
        proxy.onConnect = "pass";
      },
      () => undefined,
      () => undefined,
      () => undefined,
    ],
  ],
  [
    "go silent while they are open",
    SOME_JOBS,
    20,
    // Whatever is open then is replaced after a second.
    (proxy) => Array.from({ length: 80 }, (_, nth) => (nth === 0 ? () => proxy.freeze() : () => undefined)),
  ],
];

describe.each(Object.entries(STORES))("links to %s that", (_store, reach) => {
  it.each(WAYS)(
    "%s lose no job and hand none out twice, though nobody's lease ends",
    async (_way, jobs, everyMs, ways) => {
      const { proxy, adapter, timeToAnswerMs, mostJobs, leastMs } = await reach();
      const start = () => goWrong(faults, Math.max(everyMs, leastMs), ways(proxy));
      const faults = { proxy, count: 0, answered: 0, timeToAnswerMs, start };
      const open = async () => {
        const made = adapter();
        await made.connect();
        return made;
      };
      await storeAndWork(open, faults, Math.min(jobs, mostJobs));
      await proxy.stop();
    },
    90_000,
  );
});

describe("sentinels of which one after the other is frozen", () => {
  it("let links be opened again and again, and no job is lost or handed out twice", async () => {
    const server = await sharedRedis();
    const proxy = await startProxy(server);
    const sentinel = await startScriptedRedis((command, [what = ""]) => {
      if (command !== "SENTINEL") return "+OK\r\n";
      return /get-master/i.test(what) ? list("127.0.0.1", String(proxy.port)) : "*0\r\n";
    });
    const doors = [await startProxy(sentinel), await startProxy(sentinel), await startProxy(sentinel)];
    const sentinels = doors.map(({ port }) => ({ host: "127.0.0.1", port }));
    const prefix = uniquePrefix();
    const open = async () => {
      const adapter = redisAdapter({ prefix, deadline: "20s", connection: { sentinels, name: "mine" } });
      await adapter.connect();
      return adapter;
    };
    const start = () => goWrong(faults, 50, [freezeNext]);
    const faults = { proxy, count: 0, answered: 0, timeToAnswerMs: 40, start };
    const freezeNext = () => {
      for (const [nth, door] of doors.entries()) door.onConnect = nth === faults.count % 3 ? "mute" : "pass";
      proxy.cut();
    };
    await storeAndWork(open, faults, SOME_JOBS);
    await Promise.all([...doors, proxy, sentinel].map((each) => each.stop()));
  }, 60_000);
});
