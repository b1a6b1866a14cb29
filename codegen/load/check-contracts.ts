import { relative } from "node:path";
import { canonicalJson } from "../canonical-json.js";
import { errorFinding, type Finding, type SourcePosition } from "../finding.js";
import type { LoadedContract } from "./protocol.js";

/** Contracts that were defined while loading, but that no contract file exports. */
export function findUnexported(contracts: readonly LoadedContract[]): Finding[] {
  return contracts
    .filter((contract) => contract.exports.length === 0)
    .map(({ data, definedAt }) =>
      errorFinding("CONTRACT_NOT_EXPORTED", {
        task: data.name,
        message: `The contract ${data.name} is defined but not exported, so no worker could import it.`,
        hint: "Write export const … = defineTask({ … }) in a contract file, and run taskora generate again.",
        ...(definedAt === undefined ? {} : { at: definedAt }),
      }),
    );
}

/** Two contracts with one name, or one whose alias is the name of another. */
export function findDuplicates(contracts: readonly LoadedContract[]): Finding[] {
  const owners = new Map<string, { readonly contract: LoadedContract; readonly role: string }>();
  const findings: Finding[] = [];
  const claim = (name: string, contract: LoadedContract, role: string): void => {
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, { contract, role });
    else if (owner.contract !== contract) findings.push(duplicate(name, [owner.contract, contract], role));
  };
  for (const contract of contracts) claim(contract.data.name, contract, "name");
  for (const contract of contracts) {
    for (const alias of contract.data.aliases ?? []) claim(alias, contract, "alias");
  }
  return findings;
}

function duplicate(
  name: string,
  [first, second]: readonly [LoadedContract, LoadedContract],
  role: string,
): Finding {
  const isAlias = role === "alias";
  return errorFinding("TASK_DUPLICATE", {
    task: name,
    message: isAlias
      ? `"${name}" is an alias of ${second.data.name}, and already names another contract. Jobs would have two owners.`
      : `Two contracts are named "${name}". A queue has one contract.`,
    hint: isAlias
      ? "Remove the alias, or the other contract, and run taskora generate again."
      : `Rename one of them, to "${name}-2" for example, and run taskora generate again.`,
    ...at(second),
    ...(first.definedAt === undefined ? {} : { also: [{ label: "the other one", at: first.definedAt }] }),
  });
}

/** Schemas made by two versions of zod behave differently, so one lock cannot describe both. */
export function findZodVersions(contracts: readonly LoadedContract[]): Finding[] {
  const first = contracts.find((contract) => contract.zodVersion !== undefined);
  const other = contracts.find(
    (contract) => contract.zodVersion !== undefined && contract.zodVersion !== first?.zodVersion,
  );
  if (first === undefined || other === undefined) return [];
  return [
    errorFinding("ZOD_VERSIONS", {
      task: other.data.name,
      message:
        `${other.data.name} is made with zod ${other.zodVersion} and ${first.data.name} with zod ${first.zodVersion}. ` +
        "Their checks differ, for one in how they count the length of a text.",
      hint: "Run npm ls zod, keep one version (npm dedupe), and run taskora generate again.",
      ...at(other),
      ...(first.definedAt === undefined ? {} : { also: [{ label: "the other one", at: first.definedAt }] }),
    }),
  ];
}

/** Compares two loads in fresh processes; they differ when a default holds a clock reading or a random value. */
export function findDifferences(
  first: readonly LoadedContract[],
  second: readonly LoadedContract[],
): { readonly contract: LoadedContract; readonly path: readonly string[]; readonly values: string }[] {
  const again = new Map(second.map((contract) => [contract.data.name, contract]));
  return first.flatMap((contract) => {
    const other = again.get(contract.data.name);
    if (canonicalJson(contract.data) === canonicalJson(other?.data)) return [];
    return [{ contract, ...firstDifference(contract.data, other?.data) }];
  });
}

function firstDifference(a: unknown, b: unknown): { path: string[]; values: string } {
  const isSameKind = typeof a === "object" && typeof b === "object" && a !== null && b !== null;
  if (!isSameKind) return { path: [], values: `${JSON.stringify(a)}, then ${JSON.stringify(b)}` };
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const left = (a as Record<string, unknown>)[key];
    const right = (b as Record<string, unknown>)[key];
    if (canonicalJson(left ?? null) === canonicalJson(right ?? null)) continue;
    const { path, values } = firstDifference(left, right);
    const name = (left as { key?: unknown } | undefined)?.key;
    return { path: [typeof name === "string" ? name : key, ...path], values };
  }
  return { path: [], values: "" };
}

/** How a place is written for people: `contracts/email.ts:4`. */
export function placeText(root: string, at: SourcePosition): string {
  return `${relative(root, at.file)}:${at.line}`;
}

function at(contract: LoadedContract): { at?: SourcePosition } {
  return contract.definedAt === undefined ? {} : { at: contract.definedAt };
}
