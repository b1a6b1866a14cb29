import { describe, expect, it } from "vitest";
import {
  admitBlocked,
  type Gate,
  type GateChange,
  type GatedJob,
  type GateTurn,
  gatesOf,
  heldPlace,
  isUnused,
  leaveGates,
  MAX_ADMITTED,
  type PlacedJobs,
  passGates,
  returnToGates,
  stopAtGates,
} from "../../../../src/core/limits/gates.js";
import type { JobLimits } from "../../../../src/core/limits/job-limits.js";
import { addStart, noStarts } from "../../../../src/core/limits/rates.js";

interface Job extends GatedJob {
  readonly id: string;
}

/** A sorted list: what a store has that loads the jobs at a gate. */
class SortedJobs implements PlacedJobs<Job> {
  readonly #jobs: { readonly job: Job; readonly place: number }[] = [];
  readonly #sign: number;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get size(): number {
    return this.#jobs.length;
  }

  get first(): Job | undefined {
    return this.#jobs[0]?.job;
  }

  get ids(): readonly string[] {
    return this.#jobs.map(({ job }) => job.id);
  }

  placeOf(job: Job): number | undefined {
    return this.#jobs.find((each) => each.job === job)?.place;
  }

  add(job: Job, place: number): void {
    this.#jobs.push({ job, place });
    this.#jobs.sort((a, b) => (a.place - b.place) * this.#sign);
  }

  remove(job: Job): boolean {
    const index = this.#jobs.findIndex((each) => each.job === job);
    if (index >= 0) this.#jobs.splice(index, 1);
    return index >= 0;
  }
}

/** A task whose gates are lists. */
class Stage {
  readonly gates = new Map<string, Gate<Job>>();
  now = 1000;

  turn(): GateTurn<Job> {
    const gates = { get: (name: string) => this.gates.get(name), open: (name: string) => this.gate(name) };
    return { gates, now: this.now, changes: [] };
  }

  gate(name: string): Gate<Job> {
    const known = this.gates.get(name);
    if (known !== undefined) return known;
    const made = {
      name,
      running: new Set<Job>(),
      admitted: new SortedJobs(-1),
      blocked: new SortedJobs(1),
      starts: noStarts(),
    };
    this.gates.set(name, made);
    return made;
  }

  pass(job: Job, place: number): { readonly passes: boolean; readonly changes: readonly string[] } {
    const turn = this.turn();
    const passes = passGates(turn, job, place);
    return { passes, changes: turn.changes.map(said) };
  }

  do(work: (turn: GateTurn<Job>) => void): readonly string[] {
    const turn = this.turn();
    work(turn);
    return turn.changes.map(said);
  }

  /** Somebody looks at a gate. */
  look(name: string): readonly string[] {
    return this.do((turn) => admitBlocked(turn, this.gate(name)));
  }

  at(name: string): object {
    const { running, admitted, blocked } = this.gate(name);
    const ids = (jobs: PlacedJobs<Job>) => (jobs as SortedJobs).ids;
    return {
      running: [...(running as Set<Job>)].map(({ id }) => id),
      admitted: ids(admitted),
      blocked: ids(blocked),
    };
  }
}

function said(change: GateChange<Job>): string {
  if (change.to === "timer") return `${change.gate} at ${change.at}`;
  const where = change.to === "gate" ? change.gate : `front of ${change.gate}`;
  return `${change.job.id} to ${where}`;
}

const limited = (id: string, max: number): Job => ({ id, gates: gatesOf({ limit: { key: "k", max } }) });
const rated = (id: string, limit = 1): Job => ({
  id,
  gates: gatesOf({ rate: { key: "k", limit, windowMs: 100 } }),
});

describe("the gates of a job", () => {
  const limit = { key: "k", max: 2 };
  const rate = { key: "r", limit: 3, windowMs: 50 };
  it.each<{ readonly of: string; readonly limits: JobLimits | undefined; readonly gates: object }>([
    { of: "no limits", limits: undefined, gates: [] },
    { of: "other limits", limits: { group: { key: "g" } }, gates: [] },
    { of: "a limit", limits: { limit }, gates: [{ name: "lk", most: 2 }] },
    { of: "a rate", limits: { rate }, gates: [{ name: "rr", most: 3, windowMs: 50 }] },
    {
      of: "both",
      limits: { rate, limit },
      gates: [
        { name: "lk", most: 2 },
        { name: "rr", most: 3, windowMs: 50 },
      ],
    },
  ])("with $of", ({ limits, gates }) => {
    expect(gatesOf(limits)).toEqual(gates);
  });
});

describe("a limit", () => {
  it("lets so many run and parks the others", () => {
    const stage = new Stage();
    expect(stage.pass(limited("a", 2), 1)).toEqual({ passes: true, changes: [] });
    expect(stage.pass(limited("b", 2), 2)).toEqual({ passes: true, changes: [] });
    expect(stage.pass(limited("c", 2), 3)).toEqual({ passes: false, changes: ["c to lk"] });
    expect(stage.at("lk")).toEqual({ running: ["a", "b"], admitted: [], blocked: ["c"] });
  });

  it("brings back the first that is blocked when one stops, once", () => {
    const stage = new Stage();
    const [a, b, c] = [limited("a", 1), limited("b", 1), limited("c", 1)];
    stage.pass(a, 1);
    stage.pass(c, 3);
    stage.pass(b, 2);
    expect(stage.do((turn) => stopAtGates(turn, a))).toEqual(["lk at 1000"]);
    expect(stage.do((turn) => stopAtGates(turn, a))).toEqual([]);
    expect(stage.look("lk")).toEqual(["b to front of lk"]);
    expect(heldPlace(stage.turn(), b)).toBe(2);
    expect(stage.pass(b, 2)).toEqual({ passes: true, changes: [] });
    expect(stage.at("lk")).toEqual({ running: ["b"], admitted: [], blocked: ["c"] });
  });

  it("lets nobody pass those who are blocked, unless from in front of them", () => {
    const stage = new Stage();
    const [a, b] = [limited("a", 2), limited("b", 1)];
    stage.pass(a, 1);
    stage.pass(b, 5);
    expect(stage.pass(limited("c", 2), 6).passes).toBe(false);
    expect(stage.pass(limited("d", 2), 4).passes).toBe(true);
  });

  it("gives the room of a job that has not started to whoever is in front of it", () => {
    const stage = new Stage();
    const [a, b, urgent] = [limited("a", 1), limited("b", 1), limited("urgent", 1)];
    stage.pass(a, 1);
    stage.pass(b, 2);
    stage.do((turn) => stopAtGates(turn, a));
    stage.look("lk");
    expect(stage.pass(limited("later", 1), 3)).toEqual({ passes: false, changes: ["later to lk"] });
    expect(stage.pass(urgent, 1)).toEqual({ passes: true, changes: ["b to lk"] });
    expect(stage.at("lk")).toEqual({ running: ["urgent"], admitted: [], blocked: ["b", "later"] });
  });

  it("goes by the rule of the job that is next", () => {
    const stage = new Stage();
    stage.pass(limited("a", 3), 1);
    expect(stage.pass(limited("b", 1), 2).passes).toBe(false);
    expect(stage.pass(limited("c", 3), 0).passes).toBe(true);
  });

  it("stops a holder when others have started meanwhile that were let through by a wider rule", () => {
    const stage = new Stage();
    const [a, b] = [limited("a", 1), limited("b", 1)];
    stage.pass(a, 1);
    stage.pass(b, 2);
    stage.do((turn) => stopAtGates(turn, a));
    stage.look("lk");
    stage.pass(limited("wide", 3), 1);
    expect(stage.pass(b, 2)).toEqual({ passes: false, changes: ["b to lk"] });
  });

  it("has a job that is given back hold its room, in front of those who are blocked", () => {
    const stage = new Stage();
    const [a, b] = [limited("a", 1), limited("b", 1)];
    stage.pass(a, 1);
    stage.pass(b, 2);
    const changes = stage.do((turn) => {
      turn.gates.get("lk")?.running.delete(a);
      returnToGates(turn, a, -1);
    });
    expect(changes).toEqual(["a to lk", "lk at 1000"]);
    expect(stage.look("lk")).toEqual(["a to front of lk"]);
    expect(stage.at("lk")).toEqual({ running: [], admitted: ["a"], blocked: ["b"] });
  });

  it("makes a job that is given back wait when it is full meanwhile", () => {
    const stage = new Stage();
    stage.pass(limited("a", 1), 1);
    expect(stage.do((turn) => returnToGates(turn, limited("b", 1), -1))).toEqual(["b to lk", "lk at 1000"]);
    expect(stage.look("lk")).toEqual([]);
  });

  it("frees what a waiting job held when that goes for another reason", () => {
    const stage = new Stage();
    const [a, b, c] = [limited("a", 1), limited("b", 1), limited("c", 1)];
    stage.pass(a, 1);
    stage.pass(b, 2);
    stage.pass(c, 3);
    stage.do((turn) => stopAtGates(turn, a));
    stage.look("lk");
    let wasBlocked: boolean | undefined;
    const leave = (job: Job) => stage.do((turn) => (wasBlocked = leaveGates(turn, job)));
    expect([leave(b), wasBlocked]).toEqual([["lk at 1000"], false]);
    stage.look("lk");
    expect([leave(c), wasBlocked]).toEqual([[], false]);
    expect(isUnused(stage.gate("lk"))).toBe(true);
  });

  it("says of a job that leaves whether it was blocked", () => {
    const stage = new Stage();
    const b = limited("b", 1);
    stage.pass(limited("a", 1), 1);
    stage.pass(b, 2);
    stage.do((turn) => expect(leaveGates(turn, b)).toBe(true));
  });

  it("brings back so many at once, and goes on in the next step", () => {
    const stage = new Stage();
    const gate = stage.gate("lk");
    for (let n = 0; n < MAX_ADMITTED + 1; n++) gate.blocked.add(limited(`${n}`, 1000), n);
    const changes = stage.do((turn) => admitBlocked(turn, gate));
    expect(changes).toHaveLength(MAX_ADMITTED + 1);
    expect(changes.at(-1)).toBe("lk at 1000");
    expect(stage.do((turn) => admitBlocked(turn, gate))).toEqual([`${MAX_ADMITTED} to front of lk`]);
  });
});

describe("a rate", () => {
  it("has room again when its start has left the window", () => {
    const stage = new Stage();
    const b = rated("b");
    expect(stage.pass(rated("a"), 1).passes).toBe(true);
    stage.now += 30;
    expect(stage.pass(b, 2)).toEqual({ passes: false, changes: ["b to rk", "rk at 1100"] });
    stage.now = 1099;
    expect(stage.do((turn) => admitBlocked(turn, stage.gate("rk")))).toEqual(["rk at 1100"]);
    stage.now = 1100;
    expect(stage.do((turn) => admitBlocked(turn, stage.gate("rk")))).toEqual(["b to front of rk"]);
  });

  it("counts a start however the job ends", () => {
    const stage = new Stage();
    const a = rated("a");
    stage.pass(a, 1);
    stage.do((turn) => stopAtGates(turn, a));
    expect(stage.pass(rated("b"), 2).passes).toBe(false);
  });

  it("looks again when as many starts have left as it is over by", () => {
    const stage = new Stage();
    const { starts } = stage.gate("rk");
    for (const at of [970, 980, 990]) addStart(starts, at);
    expect(stage.pass(rated("b", 2), 2).changes).toEqual(["b to rk", "rk at 1080"]);
  });
});

describe("a limit with a rate", () => {
  const both = (id: string): Job => ({
    id,
    gates: gatesOf({ limit: { key: "k", max: 1 }, rate: { key: "k", limit: 1, windowMs: 100 } }),
  });

  it("has a job hold no room at the one while it waits at the other", () => {
    const stage = new Stage();
    const [a, b] = [both("a"), both("b")];
    stage.pass(a, 1);
    expect(stage.pass(b, 2).changes).toEqual(["b to lk"]);
    stage.do((turn) => stopAtGates(turn, a));
    expect(stage.look("lk")).toEqual(["b to front of lk"]);
    expect(stage.pass(b, 2).changes).toEqual(["b to rk", "rk at 1100"]);
    expect(stage.at("lk")).toEqual({ running: [], admitted: [], blocked: [] });
    expect(stage.pass(limited("c", 1), 3).passes).toBe(true);
  });

  it("gives the room of a job that has to wait at the other to the next", () => {
    const stage = new Stage();
    const [held, waits] = [both("held"), limited("waits", 1)];
    stage.pass(rated("first"), 1);
    stage.do((turn) => returnToGates(turn, held, 5));
    expect(stage.look("lk")).toEqual(["held to front of lk"]);
    expect(stage.pass(waits, 6).changes).toEqual(["waits to lk"]);
    expect(new Set(stage.pass(held, 5).changes)).toEqual(
      new Set(["waits to front of lk", "held to rk", "rk at 1100"]),
    );
    expect(stage.at("lk")).toEqual({ running: [], admitted: ["waits"], blocked: [] });
  });

  it("has a job that is given back go before one that was let through and has not started", () => {
    const stage = new Stage();
    const [a, b] = [limited("a", 1), limited("b", 1)];
    stage.pass(a, 1);
    stage.pass(b, 2);
    stage.do((turn) => stopAtGates(turn, a));
    expect(stage.look("lk")).toEqual(["b to front of lk"]);
    stage.do((turn) => returnToGates(turn, a, -1));
    expect(stage.look("lk")).toEqual(["b to lk", "a to front of lk"]);
  });

  it("forgets the time of a gate at which nobody waits any more", () => {
    const stage = new Stage();
    const b = limited("b", 1);
    stage.pass(limited("a", 1), 1);
    stage.pass(b, 2);
    expect(stage.do((turn) => leaveGates(turn, b))).toEqual(["lk at undefined"]);
  });
});
