import { createTaskora, type Job } from "taskora";
import { createBoard } from "taskora/board";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { afterEach, describe, expect, it } from "vitest";
import { runsOfSlots } from "../../src/board/routes/schedule-runs.js";
import { gate } from "../support/signals.js";
import { as, ROLE_TOKENS } from "./board-kit.js";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A board over a memory whose clock is moved by hand, and the squares it shows of a schedule, the oldest first. */
function aWorld() {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const open = () => createTaskora({ adapter: memoryAdapter({ store }), clock, logger: false });
  const app = open();
  const board = createBoard(app, { auth: { token: ROLE_TOKENS }, logger: false });
  ends.push(
    () => app.close(),
    () => board.close(),
  );
  const squares = async (name: string) => {
    const url = `http://board.test/api/v1/schedules/${name}/runs`;
    const answer = await board.fetch(new Request(url, { headers: { ...as("viewer") } }));
    const { items } = (await answer.json()) as { items: readonly { readonly outcome: string }[] };
    return items.map(({ outcome }) => outcome).toReversed();
  };
  return { clock, open, app, squares };
}

describe("what became of the slots of a schedule", () => {
  /** Each letter is a slot, the oldest first: its job's state, or `-` where there is none. */
  it.each([
    ["its jobs", "allow", "c f r a w x e", "completed failed retrying active waiting cancelled expired"],
    ["none in the middle, where none is skipped", "allow", "c - c", "completed missed completed"],
    ["none in the middle, where one may overlap", "skip", "c - c", "completed skipped completed"],
    ["none at the end", "skip", "f - -", "failed skipped skipped"],
    ["none at the beginning: they may have been pruned", "allow", "- - c -", "gone gone completed missed"],
    ["none at all", "skip", "- - -", "gone gone gone"],
    ["no slots", "allow", "", ""],
  ] as const)("is that of %s", (_, overlap, jobs, outcomes) => {
    const letters = jobs.split(" ").filter((each) => each !== "");
    const slots = letters.map((_letter, nth) => 1000 * (nth + 1));
    const kept = letters.map((letter) =>
      letter === "-" ? undefined : ({ state: STATES[letter as keyof typeof STATES] } as Job),
    );
    const runs = runsOfSlots(slots, kept, overlap);
    expect(runs.map(({ outcome }) => outcome).join(" ")).toBe(outcomes);
    expect(runs.map(({ slot, job }) => [slot, job])).toEqual(slots.map((slot, nth) => [slot, kept[nth]]));
  });

  it("is shown of one that ran, failed and was held up", async () => {
    const { clock, open, squares } = aWorld();
    const worker = open();
    ends.push(() => worker.close());
    const held = gate();
    let runs = 0;
    worker.task("report.build", {
      ...{ retry: { attempts: 1 }, concurrency: 5 },
      handler: () => {
        runs += 1;
        if (runs === 2) throw new Error("no paper");
        return runs === 3 ? held.opened : undefined;
      },
    });
    worker.schedule("nightly", { task: "report.build", every: "1m", overlap: "skip" });
    await worker.start();
    await clock.advance(60_000);
    await clock.advance(60_000);
    expect(await squares("nightly")).toEqual(["completed", "failed"]);
    // The third goes on while the fourth and the fifth come.
    await clock.advance(60_000);
    await clock.advance(60_000);
    await clock.advance(60_000);
    expect(await squares("nightly")).toEqual(["completed", "failed", "active", "skipped", "skipped"]);
    held.open();
    await clock.advance(60_000);
    const before = ["completed", "failed", "completed", "skipped", "skipped", "completed"];
    expect(await squares("nightly")).toEqual(before);
  });

  it("is missed while it is paused and while nobody works", async () => {
    const { clock, open, app, squares } = aWorld();
    const start = async () => {
      const worker = open();
      worker.task("report.build", () => undefined);
      worker.schedule("hourly", { task: "report.build", every: "1m", overlap: "allow" });
      await worker.start();
      return worker;
    };
    const first = await start();
    await clock.advance(60_000);
    await app.schedules.pause("hourly");
    await clock.advance(120_000);
    await app.schedules.resume("hourly");
    await clock.advance(60_000);
    expect(await squares("hourly")).toEqual(["completed", "missed", "missed", "completed"]);
    await first.close();
    await clock.advance(150_000);
    const second = await start();
    ends.push(() => second.close());
    await clock.advance(60_000);
    expect(await squares("hourly")).toEqual([
      ...["completed", "missed", "missed", "completed"],
      ...["missed", "missed", "completed"],
    ]);
  });
});

const STATES = {
  ...{ c: "completed", f: "failed", r: "retrying", a: "active" },
  ...{ w: "waiting", x: "cancelled", e: "expired" },
} as const;
