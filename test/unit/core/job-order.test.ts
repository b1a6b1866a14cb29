import { describe, expect, it } from "vitest";
import {
  dueReply,
  jobsIn,
  lastClaimedFirst,
  type PlacedJob,
  pageOf,
  soonestOf,
} from "../../../src/core/job-order.js";
import { JOB_STATES, type JobState } from "../../../src/core/lifecycle.js";
import { surplusOf } from "../../../src/core/retention.js";
import { countSeen, newStoredJob } from "../../../src/core/stored-job.js";

const NOW = 1000;

function aJob(id: string, more: Partial<PlacedJob>): PlacedJob {
  const job = { id, task: "mail", payload: "", version: 1, fingerprint: "", priority: 0 };
  return { ...newStoredJob(job, 0), place: 0, ...more };
}

const ids = (jobs: readonly PlacedJob[]) => jobs.map(({ id }) => id);

/** Jobs of a state, as they should stand in its list. */
const ORDERS: readonly (readonly [JobState, readonly Partial<PlacedJob>[]])[] = [
  ["waiting", [{ priority: 5, place: 9 }, { place: -1 }, { place: 3 }, { priority: -1, place: 1 }]],
  [
    "delayed",
    [
      { dueAt: 2000, place: 9 },
      { dueAt: 3000, place: 1 },
      { dueAt: 3000, place: 2 },
    ],
  ],
  [
    "retrying",
    [
      { dueAt: 2000, place: 9 },
      { dueAt: 3000, place: 1 },
    ],
  ],
  [
    "active",
    [
      { fence: 1, place: 9 },
      { fence: 2, place: 1 },
      { fence: 10, place: 5 },
    ],
  ],
  ["completed", [{ place: 9 }, { place: 2 }, { place: 1 }]],
  ["failed", [{ place: 9 }, { place: 2 }]],
  ["cancelled", [{ place: 9 }, { place: 2 }]],
  ["expired", [{ finishedAt: 900 }, { finishedAt: 800, place: 2 }, { finishedAt: 800, place: 1 }]],
];

// Whoever writes a store by these shows lists in the order of all others, and loses no job between two pages.
describe("the order of jobs", () => {
  it.each(ORDERS)("of those that are %s is the same whatever the store holds first", (state, listed) => {
    const jobs = listed.map((more, index) => aJob(`${index}`, { state, ...more }));
    const others = JOB_STATES.filter((other) => other !== state).map((other) =>
      aJob(other, { state: other }),
    );
    const order = ids(jobs);
    expect(ids(jobsIn([...others, ...jobs], state, NOW))).toEqual(order);
    expect(ids(jobsIn([...jobs.reverse(), ...others], state, NOW))).toEqual(order);
  });

  it("of those that expired goes by when their time was over, whether or not a sweep has come", () => {
    const jobs = [
      aJob("overdue", { state: "waiting", expiresAt: 900 }),
      aJob("swept", { state: "expired", finishedAt: 950 }),
      aJob("older", { state: "delayed", expiresAt: 1 }),
      aJob("discarded", { state: "waiting", expiresAt: 1, onExpire: "discard" }),
      aJob("in time", { state: "waiting", expiresAt: NOW + 1 }),
    ];
    expect(ids(jobsIn(jobs, "expired", NOW))).toEqual(["swept", "overdue", "older"]);
    expect(ids(jobsIn(jobs, "waiting", NOW))).toEqual(["in time"]);
  });

  it.each(ORDERS)("of those that are %s has pages without gaps, from either end", (state, listed) => {
    const jobs = listed.map((more, index) => aJob(`${index}`, { state, ...more }));
    for (const order of [undefined, "oldest"] as const) {
      for (const limit of [1, 2, jobs.length]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = pageOf(jobs, {
            task: "mail",
            state,
            limit,
            ...(order === undefined ? {} : { order }),
            ...(cursor === undefined ? {} : { cursor }),
          });
          expect(page.jobs.length).toBeGreaterThan(0);
          seen.push(...ids(page.jobs));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(seen).toEqual(order === "oldest" ? ids(jobs).reverse() : ids(jobs));
      }
    }
  });

  it("goes on behind a job that has left between two pages", () => {
    const jobs = ["a", "b", "c"].map((id, place) => aJob(id, { place }));
    const { cursor = "" } = pageOf(jobs, { task: "mail", state: "waiting", limit: 2 });
    expect(
      ids(
        pageOf([jobs[0] as PlacedJob, jobs[2] as PlacedJob], {
          task: "mail",
          state: "waiting",
          limit: 2,
          cursor,
        }).jobs,
      ),
    ).toEqual(["c"]);
  });

  it("has no page behind nothing, and refuses what is no cursor", () => {
    expect(pageOf([], { task: "mail", state: "waiting", limit: 2 })).toEqual({ jobs: [] });
    for (const cursor of ["", "1", "x1:2", "1:2x", "a:b"]) {
      expect(() => pageOf([], { task: "mail", state: "waiting", limit: 2, cursor })).toThrow(
        "expected a cursor from a page before",
      );
    }
  });

  it("of jobs that are given back together is that of their claims once they are in front", () => {
    const jobs = [aJob("a", { fence: 2 }), aJob("b", { fence: 3 }), aJob("c", { fence: 1 })];
    expect(ids(lastClaimedFirst(jobs))).toEqual(["b", "a", "c"]);
    expect(ids(jobs)).toEqual(["a", "b", "c"]);
  });
});

describe("what is due next", () => {
  it.each([
    [[], {}],
    [[undefined], {}],
    [[undefined, 1500, 1200, 1300], { nextDueInMs: 200 }],
    [[900, 1200], { nextDueInMs: 0 }],
  ])("of %j is told as %j", (times, reply) => {
    expect(dueReply(soonestOf(times), NOW)).toEqual(reply);
  });
});

describe("how many jobs are seen", () => {
  it("counts an overdue job as expired, and one that is to be discarded not at all", () => {
    const jobs = [
      aJob("a", {}),
      aJob("b", {}),
      aJob("c", { expiresAt: NOW }),
      aJob("d", { expiresAt: NOW, onExpire: "discard" }),
      aJob("e", { state: "failed" }),
    ];
    const none = Object.fromEntries(JOB_STATES.map((state) => [state, 0]));
    expect(countSeen(jobs, { now: NOW })).toEqual({ ...none, waiting: 2, expired: 1, failed: 1 });
    expect(countSeen([], { now: NOW, pausedAt: 7 })).toEqual({ ...none, pausedAt: 7 });
  });
});

describe("finished jobs that are not kept", () => {
  const jobs = [{ finishedAt: 900 }, { finishedAt: 800 }, { finishedAt: 700 }];
  const kept = (ageMs: number, count: number, now?: number) =>
    surplusOf(jobs, {
      state: "completed",
      retention: {
        completed: { ageMs, count },
        failed: { ageMs: 0, count: 0 },
        cancelled: { ageMs: 0, count: 0 },
        expired: { ageMs: 0, count: 0 },
      },
      now,
    }).map(({ finishedAt }) => finishedAt);

  it.each([
    ["are those beyond the count", [500, 2, undefined], [700]],
    ["are none by age where no time is given", [1, 3, undefined], []],
    ["are those that are too old", [200, 3, NOW], [800, 700]],
    ["are all where none may have an age, or be counted", [0, 3, undefined], [900, 800, 700]],
    ["are all of a count below none", [500, -1, undefined], [900, 800, 700]],
  ] as const)("%s", (_, [ageMs, count, now], gone) => {
    expect(kept(ageMs, count, now)).toEqual(gone);
  });
});
