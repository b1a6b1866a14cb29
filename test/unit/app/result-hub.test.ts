import { AppClosedError, ExpiredError, JobNotFoundError } from "taskora";
import type { JobOutcome, JobRef, Notice } from "taskora/adapter";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { ResultHub, type ResultHubHost } from "../../../src/app/handles/results.js";

const [A, B, C] = ["a", "b", "c"].map((id) => ({ task: "t", id })) as [JobRef, JobRef, JobRef];
const done = (ref: JobRef, result: unknown): JobOutcome =>
  ({ ...ref, state: "completed", attempt: 1, result: JSON.stringify(result) }) as unknown as JobOutcome;

type Stored = JobOutcome | "waiting" | { readonly expiresAt: number };

/** A hub over a store that holds what `jobs` says, by id. */
function hub() {
  const clock = new VirtualClock();
  const jobs = new Map<string, Stored>();
  const asked: string[] = [];
  const errors: unknown[] = [];
  const faults: { subscribe?: Error | undefined; watch?: Error | undefined } = {};
  let hear: (notice: Notice) => void = () => undefined;
  let subscriptions = 0;
  const watchOf = ({ id }: JobRef) => {
    asked.push(id);
    const job = jobs.get(id);
    if (job === undefined) return { status: "missing" };
    return typeof job === "object" && "state" in job
      ? { status: "final", outcome: job }
      : { status: "watching" };
  };
  const adapter = {
    subscribe: async (_: object, listener: typeof hear) => {
      subscriptions += 1;
      if (faults.subscribe !== undefined) throw faults.subscribe;
      hear = listener;
      return async () => undefined;
    },
    watch: async (refs: readonly JobRef[]) => {
      if (faults.watch !== undefined) throw faults.watch;
      return refs.map(watchOf);
    },
    read: async (refs: readonly JobRef[]) =>
      refs.map(({ id }) => {
        const job = jobs.get(id);
        if (job === undefined) return undefined;
        const expiry = typeof job === "object" && "expiresAt" in job ? { expiresAt: job.expiresAt } : {};
        return { state: "waiting", enqueuedAt: 0, ...expiry };
      }),
  };
  let awaited = 0;
  const results = new ResultHub({
    ...{ adapter, clock, serializer: { encode: JSON.stringify, decode: JSON.parse } },
    connect: async () => undefined,
    awaited: () => {
      awaited += 1;
    },
    reportError: (error: unknown) => errors.push(error),
  } as unknown as ResultHubHost);
  const tell = (outcome: JobOutcome) => hear({ kind: "outcome", outcome } as unknown as Notice);
  const lose = () => hear({ kind: "lost" } as Notice);
  /** A wait, and what it came to so far. */
  const wait = (
    ref: JobRef,
    ttlMs?: number | "unknown",
    stored: Promise<unknown> | undefined = Promise.resolve(),
  ) => {
    const seen: { value?: unknown } = {};
    const note = (value: unknown) => {
      seen.value = value;
    };
    results.outcome(ref, { stored, ttlMs }).then(note, note);
    return seen;
  };
  const counts = { awaited: () => awaited, subscriptions: () => subscriptions };
  return { clock, jobs, asked, errors, faults, results, tell, lose, wait, ...counts };
}

describe("waiting for outcomes", () => {
  it("gives each waiter that of its own job, once it is told, and asks the store once for each", async () => {
    const { clock, jobs, results, tell, wait, asked, awaited, subscriptions } = hub();
    for (const { id } of [A, B]) jobs.set(id, "waiting");
    const seen = [wait(A), wait(A), wait(B)];
    expect(results.isAwaited).toBe(true);
    await clock.advance(0);
    tell(done(A, 1));
    await clock.advance(0);
    expect(seen).toEqual([{ value: 1 }, { value: 1 }, {}]);
    tell(done(B, 2));
    await clock.advance(0);
    expect(seen[2]).toEqual({ value: 2 });
    expect(results.isAwaited).toBe(false);
    expect(new Set(asked)).toEqual(new Set(["a", "b"]));
    expect(awaited()).toBeGreaterThan(0);
    expect(subscriptions()).toBe(1);
  });

  it("finds what ended before anybody asked, and says what the store does not know", async () => {
    const { clock, jobs, wait } = hub();
    jobs.set("a", done(A, "early"));
    const seen = [wait(A), wait(B)];
    await clock.advance(0);
    expect(seen[0]).toEqual({ value: "early" });
    expect(seen[1]?.value).toBeInstanceOf(JobNotFoundError);
  });

  it("asks again for all that is stored after an interruption, so that no end is missed", async () => {
    const { clock, jobs, lose, wait, asked } = hub();
    for (const { id } of [A, B, C]) jobs.set(id, "waiting");
    const seen = [wait(A), wait(B), wait(C)];
    await clock.advance(0);
    asked.length = 0;
    jobs.set("a", done(A, 1));
    jobs.delete("b");
    lose();
    await clock.advance(0);
    expect(asked.toSorted()).toEqual(["a", "b", "c"]);
    expect(seen[0]).toEqual({ value: 1 });
    expect(seen[1]?.value).toBeInstanceOf(JobNotFoundError);
    expect(seen[2]).toEqual({});
  });

  it("does not take a job that is being stored for one that is lost", async () => {
    const { clock, jobs, lose, results, tell } = hub();
    await results.subscribe();
    let seen: unknown = "none";
    const note = (value: unknown) => {
      seen = value;
    };
    results.outcome(A, { stored: undefined, ttlMs: undefined }).then(note, note);
    lose();
    await clock.advance(0);
    expect(seen).toBe("none");
    jobs.set("a", "waiting");
    results.inserted(A, undefined);
    tell(done(A, 1));
    await clock.advance(0);
    expect(seen).toBe(1);
  });

  it("tells who waits why a job was not stored, and that the app has closed", async () => {
    const { clock, jobs, results, wait } = hub();
    jobs.set("b", "waiting");
    const [one, two] = [wait(A, undefined, new Promise(() => undefined)), wait(B)];
    await clock.advance(0);
    const error = new Error("refused");
    results.abandon(A, error);
    results.closeAll();
    await clock.advance(0);
    expect(one.value).toBe(error);
    expect(two.value).toBeInstanceOf(AppClosedError);
    expect(results.isSubscribed).toBe(false);
  });

  it("fails with the store, and the next who waits tries again", async () => {
    const { clock, jobs, faults, wait, subscriptions } = hub();
    jobs.set("a", done(A, 1));
    faults.subscribe = new Error("no right to subscribe");
    const one = wait(A);
    await clock.advance(0);
    expect(one.value).toBe(faults.subscribe);
    faults.subscribe = undefined;
    const two = wait(A);
    await clock.advance(0);
    expect(two).toEqual({ value: 1 });
    expect(subscriptions()).toBe(2);
  });
});

describe("a job that turns out to be another one", () => {
  const redirect = { from: A, to: B, isTold: true };

  it("has the outcome of that one, also when it ended before the answer came", async () => {
    for (const isEarly of [true, false]) {
      const { clock, results, tell, wait } = hub();
      await results.subscribe();
      const seen = wait(A, undefined, new Promise(() => undefined));
      results.keepOutcomes();
      if (isEarly) tell(done(B, 2));
      results.redirect(redirect);
      if (!isEarly) tell(done(B, 2));
      results.letOutcomesGo();
      await clock.advance(0);
      expect(seen).toEqual({ value: 2 });
    }
  });

  it("is not forgotten when the answer to another insert comes first", async () => {
    const { clock, results, tell, wait } = hub();
    await results.subscribe();
    const seen = wait(A, undefined, new Promise(() => undefined));
    results.keepOutcomes();
    results.keepOutcomes();
    tell(done(B, 2));
    results.letOutcomesGo();
    results.redirect(redirect);
    await clock.advance(0);
    expect(seen).toEqual({ value: 2 });
  });

  // The job may have been retried by hand since: the outcome of its earlier run is not that of this dispatch.
  it("has no outcome that was told before any insert was under way", async () => {
    for (const hadInsert of [true, false]) {
      const { clock, results, jobs, tell, wait } = hub();
      jobs.set("b", "waiting");
      await results.subscribe();
      if (hadInsert) results.keepOutcomes();
      tell(done(B, "old"));
      if (hadInsert) results.letOutcomesGo();
      const seen = wait(A, undefined, new Promise(() => undefined));
      results.keepOutcomes();
      results.redirect(redirect);
      await clock.advance(0);
      expect(seen).toEqual({});
      tell(done(B, "new"));
      await clock.advance(0);
      expect(seen).toEqual({ value: "new" });
    }
  });

  it("keeps the latest 10 000 outcomes and no more while an insert hangs", async () => {
    const { clock, results, tell, wait, jobs } = hub();
    await results.subscribe();
    results.keepOutcomes();
    const ref = (n: number) => ({ task: "t", id: `n${n}` });
    for (let n = 0; n <= 10_000; n++) tell(done(ref(n), n));
    const never = () => new Promise(() => undefined);
    const [dropped, kept] = [wait(A, undefined, never()), wait(C, undefined, never())];
    jobs.set("n0", "waiting");
    results.redirect({ from: A, to: ref(0), isTold: true });
    results.redirect({ from: C, to: ref(1), isTold: true });
    await clock.advance(0);
    expect([dropped, kept]).toEqual([{}, { value: 1 }]);
  });
});

describe("a job whose TTL passes where no worker runs", () => {
  it("is expired for who waits, soon after its TTL and not before", async () => {
    for (const ttlMs of [1000, "unknown"] as const) {
      const { clock, jobs, wait } = hub();
      jobs.set("a", { expiresAt: clock.now() + 1000 });
      const seen = wait(A, ttlMs);
      await clock.advance(999);
      expect(seen).toEqual({});
      jobs.delete("a");
      await clock.advance(10);
      expect(seen.value).toBeInstanceOf(ExpiredError);
      expect(clock.nextTimerInMs).toBeUndefined();
    }
  });

  it("is looked at again each second while the store still holds it as waiting, and no more once it ended", async () => {
    const { clock, jobs, wait, asked, tell } = hub();
    jobs.set("a", { expiresAt: clock.now() + 1000 });
    const seen = wait(A, 1000);
    await clock.advance(1100);
    const before = asked.length;
    await clock.advance(3000);
    expect(asked.length - before).toBe(3);
    tell(done(A, 1));
    await clock.advance(0);
    expect(seen).toEqual({ value: 1 });
    expect(clock.nextTimerInMs).toBeUndefined();
  });

  it("is looked at again after a look that failed, which is reported", async () => {
    const { clock, jobs, wait, faults, errors } = hub();
    jobs.set("a", { expiresAt: clock.now() + 1000 });
    const seen = wait(A, 1000);
    await clock.advance(10);
    faults.watch = new Error("away");
    await clock.advance(1000);
    expect(errors).toEqual([faults.watch]);
    faults.watch = undefined;
    jobs.delete("a");
    await clock.advance(1100);
    expect(seen.value).toBeInstanceOf(ExpiredError);
  });

  it("has no timer without a TTL", async () => {
    const { clock, jobs, wait } = hub();
    jobs.set("a", "waiting");
    for (const ttl of [undefined, "unknown"] as const) wait(A, ttl);
    await clock.advance(0);
    expect(clock.nextTimerInMs).toBeUndefined();
  });
});
