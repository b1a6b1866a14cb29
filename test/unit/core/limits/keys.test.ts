import { describe, expect, it } from "vitest";
import type { JobAdmission } from "../../../../src/core/limits/admission.js";
import {
  debounce,
  type KeyFacts,
  keysToFree,
  keysToHold,
  refusalOf,
} from "../../../../src/core/limits/keys.js";

const NOBODY: KeyFacts = {
  idempotent: () => undefined,
  unique: () => undefined,
  throttled: () => ({ size: 0, times: [] }),
};
const idempotency = { key: "k", windowMs: 100, digest: "one" };
const throttle = { key: "k", limit: 2, windowMs: 100 };

describe("a new job", () => {
  const holder = (state: "active" | "waiting" | "completed") => ({ unique: () => ({ id: "h", state }) });
  const times = (...list: readonly number[]) => ({ throttled: () => ({ size: list.length, times: list }) });
  it.each<{
    readonly when: string;
    readonly job: JobAdmission;
    readonly facts: object;
    readonly reply: unknown;
  }>([
    {
      when: "nobody has its keys",
      job: { idempotency, unique: { key: "k" }, throttle },
      facts: {},
      reply: undefined,
    },
    {
      when: "another stands for its idempotency key",
      job: { idempotency },
      facts: { idempotent: () => ({ id: "h", digest: "one" }) },
      reply: { status: "duplicate", id: "h", by: "idempotency" },
    },
    {
      when: "that one had another payload",
      job: { idempotency, unique: { key: "k" } },
      facts: { idempotent: () => ({ id: "h", digest: "two" }), ...holder("active") },
      reply: { status: "reused", id: "h" },
    },
    {
      when: "another holds its key",
      job: { unique: { key: "k" } },
      facts: holder("active"),
      reply: { status: "duplicate", id: "h", by: "unique" },
    },
    {
      when: "the holder has ended",
      job: { unique: { key: "k" } },
      facts: holder("completed"),
      reply: undefined,
    },
    {
      when: "the holder is in a state that does not count",
      job: { unique: { key: "k", while: ["waiting"] } },
      facts: holder("active"),
      reply: undefined,
    },
    {
      when: "the holder is in a state that counts",
      job: { unique: { key: "k", while: ["waiting"] } },
      facts: holder("waiting"),
      reply: { status: "duplicate", id: "h", by: "unique" },
    },
    { when: "its throttle has room", job: { throttle }, facts: times(990), reply: undefined },
    {
      when: "starts have left its throttle",
      job: { throttle },
      facts: times(890, 900, 990),
      reply: undefined,
    },
    {
      when: "its throttle is full",
      job: { throttle },
      facts: times(901, 990),
      reply: { status: "throttled", retryAfterMs: 1 },
    },
    {
      when: "its throttle is over what it may have",
      job: { throttle },
      facts: times(900, 910, 920, 930),
      reply: { status: "throttled", retryAfterMs: 20 },
    },
    {
      when: "it passed its throttle before",
      job: { throttle },
      facts: { throttled: () => undefined },
      reply: undefined,
    },
  ])("is answered when $when", ({ job, facts, reply }) => {
    expect(refusalOf(job, { ...NOBODY, ...facts }, 1000)).toEqual(reply);
  });

  it("asks no further once it is refused", () => {
    const facts: KeyFacts = {
      ...NOBODY,
      idempotent: () => ({ id: "h", digest: "one" }),
      unique: () => expect.unreachable(),
      throttled: () => expect.unreachable(),
    };
    expect(refusalOf({ idempotency, unique: { key: "k" }, throttle }, facts, 0)).toMatchObject({ id: "h" });
  });
});

describe("a debounced job", () => {
  const before = { first: 900, state: "delayed", hasStarted: false } as const;
  const rule = { key: "k", delayMs: 50 };
  it.each([
    { when: "it is the first", before: undefined, rule, is: { replaces: false, first: 1000, dueAt: 1050 } },
    { when: "one is delayed", before, rule, is: { replaces: true, first: 900, dueAt: 1050 } },
    {
      when: "one waits",
      before: { ...before, state: "waiting" as const },
      rule,
      is: { replaces: true, first: 900, dueAt: 1050 },
    },
    {
      when: "one runs",
      before: { ...before, state: "active" as const, hasStarted: true },
      rule,
      is: { replaces: false, first: 1000, dueAt: 1050 },
    },
    {
      when: "one ran and waits again",
      before: { ...before, hasStarted: true },
      rule,
      is: { replaces: false, first: 1000, dueAt: 1050 },
    },
    {
      when: "its longest wait is near",
      before,
      rule: { ...rule, maxWaitMs: 120 },
      is: { replaces: true, first: 900, dueAt: 1020 },
    },
    {
      when: "its longest wait is past",
      before,
      rule: { ...rule, maxWaitMs: 60 },
      is: { replaces: true, first: 900, dueAt: 960 },
    },
  ])("when $when", (row) => {
    expect(debounce(row.rule, row.before, 1000)).toEqual(row.is);
  });
});

describe("the keys of a job", () => {
  const job = { idempotency, unique: { key: "k" }, debounce: { key: "k", delayMs: 1 } };
  it.each([
    { holders: {}, held: { unique: true, idempotent: "take" } },
    { holders: { unique: "other", idempotent: "other" }, held: { unique: false, idempotent: "leave" } },
    { holders: { unique: "me", idempotent: "me" }, held: { unique: false, idempotent: "keep" } },
  ])("it waits again and these hold them: $holders", ({ holders, held }) => {
    expect(keysToHold(job, holders, "me")).toEqual(held);
  });

  it.each([
    { holders: {}, free: { unique: false, debounced: false, idempotentInMs: undefined } },
    {
      holders: { unique: "me", idempotent: "me", debounced: "me" },
      free: { unique: true, debounced: true, idempotentInMs: 100 },
    },
    {
      holders: { unique: "other", idempotent: "other", debounced: "other" },
      free: { unique: false, debounced: false, idempotentInMs: undefined },
    },
  ])("it is over and these hold them: $holders", ({ holders, free }) => {
    expect(keysToFree(job, holders, "me")).toEqual(free);
  });

  it("that it has not are nobody's business", () => {
    const holders = { unique: "me", idempotent: "me", debounced: "me" };
    expect(keysToHold({}, {}, "me")).toEqual({ unique: false, idempotent: "leave" });
    expect(keysToFree({}, holders, "me")).toEqual({
      unique: false,
      debounced: false,
      idempotentInMs: undefined,
    });
  });
});
