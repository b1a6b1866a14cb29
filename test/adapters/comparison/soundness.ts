import type { Adapter, StoreFault } from "taskora/adapter";
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
  await expectSoundContents(adapter);
  for (const task of ALL_TASKS) {
    const entries = await store.entries(task);
    const faults = await findContradictions(adapter, { task, ...(entries && { entries }) });
    if (faults.length > 0)
      throw new Error(`${adapter.name} contradicts itself in ${task}:\n${faults.join("\n")}`);
  }
}

/** What the adapter itself says of what it holds. */
async function expectSoundContents(adapter: Adapter): Promise<void> {
  const contents = adapter.observe?.contents;
  const faults: StoreFault[] = [];
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? {} : { cursor };
    const page = await contents?.look({ ...from, limit: 50, most: 100_000 });
    // The clock of a test stands beside what its tasks have.
    faults.push(...(page?.faults ?? []).filter(({ where }) => !where.includes("}:test-")));
    cursor = page?.cursor;
  } while (cursor !== undefined);
  if (faults.length > 0)
    throw new Error(`${adapter.name} holds what cannot be true: ${JSON.stringify(faults)}`);
}
