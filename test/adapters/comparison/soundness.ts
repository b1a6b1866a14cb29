import { findContradictions } from "taskora/testing";
import type { PlayedStore } from "./played-store.js";
import { ALL_TASKS } from "./workflows.js";

/**
 * What is stored contradicts itself nowhere.
 *
 * @throws {Error} naming each contradiction
 */
export async function expectSound(store: PlayedStore): Promise<void> {
  const { adapter } = store;
  for (const task of ALL_TASKS) {
    const entries = await store.entries(task);
    const faults = await findContradictions(adapter, { task, ...(entries && { entries }) });
    if (faults.length > 0)
      throw new Error(`${adapter.name} contradicts itself in ${task}:\n${faults.join("\n")}`);
  }
}
