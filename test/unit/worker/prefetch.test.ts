import { describe, expect, it } from "vitest";
import type { ClaimedJob } from "../../../src/core/adapter.js";
import { VirtualClock } from "../../../src/testing/virtual-clock.js";
import { MAX_PER_CALL, Prefetch } from "../../../src/worker/prefetch.js";

function aJob(id: string, fields: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    ...{ task: "t", id, payload: "{}", version: 1, fingerprint: "", headers: {}, priority: 0, attempt: 1 },
    ...{ stalls: 0, enqueuedAt: 0, waitingSince: 0, fence: 1, lease: "w.1", ...fields },
  };
}

const jobs = (count: number) => Array.from({ length: count }, (_, index) => aJob(`job-${index}`));

function aPrefetch(concurrency = 10): Prefetch {
  return new Prefetch({ concurrency, isCollected: false, claimsAhead: true });
}

/** One whose claims came back short. */
function dried(concurrency = 10): Prefetch {
  const prefetch = aPrefetch(concurrency);
  prefetch.answered(prefetch.claim(0), 0);
  return prefetch;
}

describe("a prefetch that claims in calls", () => {
  it("asks for what it has room for, counting what runs, is held and is asked for already", () => {
    const prefetch = aPrefetch(10);
    expect(prefetch.claim(3)).toBe(8);
    expect(prefetch.claim(3)).toBe(0);
    prefetch.answered(8, 8);
    prefetch.add(jobs(8));
    expect(prefetch.claim(3)).toBe(0);
    prefetch.next();
    expect(prefetch.claim(3)).toBe(1);
  });

  it("claims no more when a claim came back short", () => {
    expect(dried().claim(0)).toBe(0);
  });

  it("asks for a bounded number in one call", () => {
    expect(aPrefetch(5000).claim(0)).toBe(MAX_PER_CALL);
  });

  it("claims ahead only what short runs are done with within some ms", () => {
    const prefetch = aPrefetch(1);
    const before = prefetch.claim(0);
    for (let run = 0; run < 200; run++) prefetch.ran(0.1);
    const ahead = prefetch.claim(0);
    expect(before).toBe(1);
    expect(ahead).toBeGreaterThan(10);
    expect(ahead).toBeLessThanOrEqual(51);
  });

  it("claims nothing ahead of jobs that count for a limit while they are claimed", () => {
    const prefetch = aPrefetch(1);
    for (let run = 0; run < 200; run++) prefetch.ran(0.1);
    prefetch.add([aJob("gated", { isGated: true })]);
    prefetch.next();
    expect(prefetch.claim(0)).toBe(1);
  });

  it("claims no batch ahead", () => {
    const prefetch = new Prefetch({ concurrency: 2, isCollected: true, claimsAhead: true });
    for (let run = 0; run < 200; run++) prefetch.ran(0.1);
    expect(prefetch.claim(0)).toBe(2);
  });
});

describe("a prefetch with a claim that stands", () => {
  it("may stand when nothing is known to be there and there is room", () => {
    expect(aPrefetch().mayStand(0)).toBe(false);
    expect(dried().mayStand(9)).toBe(true);
    expect(dried().mayStand(10)).toBe(false);
  });

  it("claims nothing else meanwhile, and is held up when it must", () => {
    const prefetch = dried(4);
    expect(prefetch.stand(1)).toBe(3);
    expect([prefetch.isStanding, prefetch.isHeldUp, prefetch.mayStand(1)]).toEqual([true, false, false]);
    prefetch.mayFindJobs = true;
    expect([prefetch.claim(1), prefetch.isHeldUp]).toEqual([0, true]);
    prefetch.stood(0);
    expect(prefetch.claim(1)).toBe(3);
  });

  it("may find more when it took all that it could, and nothing when it took less", () => {
    const full = dried(2);
    full.stood(full.stand(0));
    expect(full.mayFindJobs).toBe(true);
    const short = dried(2);
    short.stand(0);
    short.stood(1);
    expect(short.mayFindJobs).toBe(false);
  });

  it("does not stand while a call of it claims", () => {
    const prefetch = aPrefetch(10);
    prefetch.claim(9);
    prefetch.mayFindJobs = false;
    expect(prefetch.mayStand(0)).toBe(false);
  });
});

describe("a prefetch whose answer was lost", () => {
  it("neither claims nor stands before the store was asked, and claims then", () => {
    const prefetch = aPrefetch(2);
    prefetch.failed(prefetch.claim(0));
    expect([prefetch.isUncertain, prefetch.claim(0), prefetch.mayStand(0)]).toEqual([true, 0, false]);
    prefetch.isUncertain = false;
    expect(prefetch.claim(0)).toBe(2);
  });

  it("is as sure as before when the call claimed nothing", () => {
    const prefetch = dried();
    prefetch.failed(0);
    expect([prefetch.isUncertain, prefetch.mayFindJobs]).toEqual([false, false]);
  });

  it("forgets what it held, and its doubts, with a lease that is lost", () => {
    const prefetch = dried();
    prefetch.add(jobs(3));
    prefetch.mistrust();
    prefetch.forget();
    expect([prefetch.size, prefetch.isUncertain, prefetch.mayFindJobs]).toEqual([0, false, true]);
  });
});

describe("jobs that are held", () => {
  it("are begun in their order, and taken by id", () => {
    const prefetch = aPrefetch();
    prefetch.add(jobs(4));
    expect(prefetch.take("job-1")?.id).toBe("job-1");
    expect(prefetch.take("unknown")).toBeUndefined();
    prefetch.drop(new Set(["job-2"]));
    expect([prefetch.next()?.id, prefetch.next()?.id, prefetch.next()]).toEqual([
      "job-0",
      "job-3",
      undefined,
    ]);
  });

  it("are given back when none was begun for a while, and the runs count as long then", async () => {
    const clock = new VirtualClock();
    const prefetch = aPrefetch(1);
    for (let run = 0; run < 200; run++) prefetch.ran(0.1);
    prefetch.add(jobs(3));
    let given = 0;
    prefetch.watch(clock, () => {
      given += prefetch.takeAll().length;
    });
    prefetch.next();
    await clock.advance(20);
    expect(given).toBe(0);
    await clock.advance(20);
    expect(given).toBe(2);
    expect(prefetch.claim(0)).toBe(1);
  });
});
