import assert from "node:assert/strict";
import type {
  ContractStore,
  LiveWorker,
  ProlongReply,
  WorkerAnnouncement,
} from "../../core/contract-store.js";
import { MAX_VITALS_BYTES, WORKER_COMMANDS, type WorkerCommand } from "../../core/observe/vitals.js";
import type { ConformanceCase } from "./kit.js";
import { Listener } from "./patience.js";
import { defineCase, defineCases, LONG_MS, OTHER_TASK, type Stage, TASK } from "./stage.js";

const IMPLEMENTED = { task: TASK, version: 1, since: 1, fingerprint: "" };

function storeOf(stage: Stage): ContractStore {
  assert.ok(stage.adapter.contracts, "it keeps workers");
  return stage.adapter.contracts;
}

function announce(stage: Stage, fields: Partial<WorkerAnnouncement> = {}): Promise<void> {
  return storeOf(stage).announce({
    ...{ worker: "w1", host: "box", pid: 1, ageMs: 0, ttlMs: LONG_MS, tasks: [IMPLEMENTED] },
    ...fields,
  });
}

function prolong(stage: Stage, vitals?: string): Promise<ProlongReply> {
  const said = vitals === undefined ? {} : { vitals };
  return storeOf(stage).prolong({ worker: "w1", ttlMs: LONG_MS, ...said });
}

async function found(stage: Stage, name = "w1"): Promise<LiveWorker> {
  const worker = (await storeOf(stage).workers()).find((each) => each.worker === name);
  assert.ok(worker, `${name} is there`);
  return worker;
}

function tell(stage: Stage, command: WorkerCommand, worker = "w1"): Promise<"applied" | "missing"> {
  return storeOf(stage).tell({ worker, task: TASK, command });
}

/** What a worker reads when it gives a sign of life. */
async function read(stage: Stage): Promise<Extract<ProlongReply, { readonly status: "applied" }>> {
  const reply = await prolong(stage);
  assert.equal(reply.status, "applied");
  return reply as Extract<ProlongReply, { readonly status: "applied" }>;
}

const vitals: readonly ConformanceCase[] = [
  defineCase(
    "vitals: are read as they were told last, with when that was",
    async (stage) => {
      const first = '{"state":"running","text":"ä\\u0000\\" \\ud83d\\ude00"}';
      await announce(stage, { vitals: first });
      const announced = await found(stage);
      assert.equal(announced.vitals?.text, first);
      assert.equal(announced.vitals.at, announced.seenAt, "they were told when it was seen");
      await stage.advance(50);
      await prolong(stage, '{"state":"quiet"}');
      const told = await found(stage);
      assert.equal(told.vitals?.text, '{"state":"quiet"}');
      assert.ok(told.vitals.at - announced.vitals.at >= 40, "they are newer");
    },
    ["contracts"],
  ),
  defineCase(
    "vitals: stay when a sign of life says none, and their worker was seen",
    async (stage) => {
      await announce(stage, { vitals: "{}" });
      const announced = await found(stage);
      await stage.advance(50);
      await prolong(stage);
      const seen = await found(stage);
      assert.deepEqual(seen.vitals, announced.vitals);
      assert.ok(seen.seenAt - announced.seenAt >= 40, "it was seen later");
      assert.equal(seen.startedAt, announced.startedAt);
    },
    ["contracts"],
  ),
  defineCase(
    "vitals: how long a worker is silent is told by the clock of the store",
    async (stage) => {
      await announce(stage);
      await stage.advance(300);
      const { silentMs, seenAt } = await found(stage);
      assert.ok(silentMs >= 290 && silentMs < 60_000, `it was silent for ${silentMs} ms`);
      await prolong(stage);
      const again = await found(stage);
      assert.ok(again.silentMs < silentMs, "it gave a sign of life");
      assert.ok(again.seenAt > seenAt);
    },
    ["contracts"],
  ),
  defineCase(
    "vitals: are those of their own worker, and go with a new announcement",
    async (stage) => {
      await announce(stage, { vitals: '{"n":1}' });
      await announce(stage, { worker: "w2", vitals: '{"n":2}' });
      await announce(stage);
      assert.equal((await found(stage)).vitals, undefined);
      assert.equal((await found(stage, "w2")).vitals?.text, '{"n":2}');
    },
    ["contracts"],
  ),
  defineCase(
    "vitals: that are too long are not kept",
    async (stage) => {
      const long = JSON.stringify("ä".repeat(MAX_VITALS_BYTES / 2));
      await announce(stage, { vitals: long });
      assert.equal((await found(stage)).vitals, undefined);
      await prolong(stage, "{}");
      await prolong(stage, long);
      assert.equal((await found(stage)).vitals?.text, "{}");
    },
    ["contracts"],
  ),
  defineCase(
    "vitals: a sign of life is told how many workers live",
    async (stage) => {
      for (let n = 1; n <= 60; n++) await announce(stage, { worker: `w${n}` });
      assert.equal((await read(stage)).workers, 60);
      await storeOf(stage).withdraw("w60");
      await announce(stage, { worker: "w2", ttlMs: 5 });
      await stage.advance(10);
      assert.equal((await read(stage)).workers, 58);
    },
    ["contracts"],
  ),
];

const commands: readonly ConformanceCase[] = [
  ...defineCases(
    WORKER_COMMANDS.map((command) => ({ command, needs: ["contracts"] as const })),
    ({ command }) => `commands: a worker that is told to ${command} hears it at once, and reads it`,
    async (stage, { command }) => {
      await announce(stage);
      const listener = await Listener.on(await stage.another(), { kind: "cancels", task: TASK });
      assert.equal(await tell(stage, command), "applied");
      const [heard] = await listener.received(1);
      const told = (await read(stage)).command;
      assert.equal(told?.command, command);
      assert.deepEqual(heard, { kind: "told", worker: "w1", command: told });
    },
  ),
  defineCase(
    "commands: what was told last counts, with a higher number, and is read until then",
    async (stage) => {
      await announce(stage);
      assert.equal((await read(stage)).command, undefined, "nothing was told");
      const numbers: number[] = [];
      for (const command of ["quiet", "resume", "quiet"] as const) {
        await tell(stage, command);
        const first = (await read(stage)).command;
        assert.deepEqual((await read(stage)).command, first, "it is read again");
        assert.equal(first?.command, command);
        numbers.push(first.number);
      }
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
      );
    },
    ["contracts"],
  ),
  defineCase(
    "commands: are for one worker, and those of another task hear nothing",
    async (stage) => {
      await announce(stage);
      await announce(stage, { worker: "w2" });
      const other = await Listener.on(stage.adapter, { kind: "cancels", task: OTHER_TASK });
      await tell(stage, "quiet", "w2");
      assert.equal((await read(stage)).command, undefined);
      await storeOf(stage).tell({ worker: "w1", task: OTHER_TASK, command: "close" });
      const heard = await other.received(1);
      assert.deepEqual(
        heard.map((notice) => notice.kind === "told" && notice.worker),
        ["w1"],
      );
    },
    ["contracts"],
  ),
  defineCase(
    "commands: outlive a new announcement of their worker, and go with it",
    async (stage) => {
      await announce(stage);
      await tell(stage, "quiet");
      await announce(stage);
      assert.equal((await read(stage)).command?.command, "quiet");
      await storeOf(stage).withdraw("w1");
      await announce(stage);
      assert.equal((await read(stage)).command, undefined);
    },
    ["contracts"],
  ),
  defineCase(
    "commands: a worker that nobody knows, or whose time is past, is missing",
    async (stage) => {
      assert.equal(await tell(stage, "quiet"), "missing");
      await announce(stage, { ttlMs: 5 });
      await stage.advance(10);
      assert.equal(await tell(stage, "quiet"), "missing");
      await announce(stage);
      assert.equal((await read(stage)).command, undefined);
    },
    ["contracts"],
  ),
];

/** How workers are, and what they are told to do. */
export const vitalsCases: readonly ConformanceCase[] = [...vitals, ...commands];
