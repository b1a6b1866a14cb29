import { describe, expect, it } from "vitest";
import { contractNotes } from "../../src/board/observe/contract-rules.js";
import type { Examined, ExaminedTask } from "../../src/board/observe/examined.js";
import { scheduleNotes } from "../../src/board/observe/schedule-rules.js";
import { serverNotes } from "../../src/board/observe/server-rules.js";
import { taskNotes } from "../../src/board/observe/task-rules.js";

const NOW = 1_800_000_000_000;
const FINE = {
  address: "10.0.0.1:6379",
  now: NOW,
  skewMs: 3,
  eviction: "noeviction",
  persistence: { log: true },
};
const NOTHING: Examined = {
  ...{ now: NOW, kind: "redis", servers: [FINE], callsMs: [1, 2, 1], tasks: [], schedules: [], workers: [] },
};
const COUNTS = {
  ...{ waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0, retrying: 0, cancelled: 0, expired: 0 },
};
const TASK: ExaminedTask = { name: "email.send", contract: "email.send", counts: COUNTS, workers: 2 };
const NONE = { count: 0 };
const RUNS = {
  completed: 0,
  failed: 0,
  retried: 0,
  cancelled: 0,
  released: 0,
  stalled: 0,
  wait: NONE,
  run: NONE,
};

/** A server with one thing changed: what is found of it, as `severity check`. */
function ofServer(change: object, more: Partial<Examined> = {}): readonly string[] {
  const notes = serverNotes({ ...NOTHING, servers: [{ ...FINE, ...change }], ...more });
  return notes.map(({ severity, check }) => `${severity} ${check}`);
}

function ofTask(change: Partial<ExaminedTask>): readonly string[] {
  const notes = taskNotes({ ...NOTHING, tasks: [{ ...TASK, ...change }] });
  return notes.map(({ severity, check }) => `${severity} ${check}`);
}

describe("the rules look at servers", () => {
  it.each<readonly [string, object, readonly string[]]>([
    ["that are fine", {}, []],
    ["whose user may do all", { denied: [] }, []],
    ["whose user may not do all", { denied: ["XADD"] }, ["critical access"]],
    ["that delete keys", { eviction: "allkeys-lru" }, ["critical eviction"]],
    ["that say nothing of it", { eviction: undefined }, []],
    ["with room", { memory: { usedBytes: 79, limitBytes: 100 } }, []],
    ["that are nearly full", { memory: { usedBytes: 81, limitBytes: 100 } }, ["warning memory"]],
    ["that are full", { memory: { usedBytes: 96, limitBytes: 100 } }, ["critical memory"]],
    ["without a limit", { memory: { usedBytes: 96, limitBytes: 0 } }, []],
    ["with holes", { memory: { usedBytes: 2e8, fragmentation: 1.6 } }, ["warning memory"]],
    ["small ones with holes", { memory: { usedBytes: 2e6, fragmentation: 9 } }, []],
    ["without a log", { persistence: { log: false, savedAt: NOW - 60_000 } }, ["warning persistence"]],
    ["that cannot write", { persistence: { log: true, isFailing: true } }, ["critical persistence"]],
    ["with a replica behind", { replicas: [{ lagMs: 9000 }, { lagMs: 11_000 }] }, ["warning replicas"]],
    ["with many clients", { clients: { connected: 90, limit: 100 } }, ["warning clients"]],
    ["with some clients", { clients: { connected: 89, limit: 100 } }, []],
    ["whose clock is ahead", { skewMs: 1500 }, ["warning clock"]],
    ["whose clock is an hour behind", { skewMs: -3_600_000 }, ["critical clock"]],
  ])("%s", (_, change, found) => {
    expect(ofServer(change)).toEqual(found);
  });

  it("does not ask a Postgres for Redis' log", () => {
    expect(ofServer({ persistence: { log: false } }, { kind: "memory" })).toEqual([]);
  });

  it("says how long calls take", () => {
    expect(ofServer({}, { callsMs: [30, 25, 1, 40, 22] })).toEqual(["warning latency"]);
    expect(ofServer({}, { callsMs: [1, 1, 1, 900] })).toEqual([]);
  });

  it("says what, why and what to do", () => {
    expect(serverNotes({ ...NOTHING, servers: [{ ...FINE, eviction: "allkeys-lru" }] })).toEqual([
      {
        ...{ check: "eviction", severity: "critical" },
        what: "The server 10.0.0.1:6379 deletes keys when its memory is short (maxmemory-policy allkeys-lru).",
        why: "Jobs are among them: they vanish, and nobody is told.",
        advice: "CONFIG SET maxmemory-policy noeviction, and the same in its configuration.",
      },
    ]);
  });
});

describe("the rules look at tasks", () => {
  const waiting = { ...COUNTS, waiting: 5 };
  it.each<readonly [string, Partial<ExaminedTask>, readonly string[]]>([
    ["with nothing to do", { workers: 0 }, []],
    ["nobody works on", { workers: 0, counts: waiting }, ["critical workers"]],
    ["whose store keeps no list of workers", { workers: undefined as never, counts: waiting }, []],
    ["that are paused on purpose", { workers: 0, counts: waiting, pausedAt: NOW - 60_000 }, []],
    ["that were forgotten paused", { pausedAt: NOW - 3_700_000 }, ["warning pauses"]],
    ["with a short wait", { counts: waiting, oldestWaitingSince: NOW - 29_000 }, []],
    ["with a long wait", { counts: waiting, oldestWaitingSince: NOW - 31_000 }, ["warning waits"]],
    [
      "with a long wait that is usual",
      { counts: waiting, oldestWaitingSince: NOW - 60_000, hour: { ...RUNS, wait: { count: 9, p50: 7000 } } },
      [],
    ],
    ["with few runs", { lately: { ...RUNS, completed: 10, failed: 9 } }, []],
    ["with some failures", { lately: { ...RUNS, completed: 95, failed: 2, retried: 3 } }, []],
    [
      "with many failures",
      { lately: { ...RUNS, completed: 90, failed: 3, retried: 7 } },
      ["warning failures"],
    ],
  ])("%s", (_, change, found) => {
    expect(ofTask(change)).toEqual(found);
  });
});

describe("the rules look at schedules", () => {
  const schedule = { name: "nightly", task: "report", paused: false };
  it.each<readonly [string, object, number]>([
    ["that come", { nextSlotAt: NOW + 5 }, 0],
    ["that are about to fire", { nextSlotAt: NOW - 9000 }, 0],
    ["that are late", { nextSlotAt: NOW - 11_000 }, 1],
    ["that are paused", { nextSlotAt: NOW - 11_000, paused: true, lastFiredAt: NOW - 60_000 }, 0],
    ["that have ended", {}, 0],
    ["that were paused before they ran", { paused: true }, 1],
    ["that wait for a young job", { lastFiredAt: NOW - 60_000, heldBy: { id: "a", state: "active" } }, 0],
    ["that wait for a stuck job", { lastFiredAt: NOW - 3_700_000, heldBy: { id: "a", state: "active" } }, 1],
    ["that were paused and forgotten", { paused: true, lastFiredAt: NOW - 3_700_000 }, 1],
  ])("%s", (_, change, found) => {
    expect(scheduleNotes({ ...NOTHING, schedules: [{ ...schedule, ...change } as never] })).toHaveLength(
      found,
    );
  });
});

describe("the rules look at contracts", () => {
  const own = (version: number, fingerprint: string, since = 1) => {
    return { task: "email.send", version, since, fingerprint };
  };
  const jobs = (version: number, waiting: number) => {
    return { ...COUNTS, version, waiting, fingerprint: "", total: waiting };
  };
  it.each<readonly [string, Partial<ExaminedTask>, readonly string[]]>([
    ["that are the same", { implemented: [own(2, "a"), own(2, "a"), own(1, "b")] }, []],
    [
      "that are called the same and differ",
      { implemented: [own(2, "a"), own(2, "b")] },
      ["warning 2 different"],
    ],
    ["that are not generated", { implemented: [own(2, ""), own(2, "b")] }, []],
    [
      "of jobs that are taken",
      { implemented: [own(2, "a")], versions: [jobs(1, 3), jobs(2, 1), jobs(3, 0)] },
      [],
    ],
    ["of newer jobs", { implemented: [own(2, "a")], versions: [jobs(3, 3)] }, ["critical version 3"]],
    [
      "of jobs that are too old",
      { implemented: [own(2, "a", 2)], versions: [jobs(1, 1)] },
      ["critical version 1"],
    ],
    ["that nobody implements", { implemented: [], versions: [jobs(1, 1)] }, []],
  ])("%s", (_, change, found) => {
    const notes = contractNotes({ ...NOTHING, tasks: [{ ...TASK, ...change }] });
    const told = notes.map(({ severity, what }) => {
      return `${severity} ${/\d different|version \d/.exec(what)?.[0]}`;
    });
    expect(told).toEqual(found);
  });
});
