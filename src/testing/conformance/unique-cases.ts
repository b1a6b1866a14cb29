import assert from "node:assert/strict";
import type { InsertReply, NewJob } from "../../core/adapter.js";
import type { JobUnique } from "../../core/limits/admission.js";
import type { ConformanceCase } from "./kit.js";
import { Listener, soon } from "./patience.js";
import {
  aJob,
  anError,
  defineCase,
  defineCases,
  keeping,
  LEASE,
  LONG_MS,
  OTHER_TASK,
  only,
  type Stage,
  TASK,
} from "./stage.js";

const KEY: JobUnique = { key: "order-7" };
const INSERTED: InsertReply = { status: "inserted" };

function unique(id: string, more: Partial<NewJob> & { readonly unique?: JobUnique } = {}): NewJob {
  const { unique: limits = KEY, ...fields } = more;
  return aJob({ id, limits: { unique: limits }, ...fields });
}

async function ask(stage: Stage, job: NewJob): Promise<InsertReply> {
  return only(await stage.adapter.insert([job]));
}

function duplicateOf(id: string): InsertReply {
  return { status: "duplicate", id, by: "unique" };
}

/** Brings a fresh job `a` with the key into a state. */
const REACH = {
  waiting: (stage: Stage) => stage.insert(unique("a")),
  delayed: (stage: Stage) => stage.insert(unique("a", { delayMs: LONG_MS })),
  active: async (stage: Stage) => void (await stage.takeNew(unique("a"))),
  retrying: async (stage: Stage) => {
    const job = await stage.takeNew(unique("a"));
    await stage.end(job, { event: "retry", error: anError(), delayMs: LONG_MS });
  },
};

/** Ends a fresh job `a` with the key. */
const END = {
  completed: async (stage: Stage) => {
    await stage.end(await stage.takeNew(unique("a")), { event: "complete", result: "1" });
  },
  failed: async (stage: Stage) => {
    await stage.end(await stage.takeNew(unique("a")), { event: "fail", error: anError() });
  },
  "cancelled while waiting": async (stage: Stage) => {
    await stage.insert(unique("a"));
    await stage.cancel("a");
  },
  "cancelled while active": async (stage: Stage) => {
    const job = await stage.takeNew(unique("a"));
    await stage.cancel("a");
    await stage.end(job, { event: "complete" });
  },
  expired: async (stage: Stage) => {
    await stage.insert(unique("a", { ttlMs: 20 }));
    await stage.advance(20);
  },
  "discarded by its ttl": async (stage: Stage) => {
    await stage.insert(unique("a", { ttlMs: 20, onExpire: "discard" }));
    await stage.advance(20);
  },
  removed: async (stage: Stage) => {
    await stage.insert(unique("a"));
    await stage.change("a", { change: "remove" });
  },
  drained: async (stage: Stage) => {
    await stage.insert(unique("a"));
    const drain = {
      control: "drain",
      states: ["waiting"],
      reason: "",
      retention: keeping(),
      limit: 10,
    } as const;
    await stage.adapter.control?.([{ task: TASK, ...drain }]);
  },
  "failed for stalling": async (stage: Stage) => {
    await stage.takeNew(unique("a"), { leaseMs: 20 });
    await stage.advance(20);
    await stage.sweepAll({ stallLimit: 0 });
  },
};

export const uniqueCases: readonly ConformanceCase[] = [
  defineCase("unique: whoever watches a duplicate is told how the job that is there ends", async (stage) => {
    const running = await stage.takeNew(unique("a"));
    const other = await stage.another();
    const outcomes = await Listener.on(other, { kind: "outcomes" });
    assert.deepEqual(await other.insert([unique("b", { watch: true })]), [duplicateOf("a")]);
    const none = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    await stage.end(running, { event: "complete", result: "1" }, { retention: none });
    const [notice] = await soon("the outcome", outcomes.received(1));
    assert.deepEqual(notice?.kind === "outcome" && [notice.outcome.id, notice.outcome.state], [
      "a",
      "completed",
    ]);
  }),
  ...defineCases(
    Object.keys(REACH) as (keyof typeof REACH)[],
    (state) => `unique: a job is a duplicate while another of its key is ${state}`,
    async (stage, state) => {
      await REACH[state](stage);
      assert.equal(await stage.state("a"), state);
      assert.deepEqual(await ask(stage, unique("b")), duplicateOf("a"));
      assert.equal(await stage.state("b"), "none");
      await stage.verifyBooks(["a", "b"]);
    },
  ),
  ...defineCases(
    Object.keys(REACH) as (keyof typeof REACH)[],
    (state) => `unique: a ${state} job does not count where only other states do`,
    async (stage, state) => {
      await REACH[state](stage);
      const others = (Object.keys(REACH) as (keyof typeof REACH)[]).filter((other) => other !== state);
      assert.deepEqual(await ask(stage, unique("b", { unique: { ...KEY, while: others } })), INSERTED);
      assert.deepEqual(await ask(stage, unique("c")), duplicateOf("b"));
    },
  ),
  ...defineCases(
    Object.entries(END).map(([how, end]) => ({
      how,
      end,
      needs: how === "drained" ? (["control"] as const) : [],
    })),
    ({ how }) => `unique: the key is free once its job was ${how}`,
    async (stage, { end }) => {
      await end(stage);
      assert.deepEqual(await ask(stage, unique("b")), INSERTED);
      assert.deepEqual(await ask(stage, unique("c")), duplicateOf("b"));
    },
  ),
  defineCase("unique: keys and tasks are apart, and jobs without a key", async (stage) => {
    await stage.insert(unique("a"), unique("b", { unique: { key: "order-8" } }), "c", "d");
    await stage.insert(unique("e", { task: OTHER_TASK }));
    assert.deepEqual(await stage.takeIds(), ["a", "b", "c", "d"]);
  }),
  defineCase("unique: the end of a job that lost its key frees nothing", async (stage) => {
    const a = await stage.takeNew(unique("a"));
    const limits: JobUnique = { ...KEY, while: ["waiting", "delayed"] };
    assert.deepEqual(await ask(stage, unique("b", { unique: limits })), INSERTED);
    await stage.end(a, { event: "complete" });
    assert.deepEqual(await ask(stage, unique("c")), duplicateOf("b"));
  }),
  defineCase("unique: a job that waits again takes a free key back", async (stage) => {
    const a = await stage.takeNew(unique("a"));
    await stage.insert(unique("b", { unique: { ...KEY, while: ["waiting"] } }));
    await stage.cancel("b");
    assert.deepEqual(
      await stage.adapter.read([{ task: TASK, id: "b" }]).then(([job]) => job?.state),
      "cancelled",
    );
    await stage.end(a, { event: "release" });
    assert.deepEqual(await ask(stage, unique("c")), duplicateOf("a"));
  }),
  defineCase("unique: a revived job holds its key again, when it is free", async (stage) => {
    await END.failed(stage);
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await ask(stage, unique("b")), duplicateOf("a"));
  }),
  defineCase("unique: a revived job leaves the key to whom it is", async (stage) => {
    await END.failed(stage);
    await stage.insert(unique("b"));
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await ask(stage, unique("c")), duplicateOf("b"));
  }),
  defineCase("unique: within one call jobs come one after the other", async (stage) => {
    const replies = await stage.adapter.insert([unique("a"), aJob("x"), unique("b"), unique("c")]);
    assert.deepEqual(replies, [INSERTED, INSERTED, duplicateOf("a"), duplicateOf("a")]);
    assert.deepEqual(await stage.takeIds(), ["a", "x"]);
  }),
  defineCase("unique: a repeated insert is no duplicate of itself", async (stage) => {
    await stage.insert(unique("a"));
    await stage.insert(unique("a"));
    const job = only(await stage.take());
    await stage.insert(unique("a"));
    await stage.end(job, { event: "complete" });
    await stage.insert(unique("a"));
    assert.deepEqual(await ask(stage, unique("b")), INSERTED);
  }),
  defineCase("unique: of many callers at once one gets the key", async (stage) => {
    const adapters = [stage.adapter, await stage.another(), await stage.another()];
    const calls = adapters.flatMap((adapter, caller) =>
      Array.from({ length: 20 }, (_, index) => adapter.insert([unique(`${caller}-${index}`)])),
    );
    const replies = (await Promise.all(calls)).flat();
    assert.equal(replies.filter((reply) => reply.status === "inserted").length, 1);
    assert.equal((await stage.counts()).waiting, 1);
  }),
  defineCase("unique: a damaged job does not keep its key for ever", async (stage) => {
    await stage.insert(unique("a"));
    await stage.corrupt("a");
    const [job] = (await stage.claim({ lease: LEASE })).jobs;
    assert.ok(job);
    await stage.end(job, { event: "fail", error: anError() });
    assert.deepEqual(await ask(stage, unique("b")), INSERTED);
  }),
  defineCase("unique: any text is a key", async (stage) => {
    const keys = ["", " ", "a b", "ä€😀", '"\\', "\u0000\n", "__proto__", "x".repeat(200)].slice(1);
    for (const [index, key] of keys.entries()) {
      assert.deepEqual(await ask(stage, unique(`a${index}`, { unique: { key } })), INSERTED);
      assert.deepEqual(await ask(stage, unique(`b${index}`, { unique: { key } })), duplicateOf(`a${index}`));
    }
  }),
];
