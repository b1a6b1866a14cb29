import assert from "node:assert/strict";
import type { Adapter } from "../../core/adapter.js";
import { TaskoraError } from "../../core/errors.js";
import type { Feature } from "../../core/features.js";
import type { ConformanceCase } from "./kit.js";
import { isPending, Listener, soon, startWait } from "./patience.js";
import { aJob, defineCase, defineCases, keeping, LEASE, LONG_MS, OTHER_TASK, TASK } from "./stage.js";

const lease = { task: TASK, lease: LEASE, leaseMs: LONG_MS };
const ref = { task: TASK, id: "a" };

interface Verb {
  readonly verb: string;
  readonly call: (adapter: Adapter) => Promise<unknown>;
  readonly needs?: readonly Feature[];
}

const VERBS: readonly Verb[] = [
  { verb: "insert", call: (adapter) => adapter.insert([aJob("a")]) },
  { verb: "claim", call: (adapter) => adapter.claim([{ ...lease, count: 1 }]) },
  { verb: "renew", call: (adapter) => adapter.renew([lease]) },
  {
    verb: "control",
    call: async (adapter) => adapter.control?.([{ task: TASK, control: "pause" }]),
    needs: ["control"],
  },
  { verb: "cancel", call: (adapter) => adapter.cancel([{ ...ref, reason: "no", retention: keeping() }]) },
  { verb: "read", call: (adapter) => adapter.read([ref]) },
  { verb: "count", call: (adapter) => adapter.count([TASK]) },
  { verb: "subscribe", call: (adapter) => adapter.subscribe({ kind: "outcomes" }, () => undefined) },
];

export const connectionCases: readonly ConformanceCase[] = [
  defineCase("connection: an adapter says its name", async (stage) => {
    assert.match(stage.adapter.name, /^[a-z][a-z0-9-]*$/);
  }),
  defineCase("connection: closing twice does no harm", async (stage) => {
    const other = await stage.another();
    await other.close();
    await other.close();
  }),
  defineCase("connection: a closed adapter connects again and finds its jobs", async (stage) => {
    const other = await stage.another();
    await other.insert([aJob("a")]);
    await other.close();
    await other.connect();
    assert.equal((await other.read([ref]))[0]?.state, "waiting");
  }),
  defineCase("connection: jobs outlive the adapter that inserted them", async (stage) => {
    const other = await stage.another();
    await other.insert([aJob("a")]);
    await other.close();
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase("connection: closing one adapter leaves the others open", async (stage) => {
    await (await stage.another()).close();
    await stage.insert("a");
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  ...defineCases(
    VERBS,
    ({ verb }) => `connection: ${verb} on a closed adapter is refused with a code`,
    async (stage, { call }) => {
      const other = await stage.another();
      await other.close();
      await assert.rejects(
        call(other),
        (error) => error instanceof TaskoraError && error.code === "STORE_UNAVAILABLE",
      );
      assert.equal((await stage.counts()).waiting, 0);
    },
  ),
  defineCase(
    "connection: a closed adapter hears nothing more, also when it connects again",
    async (stage) => {
      const other = await stage.another();
      const closed = await Listener.on(other, { kind: "events", task: TASK });
      const listener = await Listener.on(stage.adapter, { kind: "events", task: TASK });
      await other.close();
      await stage.insert("a");
      await other.connect();
      await stage.insert("b");
      await listener.received(2);
      assert.deepEqual(closed.notices, []);
      await closed.stop();
    },
    ["events"],
  ),
  defineCase(
    "connection: a reconnected adapter can wait, listen and work",
    async (stage) => {
      const other = await stage.another();
      await other.close();
      await other.connect();
      const listener = await Listener.on(other, { kind: "events", task: TASK });
      const { ids } = startWait(other, TASK);
      await stage.insert("a");
      assert.deepEqual(await soon("the wake", ids), ["a"]);
      await listener.received(1);
    },
    ["events"],
  ),
  defineCase("connection: an adapter that closes while it is used settles every call", async (stage) => {
    const other = await stage.another();
    const calls = Array.from({ length: 20 }, (_, index) => other.insert([aJob(`job-${index}`)]));
    const outcomes = Promise.allSettled(calls);
    await other.close();
    for (const outcome of await soon("the end of all calls", outcomes)) {
      if (outcome.status === "rejected")
        assert.ok(outcome.reason instanceof TaskoraError, String(outcome.reason));
    }
  }),
  defineCase("connection: two adapters may wait and work side by side", async (stage) => {
    const other = await stage.another();
    const { told, abort } = startWait(other, TASK);
    await stage.insert({ id: "a", task: OTHER_TASK });
    assert.deepEqual(await stage.takeIds({ task: OTHER_TASK }), ["a"]);
    assert.ok(await isPending(told), "its own wait goes on");
    abort();
    await told;
  }),
];
