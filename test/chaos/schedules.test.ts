import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { describe, expect, it } from "vitest";
import { adapterAt } from "../support/adapter-at.js";
import { usualChaosStores } from "../support/chaos-stores.js";
import { Program } from "../support/child.js";

const EVERY_MS = 100;
const ENDS = 12;
const PROCESSES = 3;

describe.each(usualChaosStores)(
  "a schedule of three processes that are started, closed and killed at random, on $store,",
  ({ open }) => {
    it("fires each slot exactly once, although finished jobs are not kept", async () => {
      const store = await open();
      const evidence = `evidence-${store.prefix}`;
      const start = () =>
        new Program("schedule-worker", [JSON.stringify({ ...store, evidence, every: EVERY_MS })]);
      const programs = Array.from({ length: PROCESSES }, start);
      const everything = [...programs];
      const killed = new Set<number>();
      await Promise.all(programs.map((program) => program.printed("ready")));
      for (let end = 0; end < ENDS; end++) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
        const index = Math.floor(Math.random() * PROCESSES);
        const program = programs[index] as Program;
        await program.printed("ready");
        const signal = Math.random() < 0.6 ? "SIGKILL" : "SIGTERM";
        if (signal === "SIGKILL") killed.add(program.pid);
        program.kill(signal);
        await program.exited;
        programs[index] = start();
        everything.push(programs[index] as Program);
      }
      await Promise.all(programs.map((program) => program.printed("ready")));
      const observer = createTaskora({ adapter: adapterAt(store) });
      await observer.schedules.pause("tick");
      observer.register({ name: "tick", version: 1 });
      const last = (await observer.schedules.get("tick"))?.lastSlotAt ?? 0;
      for (let left = 1; left > 0; left = (await observer.jobs.count({ task: "tick" })).total) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (const program of programs) program.kill("SIGTERM");
      await Promise.all(programs.map((program) => program.exited));
      await observer.close();

      const book = new Redis(store.bookUrl);
      const runs = new Map<number, number[]>();
      for (const line of await book.lrange(evidence, 0, -1)) {
        const [, id = "", pid = ""] = line.split(" ");
        const slot = Number(id.split("@")[1]);
        runs.set(slot, [...(runs.get(slot) ?? []), Number(pid)]);
      }
      await book.unlink(evidence);
      book.disconnect();
      const slots = [...runs.keys()].sort((a, b) => a - b);
      const first = slots[0] ?? 0;
      const expected = Array.from(
        { length: (last - first) / EVERY_MS + 1 },
        (_, nth) => first + nth * EVERY_MS,
      );
      expect(slots.length).toBeGreaterThan(20);
      expect(slots).toEqual(expected);
      // A run that a kill interrupted is repeated; nothing else is.
      for (const [slot, pids] of runs) {
        expect(
          pids.slice(0, -1).filter((pid) => !killed.has(pid)),
          String(slot),
        ).toEqual([]);
      }
      const said = everything.flatMap((program) => program.lines).filter((line) => line !== "ready");
      expect(said).toEqual([]);
    }, 120_000);
  },
);
