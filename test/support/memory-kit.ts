import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { type ConformanceKit, VirtualClock } from "taskora/testing";
import { jobsOf } from "../../src/memory/memory-store.js";
import { TASK } from "../../src/testing/conformance/stage.js";
import { inspectMemory } from "./memory-inspect.js";
import { scanMemory } from "./memory-scan.js";

/** A kit over an empty memory store with virtual time. */
export function memoryKit(): ConformanceKit {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  return {
    open: () => memoryAdapter({ store }),
    leftovers: async () => scanMemory(store, [TASK]),
    inspect: async (task) => inspectMemory(store, task),
    empty: async () => store.clear(),
    advance: (ms) => clock.advance(ms),
    corrupt: async ({ task, id }) => {
      const record = jobsOf(store).task(task).jobs.get(id);
      if (record === undefined) throw new Error(`no job ${id} to corrupt`);
      record.corrupt = "damaged by a test";
    },
  };
}
