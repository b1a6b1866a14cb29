import { describe, expect, it } from "vitest";
import type {
  ContractStore,
  ProlongRequest,
  TellRequest,
  WorkerAnnouncement,
} from "../../../src/core/contract-store.js";
import type { WorkerCommand } from "../../../src/core/observe/vitals.js";
import { Announcements } from "../../../src/memory/announcements.js";
import { VirtualClock } from "../../../src/testing/virtual-clock.js";
import { Announcer } from "../../../src/worker/announcer.js";

const HOUR_MS = 3_600_000;

/** A store of announcements that counts its calls and can be away. */
class CountedStore implements ContractStore {
  readonly kept = new Announcements();
  readonly calls: string[] = [];
  /** Vitals that came with signs of life. */
  readonly told: string[] = [];
  away: "no" | "refusing" | "silent" = "no";
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async announce(announcement: WorkerAnnouncement) {
    await this.#called("announce");
    this.kept.announce(announcement, this.#clock.now());
  }

  async prolong(request: ProlongRequest) {
    await this.#called("prolong");
    if (request.vitals !== undefined) this.told.push(request.vitals);
    return this.kept.prolong(request, this.#clock.now());
  }

  async tell(request: TellRequest) {
    return this.kept.tell(request, this.#clock.now()) === undefined ? "missing" : "applied";
  }

  async withdraw(worker: string) {
    await this.#called("withdraw");
    this.kept.withdraw(worker);
  }

  workers = async () => this.kept.live(this.#clock.now());
  countVersions = async () => ({ counts: [] });

  async #called(name: string): Promise<void> {
    this.calls.push(name);
    if (this.away === "refusing") throw new Error("the store is away");
    if (this.away === "silent") await new Promise(() => undefined);
  }
}

class CountedTeller {
  told = 0;
  begin = async () => undefined;
  tell = async () => {
    this.told += 1;
  };
}

function setUp() {
  const clock = new VirtualClock();
  const store = new CountedStore(clock);
  const errors: unknown[] = [];
  const tasks = ["a"];
  const worker = { workerId: "w1", host: "box", pid: 1 };
  const vitals = { state: "running" };
  const obeyed: WorkerCommand[] = [];
  const teller = new CountedTeller();
  const announcer = new Announcer(
    {
      ...{ store, clock, worker, teller, vitals: () => vitals.state },
      obey: (command) => obeyed.push(command),
    },
    (error) => errors.push(error),
  );
  const update = () =>
    announcer.update(tasks.map((task) => ({ task, version: 1, since: 1, fingerprint: "" })));
  update();
  const taskNames = async () =>
    (await store.workers()).flatMap((worker) => worker.tasks).map(({ task }) => task);
  return { clock, store, errors, vitals, obeyed, teller, tasks, announcer, update, taskNames };
}

describe("an announcer", () => {
  it("keeps a worker listed with six small commands a minute", async () => {
    const { clock, store, announcer, taskNames } = setUp();
    await announcer.start();
    await clock.advance(HOUR_MS);
    expect(await taskNames()).toEqual(["a"]);
    expect(store.calls.filter((call) => call === "prolong")).toHaveLength(360);
    expect(store.calls.filter((call) => call === "announce")).toHaveLength(1);
    await announcer.stop();
  });

  it("announces again what the store has forgotten, with the time it began", async () => {
    const { clock, store, announcer } = setUp();
    const began = clock.now();
    await announcer.start();
    await clock.advance(HOUR_MS);
    store.kept.withdraw("w1");
    await clock.advance(10_000);
    expect(await store.workers()).toMatchObject([{ worker: "w1", startedAt: began }]);
    await announcer.stop();
  });

  it("announces tasks that are added together once", async () => {
    const { clock, store, tasks, announcer, update, taskNames } = setUp();
    await announcer.start();
    for (const task of ["b", "c", "d"]) {
      tasks.push(task);
      update();
    }
    await clock.advance(0);
    expect(await taskNames()).toEqual(["a", "b", "c", "d"]);
    expect(store.calls).toEqual(["announce", "announce"]);
    await announcer.stop();
  });

  it("withdraws when it stops, and does nothing afterwards", async () => {
    const { clock, store, announcer, update, taskNames } = setUp();
    await announcer.start();
    await announcer.stop();
    expect(await taskNames()).toEqual([]);
    update();
    await clock.advance(HOUR_MS);
    expect(store.calls).toEqual(["announce", "withdraw"]);
    expect(clock.nextTimerInMs).toBeUndefined();
  });

  it("reports a store that is away once, and is listed again when it is back", async () => {
    const { clock, store, errors, announcer, taskNames } = setUp();
    await announcer.start();
    store.away = "refusing";
    await clock.advance(60_000);
    expect(errors).toHaveLength(1);
    expect(await taskNames()).toEqual([]);
    store.away = "no";
    await clock.advance(10_000);
    expect(await taskNames()).toEqual(["a"]);
    await announcer.stop();
  });

  it("stops within a second when the store does not answer", async () => {
    const { clock, store, announcer } = setUp();
    await announcer.start();
    store.away = "silent";
    let isStopped = false;
    const stopping = announcer.stop().then(() => {
      isStopped = true;
    });
    await clock.advance(999);
    expect(isStopped).toBe(false);
    await clock.advance(1);
    await stopping;
  });

  it("fails to start when it cannot be announced", async () => {
    const { store, announcer } = setUp();
    store.away = "refusing";
    await expect(announcer.start()).rejects.toThrow("the store is away");
    await announcer.stop();
  });

  it("tells how the worker is with each sign of life, and at once when its state is another", async () => {
    const { clock, store, announcer, vitals, teller } = setUp();
    await announcer.start();
    await clock.advance(20_000);
    expect(store.told).toEqual(["running", "running"]);
    vitals.state = "quiet";
    void announcer.hurry();
    await announcer.hurry();
    expect(store.told).toEqual(["running", "running", "quiet"]);
    expect(teller.told).toBe(2);
    expect(store.calls).toEqual(["announce", "prolong", "prolong", "prolong"]);
    await announcer.stop();
    await announcer.hurry();
    expect(store.calls.at(-1)).toBe("withdraw");
  });

  it("tells vitals and measures every 30 s where more than 50 live, and gives signs of life as before", async () => {
    const { clock, store, announcer, teller } = setUp();
    const others = Array.from({ length: 50 }, (_, n) => `other${n}`);
    const announceOther = (worker: string) =>
      store.kept.announce({ worker, host: "box", pid: 1, ageMs: 0, ttlMs: HOUR_MS, tasks: [] }, clock.now());
    others.forEach(announceOther);
    await announcer.start();
    await clock.advance(10_000);
    expect(store.told).toHaveLength(1);
    await clock.advance(90_000);
    expect(store.told).toHaveLength(4);
    expect(teller.told).toBe(4);
    expect(store.calls.filter((call) => call === "prolong")).toHaveLength(10);
    for (const worker of others) store.kept.withdraw(worker);
    await clock.advance(10_000);
    store.told.length = 0;
    await clock.advance(60_000);
    expect(store.told).toHaveLength(6);
    await announcer.stop();
  });

  it("carries out a command once, whether it hears or reads it, and no older one after it", async () => {
    const { clock, store, announcer, obeyed } = setUp();
    await announcer.start();
    await store.tell({ worker: "w1", task: "a", command: "quiet" });
    await clock.advance(10_000);
    await clock.advance(10_000);
    expect(obeyed).toEqual(["quiet"]);
    const told = store.kept.tell({ worker: "w1", task: "a", command: "resume" }, clock.now());
    if (told === undefined) throw new Error("the worker is gone");
    announcer.told("w2", { ...told, number: told.number + 9 });
    announcer.told("w1", told);
    announcer.told("w1", { command: "quiet", number: told.number - 1 });
    await clock.advance(20_000);
    expect(obeyed).toEqual(["quiet", "resume"]);
    await announcer.stop();
    announcer.told("w1", { command: "close", number: told.number + 1 });
    expect(obeyed).toEqual(["quiet", "resume"]);
  });
});
