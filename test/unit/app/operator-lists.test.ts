import { describe, expect, it } from "vitest";
import { createErrors, type ErrorsHost } from "../../../src/app/operate/errors.js";
import { implementedBy, readTaskContracts } from "../../../src/app/operate/task-contracts.js";
import { readVersions } from "../../../src/app/operate/versions.js";
import { createWorkers, type WorkersHost } from "../../../src/app/operate/workers.js";

/** Pages of a list, one after the other. */
async function pages<T>(
  read: (cursor: { readonly cursor?: string }) => PromiseLike<{ items: readonly T[]; cursor?: string }>,
): Promise<(readonly T[])[]> {
  const found: (readonly T[])[] = [];
  for (let cursor: string | undefined; found.length < 20; ) {
    const page = await read(cursor === undefined ? {} : { cursor });
    found.push(page.items);
    cursor = page.cursor;
    if (cursor === undefined) return found;
  }
  throw new Error("the cursor goes in circles");
}

interface Group {
  readonly task: string;
  readonly fingerprint: string;
  readonly lastAt: number;
  readonly count: number;
}

const group = (
  task: string,
  fingerprint: string,
  numbers: readonly [lastAt: number, count: number],
): Group => ({
  ...{ task, fingerprint, lastAt: numbers[0], count: numbers[1] },
});

/** In the order that they should have. */
const GROUPS = [
  group("a", "00000003", [30, 1]),
  group("a", "00000002", [20, 9]),
  group("b", "00000001", [20, 2]),
  group("a", "00000004", [20, 1]),
  group("b", "00000004", [20, 1]),
  group("a", "00000005", [20, 1]),
  group("b", "00000000", [10, 99]),
];

function errorsOver(groups: readonly Group[]) {
  const asked: unknown[] = [];
  const required: string[] = [];
  const kind = { name: "MailError", message: "full" };
  const observe = {
    errors: async (query: { readonly tasks: readonly string[]; readonly from: number }) => {
      asked.push(query);
      return groups.filter(({ task }) => query.tasks.includes(task)).map((each) => ({ ...each, kind }));
    },
  };
  const tasks = {
    all: async () => ["a", "b"],
    require: async (task: string) => {
      required.push(task);
      if (task !== "a" && task !== "b") throw new Error(`there is no task ${task}`);
    },
  };
  const host = { adapter: { name: "fake", observe }, tasks, connect: async () => undefined };
  return { asked, required, errors: createErrors(host as unknown as ErrorsHost) };
}

const said = ({ task, fingerprint }: { readonly task: string; readonly fingerprint: string }) =>
  `${task} ${fingerprint}`;

describe("the list of errors", () => {
  it.each([1, 2, 3, 6, 7, 100])("has the newest first in pages of %i, each once", async (limit) => {
    for (const given of [GROUPS, GROUPS.toReversed()]) {
      const { errors } = errorsOver(given);
      const read = await pages((cursor) => errors.list({ limit, ...cursor }));
      expect(read.flat().map(said)).toEqual(GROUPS.map(said));
      expect(read.map((page) => page.length)).toEqual(
        Array.from({ length: Math.ceil(7 / limit) }, (_, n) => Math.min(limit, 7 - n * limit)),
      );
    }
  });

  it("is one page without a limit, and tells what is known of each kind", async () => {
    const { errors, asked } = errorsOver(GROUPS);
    const page = await errors.list();
    expect(page.items).toHaveLength(7);
    expect(page.items[0]).toMatchObject({
      task: "a",
      name: "MailError",
      message: "full",
      lastAt: 30,
      count: 1,
    });
    expect("cursor" in page).toBe(false);
    expect(asked).toEqual([{ tasks: ["a", "b"], from: 0 }]);
  });

  it("is that of one task, and since a time, when these are given", async () => {
    const { errors, asked } = errorsOver(GROUPS);
    const { items } = await errors.list({ task: "b", from: new Date(5) });
    expect(items.map(said)).toEqual(["b 00000001", "b 00000004", "b 00000000"]);
    expect(asked).toEqual([{ tasks: ["b"], from: 5 }]);
    await expect(errors.list({ task: "misspelt" })).rejects.toThrow("there is no task misspelt");
  });

  it("is empty where nothing failed", async () => {
    expect(await errorsOver([]).errors.list()).toEqual({ items: [] });
  });
});

const contract = (version: number, fingerprint = "", since = 1) => ({ version, since, fingerprint });

interface Live {
  readonly id: string;
  readonly startedAt: number;
  readonly tasks?: readonly string[];
}

function workersOver(live: readonly Live[]) {
  const stored = live.map(({ id, startedAt, tasks = ["a"] }) => ({
    ...{ worker: id, host: "h", pid: 1, startedAt, seenAt: 100, silentMs: 0 },
    tasks: tasks.map((task) => ({ task, ...contract(1) })),
  }));
  const told: unknown[] = [];
  const audited: unknown[] = [];
  const contracts = {
    workers: async () => stored,
    tell: async (command: unknown) => {
      told.push(command);
      return "applied";
    },
  };
  const tasks = {
    require: async (task: string) => {
      if (task !== "idle") throw new Error(`there is no task ${task}`);
    },
  };
  const host = {
    ...{ adapter: { name: "fake", contracts }, tasks, connect: async () => undefined },
    context: { audit: (event: unknown) => void audited.push(event) },
  };
  return { told, audited, workers: createWorkers(host as unknown as WorkersHost) };
}

const LIVE = [
  { id: "w3", startedAt: 1 },
  { id: "w1", startedAt: 2, tasks: ["a", "b"] },
  { id: "w2", startedAt: 2, tasks: [] },
  { id: "w0", startedAt: 3, tasks: ["b"] },
];

describe("the list of workers", () => {
  it.each([1, 2, 3, 4, 100])("has the oldest first in pages of %i, each once", async (limit) => {
    for (const given of [LIVE, LIVE.toReversed()]) {
      const read = await pages((cursor) => workersOver(given).workers.list({ limit, ...cursor }));
      expect(read.flat().map(({ id }) => id)).toEqual(["w3", "w1", "w2", "w0"]);
      expect(read).toHaveLength(Math.ceil(4 / limit));
    }
  });

  it("is that of one task, with that task alone of each", async () => {
    const { workers } = workersOver(LIVE);
    const { items } = await workers.list({ task: "b" });
    expect(items.map(({ id, tasks }) => [id, tasks.map(({ task }) => task)])).toEqual([
      ["w1", ["b"]],
      ["w0", ["b"]],
    ]);
    expect(await workers.list({ task: "idle" })).toEqual({ items: [] });
    await expect(workers.list({ task: "misspelt" })).rejects.toThrow("there is no task misspelt");
    expect(await workersOver([]).workers.list()).toEqual({ items: [] });
  });

  it("finds one by its id, and tells the right one what to do", async () => {
    const { workers, told, audited } = workersOver(LIVE);
    expect(await workers.get("w0")).toMatchObject({ id: "w0", state: "running" });
    expect(await workers.get("w9")).toBeUndefined();
    expect(await workers.quiet("w1", { by: "ada" })).toEqual({ status: "requested" });
    expect(await workers.resume("w2")).toEqual({ status: "requested" });
    expect(await workers.close("w9")).toEqual({ status: "missing" });
    expect(told).toEqual([
      { worker: "w1", task: "a", command: "quiet" },
      { worker: "w2", task: "", command: "resume" },
    ]);
    expect(audited).toMatchObject([
      { action: "worker.quiet", worker: "w1", status: "requested", by: "ada" },
      { action: "worker.resume", worker: "w2", status: "requested" },
      { action: "worker.close", worker: "w9", status: "missing" },
    ]);
  });
});

describe("the contracts that workers implement", () => {
  const worker = (...contracts: readonly object[]) => ({ tasks: contracts }) as never;
  const a = (...given: Parameters<typeof contract>) => ({ task: "a", ...contract(...given) });

  it("are counted by version, oldest accepted version and fingerprint, the newest first", () => {
    const workers = [
      worker(a(1, "f1")),
      worker(a(2, "f3"), { task: "b", ...contract(9, "f1") }),
      worker(a(2, "f2")),
      worker(a(2, "f2")),
      worker(a(1, "f1")),
      worker(),
    ];
    expect(implementedBy(workers, "a")).toEqual([
      { ...contract(2, "f2"), workers: 2 },
      { ...contract(2, "f3"), workers: 1 },
      { ...contract(1, "f1"), workers: 2 },
    ]);
    expect(implementedBy([worker(a(2, "f", 1)), worker(a(2, "f", 2))], "a")).toHaveLength(2);
    expect(implementedBy(workers, "c")).toEqual([]);
  });

  it("come with the schemas that are kept of each, task by task", async () => {
    const adapter = {
      contracts: { workers: async () => [worker(a(1, "f1"), { task: "b", ...contract(3, "f3") })] },
      observe: {
        contracts: async (refs: readonly { readonly task: string; readonly fingerprint: string }[]) =>
          refs.map(({ task, fingerprint }) => (task === "b" ? { input: { title: fingerprint } } : undefined)),
      },
    };
    const found = await readTaskContracts(adapter as never, ["none", "a", "b"]);
    expect(Object.fromEntries(found)).toEqual({
      none: [],
      a: [{ ...contract(1, "f1"), workers: 1 }],
      b: [{ ...contract(3, "f3"), workers: 1, input: { title: "f3" } }],
    });
    const bare = await readTaskContracts({ ...adapter, observe: undefined } as never, ["a"]);
    expect(bare.get("a")).toEqual([{ ...contract(1, "f1"), workers: 1 }]);
    expect((await readTaskContracts({} as never, ["a"])).get("a")).toEqual([]);
  });
});

describe("the versions of open jobs", () => {
  it("are summed up over all pages, the oldest first", async () => {
    const row = (version: number, fingerprint: string, rest: object) => ({ version, fingerprint, ...rest });
    const asked: unknown[] = [];
    const all = [
      [row(2, "y", { state: "waiting", count: 3 }), row(1, "", { state: "active", count: 1 })],
      [row(2, "x", { state: "delayed", count: 2 })],
      [row(2, "y", { state: "waiting", count: 4 }), row(2, "y", { state: "retrying", count: 5 })],
    ];
    const contracts = {
      countVersions: async (query: { readonly cursor?: string }) => {
        asked.push(query);
        const at = Number(query.cursor ?? 0);
        return { counts: all[at], ...(at < 2 ? { cursor: String(at + 1) } : {}) };
      },
    };
    const none = { waiting: 0, delayed: 0, active: 0, retrying: 0 };
    expect(await readVersions(contracts as never, "a")).toEqual([
      { version: 1, fingerprint: "", ...none, active: 1, total: 1 },
      { version: 2, fingerprint: "x", ...none, delayed: 2, total: 2 },
      { version: 2, fingerprint: "y", ...none, waiting: 7, retrying: 5, total: 12 },
    ]);
    expect(asked).toEqual([{ task: "a" }, { task: "a", cursor: "1" }, { task: "a", cursor: "2" }]);
  });
});
