import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimedJob, Settlement } from "../../../src/core/adapter.js";
import type { JobTelemetry } from "../../../src/core/telemetry/job-telemetry.js";
import { type Listener, type RunEnd, Telemetry } from "../../../src/core/telemetry/telemetry.js";

const JOB = { task: "mail", id: "a", version: 2, fingerprint: "f", headers: { tenant: "acme" } };
const CLAIMED: ClaimedJob = {
  ...JOB,
  payload: "12345",
  priority: 0,
  attempt: 3,
  stalls: 0,
  enqueuedAt: 0,
  waitingSince: 0,
  fence: 7,
  lease: "worker.1",
};
const COMPLETE: Settlement = { id: "a", fence: 7, event: "complete" };
const END: RunEnd = { outcome: "retried", runMs: 12, error: new Error("no"), delayMs: 500 };

let told: unknown[][] = [];

beforeEach(() => {
  told = [];
});

const note =
  (name: string) =>
  (...given: readonly unknown[]) =>
    void told.push([name, ...given.map((each) => (typeof each === "object" ? { ...each } : each))]);

/** Notes what it is told, as it is then. */
const ALL: Required<Omit<Listener, "run">> = {
  dispatching: note("dispatching"),
  dispatched: note("dispatched"),
  dispatchingMany: note("dispatchingMany"),
  dispatchedMany: note("dispatchedMany"),
  ran: note("ran"),
  settling: note("settling"),
  settled: note("settled"),
  claimed: note("claimed"),
  worker: note("worker"),
  troubled: note("troubled"),
  lost: note("lost"),
};

const names = () => told.map(([name]) => name);

/** All that can be told of one job, and beside it. */
function tellAll(telemetry: Telemetry): void {
  const group = telemetry.many("mail");
  telemetry.dispatch(JOB, group).stored("stored");
  telemetry.endMany(group);
  telemetry.claimed([CLAIMED], "worker");
  const message = telemetry.starting(CLAIMED, { worker: "worker", waitMs: 5, maxAttempts: 4 });
  telemetry.run(message, () => undefined);
  telemetry.ran(message, END);
  const settlement = { ...COMPLETE };
  telemetry.settling(message, settlement);
  telemetry.settled(settlement, "applied");
  telemetry.worker({ worker: "worker", event: "quiet" });
  telemetry.troubled({ error: "x", task: "mail", jobId: "a" });
  telemetry.lost("mail");
}

// A tracer or a metric of an application counts a job twice, or not at all, where one of these is wrong.
describe("a listener of an app", () => {
  it("is told of all that becomes of a job, in order", () => {
    const telemetry = new Telemetry();
    telemetry.add(ALL);
    tellAll(telemetry);
    expect(names()).toEqual([
      "dispatchingMany",
      "dispatching",
      "dispatched",
      "dispatchedMany",
      "claimed",
      "ran",
      "settling",
      "settled",
      "worker",
      "troubled",
      "lost",
    ]);
  });

  it("may hear one thing alone", () => {
    for (const name of Object.keys(ALL) as (keyof typeof ALL)[]) {
      told = [];
      const telemetry = new Telemetry();
      telemetry.add({ [name]: ALL[name] });
      tellAll(telemetry);
      expect(names()).toEqual([name]);
    }
  });

  it("is told what a dispatch was and how it ended, and how many of a group were refused", () => {
    const telemetry = new Telemetry();
    telemetry.add(ALL);
    const group = telemetry.many("mail");
    telemetry.dispatch(JOB, group).stored("duplicate");
    telemetry.dispatch({ ...JOB, id: "b" }, group).refused("full");
    telemetry.endMany(group);
    const sent = { attempt: 0, bytes: 0, worker: undefined, maxAttempts: 0 };
    expect(told).toMatchObject([
      ["dispatchingMany", { task: "mail", count: 0, refused: 0 }],
      ["dispatching", { ...JOB, ...sent, outcome: undefined }, { count: 1 }],
      ["dispatched", { ...JOB, ...sent, outcome: "duplicate", error: undefined }, { count: 1, refused: 0 }],
      ["dispatching", { id: "b" }, { count: 2 }],
      ["dispatched", { id: "b", outcome: "refused", error: "full" }, { count: 2, refused: 1 }],
      ["dispatchedMany", { task: "mail", count: 2, refused: 1 }],
    ]);
  });

  it("is told of a lone dispatch that is refused, which is in no group", () => {
    const telemetry = new Telemetry();
    telemetry.add(ALL);
    telemetry.dispatch(JOB, undefined).refused("full");
    telemetry.endMany(undefined);
    expect(names()).toEqual(["dispatching", "dispatched"]);
    expect(told[1]).toMatchObject(["dispatched", { outcome: "refused", error: "full" }, undefined]);
  });

  it("adds headers that travel with the job, and none to a job that is there", () => {
    const telemetry = new Telemetry();
    telemetry.add({
      dispatching: ({ headers }) => {
        headers.trace = "1";
      },
    });
    const headers: Record<string, string> = {};
    telemetry.dispatch({ ...JOB, headers }, undefined);
    expect(headers).toEqual({ trace: "1" });
    const message = telemetry.starting(CLAIMED, { worker: "worker", waitMs: 5, maxAttempts: 4 });
    message.headers.more = "1";
    expect(CLAIMED.headers).toEqual({ tenant: "acme" });
  });

  it("is told what a run was, how it ended, and what the store said", () => {
    const telemetry = new Telemetry();
    telemetry.add(ALL);
    const message = telemetry.starting(CLAIMED, { worker: "worker", waitMs: 5, maxAttempts: 4 });
    const settlement = { ...COMPLETE };
    telemetry.ran(message, END);
    telemetry.settling(message, settlement);
    telemetry.settled(settlement, "stale");
    const run = { ...JOB, attempt: 3, bytes: 5, worker: "worker", waitMs: 5, maxAttempts: 4 };
    expect(told).toMatchObject([
      ["ran", { ...run, ...END, settled: undefined }],
      ["settling", { ...run, ...END, settled: undefined }],
      ["settled", { ...run, ...END, settled: "stale" }],
    ]);
  });

  it("is told how many jobs of a task a worker claimed, and of none nothing", () => {
    const telemetry = new Telemetry();
    telemetry.add(ALL);
    telemetry.claimed([], "worker");
    telemetry.claimed([CLAIMED, { ...CLAIMED, id: "b" }], "worker");
    expect(told).toEqual([["claimed", "mail", 2]]);
  });

  it.each([
    [{ id: "a", fence: 7, event: "cancel", reason: "" }, "cancelled"],
    [{ id: "a", fence: 7, event: "release", delayMs: 0 }, "released"],
  ] as const)("is told of a claimed job that did not run: %j", (settlement, outcome) => {
    const telemetry = new Telemetry();
    telemetry.add(ALL);
    const sent = { ...settlement };
    telemetry.notRun({ ...CLAIMED, maxAttempts: 9 }, sent, "worker");
    telemetry.settled(sent, "applied");
    expect(told).toMatchObject([
      ["settling", { ...JOB, outcome, worker: "worker", maxAttempts: 9 }],
      ["settled", { outcome, settled: "applied" }],
    ]);
  });

  it("is told nothing of an answer to what nobody was told of", () => {
    const telemetry = new Telemetry();
    const settlement = { ...COMPLETE };
    telemetry.notRun(CLAIMED, settlement, "worker");
    telemetry.add(ALL);
    telemetry.settled(settlement, "applied");
    expect(told).toEqual([]);
  });

  it("runs the handler in its context, the last to come outermost, and once", () => {
    const telemetry = new Telemetry();
    const around = (name: string): Listener => ({
      run(_, work) {
        note(`${name} begins`)();
        work();
        note(`${name} ends`)();
      },
    });
    telemetry.add(around("first"));
    telemetry.add(ALL);
    telemetry.add(around("second"));
    const message: JobTelemetry = telemetry.starting(CLAIMED, {
      worker: "w",
      waitMs: undefined,
      maxAttempts: 1,
    });
    telemetry.run(message, note("work"));
    expect(names()).toEqual(["second begins", "first begins", "work", "first ends", "second ends"]);
  });

  it("hears nothing once it is taken away, and others still do", () => {
    const telemetry = new Telemetry();
    const remove = telemetry.add({ lost: note("first") });
    telemetry.add({ lost: note("second") });
    remove();
    telemetry.lost("mail");
    expect(names()).toEqual(["second"]);
  });

  it("may come late: it is asked until it has somebody to tell, then no more", () => {
    const telemetry = new Telemetry();
    let listener: Listener | undefined;
    let asked = 0;
    const remove = telemetry.add(() => {
      asked += 1;
      return listener;
    });
    expect([telemetry.hearsDispatches, telemetry.hearsWork, telemetry.many("mail")]).toEqual([
      false,
      false,
      undefined,
    ]);
    telemetry.lost("mail");
    listener = { lost: note("late") };
    expect([telemetry.hearsDispatches, telemetry.hearsWork]).toEqual([true, true]);
    telemetry.lost("mail");
    telemetry.lost("mail");
    expect(names()).toEqual(["late", "late"]);
    expect(asked).toBe(6);
    remove();
    telemetry.lost("mail");
    expect([names().length, telemetry.hearsDispatches]).toEqual([2, false]);
  });

  it("that was taken away before it came does not come", () => {
    const telemetry = new Telemetry();
    let listener: Listener | undefined;
    const remove = telemetry.add(() => listener);
    remove();
    listener = { lost: note("late") };
    telemetry.lost("mail");
    expect(told).toEqual([]);
  });
});
