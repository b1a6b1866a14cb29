import { findContradictions } from "taskora/testing";
import { TASK } from "../../../src/testing/conformance/stage.js";
import type { PlayedStore } from "./played-store.js";

/**
 * What is stored contradicts itself nowhere.
 *
 * @throws {Error} naming each contradiction
 */
export async function expectSound({ adapter, kit }: PlayedStore): Promise<void> {
  const entries = await kit.inspect?.(TASK);
  const faults = await findContradictions(adapter, { task: TASK, ...(entries && { entries }) });
  if (faults.length > 0) throw new Error(`${adapter.name} contradicts itself:\n${faults.join("\n")}`);
}
