import type { TaskContract } from "../../src/core/contract.js";
import { validate } from "../../src/core/validation.js";
import type { JsonValue } from "../../src/schema/ir.js";
import type { Probe, ProbeAnswer } from "./protocol.js";

/** Runs values through the live schemas. A migration or schema that throws is an issue, as it is in a worker. */
export async function answerProbes(
  probes: readonly Probe[],
  contracts: readonly TaskContract[],
): Promise<readonly ProbeAnswer[]> {
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  const answers: ProbeAnswer[] = [];
  for (const probe of probes) {
    const contract = byName.get(probe.task);
    answers.push(contract === undefined ? { issues: [] } : await answerProbe(probe, contract));
  }
  return answers;
}

async function answerProbe(probe: Probe, contract: TaskContract): Promise<ProbeAnswer> {
  let migrated: unknown = probe.value;
  try {
    if (probe.fromVersion !== undefined) migrated = await migrate(probe.value, probe.fromVersion, contract);
    const result = await validate(contract[probe.side], migrated);
    const issues = result.ok ? [] : result.issues;
    return probe.fromVersion === undefined ? { issues } : { issues, ...asJson(migrated) };
  } catch (error) {
    const message = `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
    return { issues: [{ path: [], message }] };
  }
}

/** The same steps a worker takes: a version without one is passed over. */
async function migrate(value: unknown, fromVersion: number, contract: TaskContract): Promise<unknown> {
  let current = value;
  for (let version = fromVersion; version < contract.version; version++) {
    const step = contract.migrate?.[version];
    if (step !== undefined) current = await step(current);
  }
  return current;
}

function asJson(value: unknown): { readonly migrated?: JsonValue } {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? {} : { migrated: JSON.parse(text) as JsonValue };
}
