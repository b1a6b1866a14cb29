import assert from "node:assert/strict";
import type { Adapter } from "../../core/adapter.js";
import type { ContractStore, VersionCount, WorkerAnnouncement } from "../../core/contract-store.js";
import type { ConformanceCase } from "./kit.js";
import { anError, defineCase, LONG_MS, OTHER_TASK, type Stage, TASK } from "./stage.js";

const FIRST = { task: TASK, version: 1, since: 1, fingerprint: "aaaaaaaaaaaa" };
const SECOND = { task: OTHER_TASK, version: 7, since: 3, fingerprint: "" };

function anAnnouncement(fields: Partial<WorkerAnnouncement> = {}): WorkerAnnouncement {
  return { worker: "w1", host: "box", pid: 4711, ageMs: 0, ttlMs: LONG_MS, tasks: [FIRST], ...fields };
}

/** A case about the store of contracts. */
function contractCase(
  name: string,
  body: (stage: Stage, contracts: ContractStore) => Promise<void>,
): ConformanceCase {
  return defineCase(name, async (stage) => body(stage, storeOf(stage.adapter)), ["contracts"]);
}

function storeOf(adapter: Adapter): ContractStore {
  assert.ok(adapter.contracts, "it keeps contracts");
  return adapter.contracts;
}

async function names(contracts: ContractStore): Promise<readonly string[]> {
  return (await contracts.workers()).map(({ worker }) => worker).sort();
}

const announcements: readonly ConformanceCase[] = [
  contractCase(
    "workers: an announcement is read as it was made, by every process",
    async (stage, contracts) => {
      await contracts.announce(anAnnouncement({ tasks: [FIRST, SECOND] }));
      const [found, ...others] = await storeOf(await stage.another()).workers();
      assert.deepEqual(others, []);
      assert.ok(found);
      const { startedAt, seenAt: _seenAt, silentMs: _silentMs, ...said } = found;
      assert.deepEqual(said, { worker: "w1", host: "box", pid: 4711, tasks: [FIRST, SECOND] });
      assert.ok(startedAt > 0);
    },
  ),
  contractCase("workers: nobody has announced anything at first", async (_stage, contracts) => {
    assert.deepEqual(await contracts.workers(), []);
  }),
  contractCase(
    "workers: each has its own announcement, and a second one replaces it",
    async (_stage, contracts) => {
      await contracts.announce(anAnnouncement());
      await contracts.announce(anAnnouncement({ worker: "w2" }));
      await contracts.announce(anAnnouncement({ tasks: [SECOND] }));
      assert.deepEqual(await names(contracts), ["w1", "w2"]);
      const replaced = (await contracts.workers()).find(({ worker }) => worker === "w1");
      assert.deepEqual(replaced?.tasks, [SECOND]);
    },
  ),
  contractCase("workers: an announcement says when its worker began", async (_stage, contracts) => {
    await contracts.announce(anAnnouncement({ worker: "young" }));
    await contracts.announce(anAnnouncement({ worker: "old", ageMs: LONG_MS }));
    const began = new Map((await contracts.workers()).map(({ worker, startedAt }) => [worker, startedAt]));
    const apartMs = (began.get("young") ?? 0) - (began.get("old") ?? 0);
    assert.ok(apartMs > 0 && apartMs <= LONG_MS, `they began ${apartMs} ms apart`);
  }),
  contractCase("workers: a beginning is in whole ms, however old a worker is", async (_stage, contracts) => {
    await contracts.announce(anAnnouncement({ ageMs: 12.345 }));
    const [{ startedAt } = { startedAt: Number.NaN }] = await contracts.workers();
    assert.ok(Number.isInteger(startedAt), `it began at ${startedAt}`);
  }),
  contractCase("workers: an announcement that is not prolonged ends", async (stage, contracts) => {
    await contracts.announce(anAnnouncement({ ttlMs: 5 }));
    await contracts.announce(anAnnouncement({ worker: "w2" }));
    await stage.advance(10);
    assert.deepEqual(await names(contracts), ["w2"]);
    assert.deepEqual(await contracts.prolong({ worker: "w1", ttlMs: LONG_MS }), { status: "missing" });
    assert.deepEqual(await names(contracts), ["w2"]);
  }),
  contractCase("workers: an announcement that is prolonged lives on", async (stage, contracts) => {
    await contracts.announce(anAnnouncement({ ttlMs: 1000 }));
    const reply = await contracts.prolong({ worker: "w1", ttlMs: LONG_MS });
    assert.deepEqual(reply, { status: "applied", workers: 1 });
    await stage.advance(1010);
    assert.deepEqual(await names(contracts), ["w1"]);
  }),
  contractCase("workers: one that never announced has nothing to prolong", async (_stage, contracts) => {
    assert.deepEqual(await contracts.prolong({ worker: "w9", ttlMs: LONG_MS }), { status: "missing" });
    assert.deepEqual(await contracts.workers(), []);
  }),
  contractCase("workers: a withdrawn announcement is gone at once", async (_stage, contracts) => {
    await contracts.announce(anAnnouncement());
    await contracts.announce(anAnnouncement({ worker: "w2" }));
    await contracts.withdraw("w1");
    await contracts.withdraw("w1");
    assert.deepEqual(await names(contracts), ["w2"]);
    assert.deepEqual(await contracts.prolong({ worker: "w1", ttlMs: LONG_MS }), { status: "missing" });
  }),
  contractCase("workers: any number is read", async (_stage, contracts) => {
    const all = Array.from({ length: 250 }, (_, index) => `w${index}`);
    await Promise.all(all.map((worker) => contracts.announce(anAnnouncement({ worker }))));
    assert.deepEqual(await names(contracts), [...all].sort());
  }),
];

/** All pages as lines, sorted: `waiting v1 fp 3`. */
async function countedVersions(contracts: ContractStore, task: string = TASK): Promise<readonly string[]> {
  const sums = new Map<string, number>();
  let cursor: string | undefined;
  do {
    const page = await contracts.countVersions({ task, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of page.counts) sums.set(rowName(row), (sums.get(rowName(row)) ?? 0) + row.count);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...sums].map(([name, count]) => `${name} ${count}`).sort();
}

function rowName({ state, version, fingerprint }: VersionCount): string {
  return `${state} v${version} ${fingerprint || "-"}`;
}

const counts: readonly ConformanceCase[] = [
  contractCase("versions: a task without jobs has none", async (_stage, contracts) => {
    assert.deepEqual(await countedVersions(contracts), []);
  }),
  contractCase("versions: jobs count by version, fingerprint and state", async (stage, contracts) => {
    await stage.insert({ id: "a", version: 1, fingerprint: "old" });
    await stage.end(await firstTaken(stage), { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.insert({ id: "b", version: 2, fingerprint: "new" });
    await firstTaken(stage);
    await stage.insert(
      { id: "c", version: 1, fingerprint: "old" },
      { id: "d", version: 1, fingerprint: "other" },
      { id: "e", version: 2, fingerprint: "new", priority: 5 },
      { id: "f", version: 2, fingerprint: "new", delayMs: LONG_MS },
      { id: "g", version: 3 },
    );
    assert.deepEqual(await countedVersions(contracts), [
      "active v2 new 1",
      "delayed v2 new 1",
      "retrying v1 old 1",
      "waiting v1 old 1",
      "waiting v1 other 1",
      "waiting v2 new 1",
      "waiting v3 - 1",
    ]);
  }),
  contractCase(
    "versions: what a job carries beside its payload changes nothing",
    async (stage, contracts) => {
      await stage.insert(
        { id: "a", version: 300, fingerprint: "large" },
        { id: "b", version: 1, fingerprint: "ünïcode: {x}" },
        { id: "c", version: 1, fingerprint: "f", headers: { traceparent: "00-1-2-01:{}" } },
        { id: "d", version: 1, fingerprint: "f", maxAttempts: 3, payload: new Uint8Array([0, 1, 2, 255]) },
        { id: "e", version: 1, fingerprint: "f", payload: new Uint8Array([0, 1, 2, 255]) },
        { id: "f", version: 1, fingerprint: "f", payload: "" },
      );
      assert.deepEqual(await countedVersions(contracts), [
        "waiting v1 f 4",
        "waiting v1 ünïcode: {x} 1",
        "waiting v300 large 1",
      ]);
    },
  ),
  contractCase("versions: jobs that have ended do not count", async (stage, contracts) => {
    await stage.end(await stage.takeNew("a"), { event: "complete" });
    await stage.end(await stage.takeNew("b"), { event: "fail", error: anError() });
    await stage.insert("c", "d");
    await stage.cancel("c");
    assert.deepEqual(await countedVersions(contracts), ["waiting v1 - 1"]);
  }),
  contractCase("versions: tasks do not mix", async (stage, contracts) => {
    await stage.insert("a", { id: "b", task: OTHER_TASK, version: 2 });
    assert.deepEqual(await countedVersions(contracts), ["waiting v1 - 1"]);
    assert.deepEqual(await countedVersions(contracts, OTHER_TASK), ["waiting v2 - 1"]);
  }),
  contractCase("versions: a corrupt job counts as version 0", async (stage, contracts) => {
    await stage.insert("a", { id: "b", delayMs: LONG_MS }, "c");
    await stage.corrupt("a");
    await stage.corrupt("b");
    assert.deepEqual(await countedVersions(contracts), [
      "delayed v0 - 1",
      "waiting v0 - 1",
      "waiting v1 - 1",
    ]);
  }),
  contractCase("versions: many jobs are counted exactly, page by page", async (stage, contracts) => {
    for (let batch = 0; batch < 6; batch++) {
      const jobs = Array.from({ length: 500 }, (_, index) => {
        const number = batch * 500 + index;
        return {
          id: `job-${number}`,
          version: 1 + (number % 3),
          ...(number % 2 ? {} : { delayMs: LONG_MS }),
        };
      });
      await stage.insert(...jobs);
    }
    assert.equal((await stage.take({ count: 100 })).length, 100);
    const rows = await countedVersions(contracts);
    const sum = (pattern: RegExp) =>
      rows
        .filter((row) => pattern.test(row))
        .reduce((total, row) => total + Number(row.split(" ").at(-1)), 0);
    assert.deepEqual([sum(/^delayed/), sum(/^waiting/), sum(/^active/)], [1500, 1400, 100]);
    assert.deepEqual([sum(/ v1 /), sum(/ v2 /), sum(/ v3 /)], [1000, 1000, 1000]);
  }),
  contractCase("versions: large payloads are counted like small ones", async (stage, contracts) => {
    const payload = JSON.stringify("x".repeat(200_000));
    for (const id of ["a", "b", "c", "d", "e", "f", "g", "h"]) await stage.insert({ id, payload });
    assert.deepEqual(await countedVersions(contracts), ["waiting v1 - 8"]);
  }),
  contractCase("versions: a cursor that comes from nowhere is refused", async (_stage, contracts) => {
    await assert.rejects(contracts.countVersions({ task: TASK, cursor: "nonsense" }), {
      code: "OPTION_INVALID",
    });
  }),
];

async function firstTaken(stage: Stage): Promise<{ readonly id: string; readonly fence: number }> {
  const [job] = await stage.take({ count: 1 });
  assert.ok(job);
  return job;
}

/** Announcements of workers and counts per version, for adapters that have {@link Adapter.contracts}. */
export const contractStoreCases: readonly ConformanceCase[] = [...announcements, ...counts];
