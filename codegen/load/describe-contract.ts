import { createHash } from "node:crypto";
import { CONTRACT_OPTIONS, type ContractMigrations, type TaskContract } from "../../src/core/contract.js";
import type { RetryOptions } from "../../src/core/retry-policy.js";
import type { IrSchema, JsonValue } from "../../src/schema/ir.js";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import { irFromZod } from "../from-zod.js";
import type { ContractData, ContractProblem } from "./protocol.js";

/** A contract as plain data, with what could not be written down. */
export interface DescribedContract {
  readonly data: ContractData;
  readonly problems: readonly ContractProblem[];
  readonly zodVersion: string | undefined;
}

/** Writes a contract down as plain data; its schemas become IR. */
export function describeContract(contract: TaskContract): DescribedContract {
  const problems: ContractProblem[] = [];
  const side = (name: SchemaSide): IrSchema | undefined => {
    const schema = contract[name];
    if (schema === undefined) return undefined;
    const result = irFromZod(schema, { side: name, taskName: contract.name });
    if ("schema" in result) return result.schema;
    for (const issue of result.issues) problems.push({ task: contract.name, side: name, ...issue });
    return undefined;
  };
  const input = side("input");
  const output = side("output");
  const emits = side("emits");
  return {
    data: {
      name: contract.name,
      version: contract.version,
      ...plainOptions(contract),
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
      ...(emits === undefined ? {} : { emits }),
    },
    problems,
    zodVersion: zodVersion(contract.input) ?? zodVersion(contract.output) ?? zodVersion(contract.emits),
  };
}

/** What is data as it stands; the others may hold functions. */
const PLAIN_OPTIONS = CONTRACT_OPTIONS.filter((key) => key !== "retry" && key !== "migrate");

function plainOptions(contract: TaskContract): Partial<ContractData> {
  const options: Record<string, unknown> = {};
  for (const key of PLAIN_OPTIONS) {
    if (contract[key] !== undefined) options[key] = contract[key];
  }
  if (contract.retry !== undefined) options.retry = plainRecord(contract.retry);
  if (contract.migrate !== undefined) options.migrate = plainRecord(contract.migrate);
  return options;
}

/** Functions and error classes cannot be written down: a hash of their source stands for them. */
function plainRecord(given: RetryOptions | ContractMigrations): { readonly [key: string]: JsonValue } {
  const plain: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) plain[key] = plainValue(value);
  }
  return plain;
}

function plainValue(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== "function") return value as JsonValue;
  if (value.prototype instanceof Error || value === Error) return { class: value.name };
  return { hash: createHash("sha256").update(String(value)).digest("hex").slice(0, 12) };
}

/** The zod version a schema says it is of, `4.6.7`. */
function zodVersion(schema: unknown): string | undefined {
  const internals = (
    schema as { _zod?: { version?: { major: number; minor: number; patch: number } } } | undefined
  )?._zod;
  const version = internals?.version;
  return version === undefined ? undefined : `${version.major}.${version.minor}.${version.patch}`;
}
