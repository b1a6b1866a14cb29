import type { MemoryStore } from "taskora/memory";
import type { TaskEntries } from "taskora/testing";
import { jobsOf } from "../../src/memory/memory-store.js";
import { entriesOf } from "../../src/memory/observe/task-entries.js";

/** What a store in this process keeps of a task, read from its indexes and not from the states of its jobs. */
export function inspectMemory(store: MemoryStore, name: string): TaskEntries {
  return entriesOf(jobsOf(store).task(name));
}
