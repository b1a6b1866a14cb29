import type { Adapter, ClaimedJob, Settlement } from "taskora/adapter";
import { describe, expect, it } from "vitest";
import type { JobLimits } from "../../../src/core/limits/job-limits.js";
import { aJob, anError, keeping, TASK } from "../../../src/testing/conformance/stage.js";
import { postgresKit } from "../../support/postgres-kit.js";

const RETENTION = keeping();
const WORKERS = 3;
const JOBS = 120;
/** Everybody asks again at once, so a busy machine takes long. */
const PATIENCE_MS = 120_000;
/** Every key and how many of its jobs may run at once. */
const LIMITS = new Map([
  ["one", 1],
  ["two", 2],
  ["five", 5],
]);

/** Keys of jobs that are claimed, counted by what workers were told. */
class Running {
  readonly #running = new Map<string, number>();
  readonly excesses: string[] = [];

  start({ id }: ClaimedJob): void {
    const key = keyOf(id);
    const now = (this.#running.get(key) ?? 0) + 1;
    this.#running.set(key, now);
    if (now > (LIMITS.get(key) ?? JOBS)) this.excesses.push(`${now} of ${key}`);
  }

  stop(id: string): void {
    const key = keyOf(id);
    this.#running.set(key, (this.#running.get(key) ?? 0) - 1);
  }
}

function keyOf(id: string): string {
  return id.split("-")[0] ?? "";
}

function limitsOf(key: string, nth: number): JobLimits | undefined {
  const max = LIMITS.get(key);
  const group = nth % 3 === 0 ? { group: { key: `g${nth % 4}` } } : {};
  return max === undefined ? undefined : { limit: { key, max }, ...group };
}

/** The same sequence each time, so that a failure can be looked at again; what overtakes what is left to the server. */
function endingOf({ id, fence, attempt }: ClaimedJob): Settlement {
  const nth = Number(id.split("-")[1]);
  if (attempt === 1 && nth % 5 === 0) return { id, fence, event: "retry", error: anError(), delayMs: 0 };
  if (nth % 7 === 0 && fence % 3 === 0) return { id, fence, event: "release" };
  return { id, fence, event: "complete" };
}

describe("rounds of a task with limits", () => {
  it("let no more run than they may and forget nobody, while others insert, end, cancel and move jobs", {
    timeout: PATIENCE_MS,
  }, async () => {
    const kit = await postgresKit();
    const adapters = Array.from({ length: WORKERS }, () => kit.open());
    const running = new Running();
    const [first] = adapters;
    const left = async () => {
      const [counts] = (await first?.count([TASK])) ?? [];
      return (
        (counts?.waiting ?? 0) + (counts?.delayed ?? 0) + (counts?.retrying ?? 0) + (counts?.active ?? 0)
      );
    };
    let isInserted = false;

    const work = async (adapter: Adapter, lease: string) => {
      await adapter.connect();
      while (!isInserted || (await left()) > 0) {
        let [reply] = await adapter.claim([{ task: TASK, lease, leaseMs: 60_000, count: 4 }]);
        while ((reply?.jobs.length ?? 0) > 0) {
          const jobs = reply?.jobs ?? [];
          for (const job of jobs) running.start(job);
          const settlements = jobs.map(endingOf);
          for (const { id } of jobs) running.stop(id);
          const batch = { task: TASK, lease, retention: RETENTION, settlements };
          [reply] = await adapter.settle([{ ...batch, claim: { leaseMs: 60_000, count: 4 } }]);
        }
        await adapter.sweep([{ task: TASK, scope: "due" }]);
      }
    };
    const produce = async () => {
      const keys = [...LIMITS.keys(), "free"];
      for (let nth = 0; nth < JOBS; nth += 20) {
        const jobs = Array.from({ length: 20 }, (_, at) => {
          const key = keys[(nth + at) % keys.length] ?? "";
          return aJob({ id: `${key}-${nth + at}`, ...given(limitsOf(key, nth + at)) });
        });
        await first?.insert(jobs);
        const ids = jobs.filter((_, at) => at % 6 === 1).map(({ id }) => ({ task: TASK, id }));
        await first?.change(ids.map((ref) => ({ ...ref, change: "prioritize", priority: 5 })));
        await first?.cancel(ids.slice(2).map((ref) => ({ ...ref, reason: "", retention: RETENTION })));
      }
      isInserted = true;
    };

    await first?.connect();
    await Promise.all([produce(), ...adapters.map((adapter, nth) => work(adapter, `worker-${nth}`))]);

    expect(running.excesses).toEqual([]);
    const [counts] = (await first?.count([TASK])) ?? [];
    expect((counts?.completed ?? 0) + (counts?.cancelled ?? 0)).toBe(JOBS);
    // The kit looks at the tables when the last is closed.
    for (const adapter of adapters) await adapter.close();
  });
});

function given(limits: JobLimits | undefined): { readonly limits?: JobLimits } {
  return limits === undefined ? {} : { limits };
}
