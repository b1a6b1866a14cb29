import { Redis } from "ioredis";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter, redisReader } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { sampleStore } from "../../../codegen/diff/live.js";
import type { Adapter, NewJob } from "../../../src/core/adapter.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { CLIENT_CONFIG, contractText, type TempProject, tempProject } from "../support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

/** Version 2 of a task whose migration moves `user` to `userId`; `since` is 1. */
function aProject(): TempProject {
  const contract = contractText({
    name: "email.send",
    exportName: "sendEmail",
    input: "z.object({ userId: z.string(), tags: z.record(z.string(), z.number()).default({}) })",
    rest: 'version: 2,\n  aliases: ["mail.send"],\n  migrate: { 1: async (old: any) => ({ userId: old.user }) }',
  });
  const project = tempProject({ "taskora.config.ts": CLIENT_CONFIG, "contracts/email.ts": contract });
  projects.push(project);
  return project;
}

let made = 0;

function aJob(payload: unknown, rest: Partial<NewJob> = {}): NewJob {
  made += 1;
  return {
    task: "email.send",
    id: `job-${made}`,
    payload: JSON.stringify(payload),
    version: 2,
    fingerprint: "",
    priority: 0,
    ...rest,
  };
}

/** Jobs as they pile up over two versions. */
const JOBS = [
  aJob({ userId: "u1" }),
  aJob({ userId: 7 }),
  aJob({ userId: "u2", tags: { secret: "x" } }),
  aJob({ user: "u3" }, { version: 1 }),
  aJob({ userId: "u4" }, { version: 1 }),
  aJob({ anything: true }, { version: 3 }),
  aJob({ userId: null }, { delayMs: 3_600_000 }),
  aJob({ userId: "u5" }, { task: "mail.send" }),
];

async function aStore(): Promise<Adapter> {
  const adapter = memoryAdapter({ store: createMemoryStore() });
  await adapter.connect();
  await adapter.insert(JOBS);
  return adapter;
}

describe("taskora diff --live", () => {
  it("finds the jobs of lanes, also by a reader", async () => {
    const { url } = await sharedRedis();
    const given = { url, prefix: uniquePrefix() };
    const stores = [memoryAdapter({ store: createMemoryStore() }), redisAdapter(given)];
    const reader = redisReader(given);
    for (const adapter of stores) {
      await adapter.connect();
      await adapter.insert([aJob({ userId: "u1" }), aJob({ userId: 7 }, { task: "email.send/secondary" })]);
    }
    await reader.connect();
    for (const source of [...stores, reader]) {
      const { tasks } = await sampleStore({ source, cwd: aProject().dir });
      expect(tasks.map(({ name, states }) => [name, states.waiting?.failed])).toEqual([
        ["email.send", 0],
        ["email.send/secondary", 1],
      ]);
    }
    await Promise.all([reader, ...stores].map((each) => each.close()));
  });

  it("parses what waits with the new contract, migrations applied", async () => {
    const report = await sampleStore({ source: await aStore(), cwd: aProject().dir });
    expect(report).toEqual({
      exitCode: 5,
      tasks: [
        {
          name: "email.send",
          states: {
            waiting: {
              sampled: 6,
              failed: 3,
              newer: 1,
              failures: [
                { path: "input.userId", count: 2 },
                { path: "input.tags[*]", count: 1 },
              ],
            },
            delayed: { sampled: 1, failed: 1, newer: 0, failures: [{ path: "input.userId", count: 1 }] },
          },
        },
        { name: "mail.send", states: { waiting: { sampled: 1, failed: 0, newer: 0, failures: [] } } },
      ],
    });
  });

  it("shows payloads only when asked, and reads no more than its limit", async () => {
    const report = await sampleStore({
      source: await aStore(),
      cwd: aProject().dir,
      limit: 2,
      payloads: "shown",
    });
    expect(report.tasks[0]?.states.waiting).toMatchObject({
      sampled: 2,
      failures: [{ path: "input.userId", example: { payload: { userId: 7 } } }],
    });
  });

  it("reads the tasks that are named, and refuses a name that is none", async () => {
    const options = { source: await aStore(), cwd: aProject().dir };
    const one = await sampleStore({ ...options, tasks: ["email.*"] });
    expect(one.tasks.map((task) => task.name)).toEqual(["email.send", "mail.send"]);
    await expect(sampleStore({ ...options, tasks: ["emial.send"] })).rejects.toThrow(
      'TASK_UNKNOWN: No task matches "emial.send".',
    );
  });

  it("reads a Redis from the command line and leaves everything in it as it is", async () => {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    const adapter = redisAdapter({ url, prefix });
    await adapter.connect();
    await adapter.insert(JOBS);
    await adapter.close();
    const before = await dumpOf(url, prefix);
    const project = aProject();
    const { code, stdout } = await project.taskora("diff", "--live", "--store", url, "--prefix", prefix);
    expect(stdout).toContain(
      "email.send waiting: 2 of 6 sampled fail at input.userId, 1 wait for a newer worker",
    );
    expect(stdout).not.toContain("secret");
    expect(code).toBe(5);
    expect(await dumpOf(url, prefix)).toEqual(before);
    await removeKeys(url, prefix);
  });

  it("says that a store does not answer, without its password", async () => {
    const store = "redis://:hunter2@127.0.0.1:1";
    const { code, stderr } = await aProject().taskora("diff", "--live", "--store", store);
    expect(code).toBe(2);
    expect(stderr).toContain("STORE_UNREADABLE");
    expect(stderr).not.toContain("hunter2");
  });
});

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  const keys = await redis.keys(`${prefix}*`);
  if (keys.length > 0) await redis.unlink(...keys);
  await redis.quit();
}

/** Everything under a prefix, as Redis would dump it. */
async function dumpOf(url: string, prefix: string): Promise<Readonly<Record<string, string>>> {
  const redis = new Redis(url);
  const keys = (await redis.keys(`${prefix}*`)).sort();
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  await redis.quit();
  return Object.fromEntries(keys.map((key, index) => [key, String(dumps[index])]));
}
