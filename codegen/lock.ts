import type { IrSchema, JsonValue } from "../src/schema/ir.js";
import { canonicalJsonText } from "./canonical-json.js";
import { contractFingerprint } from "./fingerprint.js";

/** The format of lock files. Raised when an older taskora could no longer read them. */
export const LOCK_FORMAT = 1;

/** What is remembered of a contract between two runs of the generator. */
export interface ContractLock {
  readonly format: typeof LOCK_FORMAT;
  readonly name: string;
  readonly version: number;
  readonly fingerprint: string;
  /** The config that keeps it, from the lock folder; absent for `taskora.config.ts`. */
  readonly config?: string;
  /** `major.minor` of the zod that the schemas were read from: it decides how lengths are counted. */
  readonly zod?: string;
  /** Options of the contract; functions in them are replaced by a hash. */
  readonly options: { readonly [key: string]: JsonValue };
  readonly input?: IrSchema;
  readonly output?: IrSchema;
  readonly emits?: IrSchema;
  /** Version → what it was when a newer one took its place. Those that workers still accept (`since`). */
  readonly older?: { readonly [version: string]: OlderContract };
}

/** What is remembered of a version that was replaced. */
export interface OlderContract {
  readonly fingerprint: string;
  readonly zod?: string;
  readonly input?: IrSchema;
  readonly output?: IrSchema;
  readonly emits?: IrSchema;
}

/** What a lock is made from; every key besides these five is an option. */
export interface LockedContract {
  readonly name: string;
  readonly version: number;
  readonly input?: IrSchema;
  readonly output?: IrSchema;
  readonly emits?: IrSchema;
  readonly [option: string]: unknown;
}

/**
 * Writes the lock of a contract: sorted, without dates or patch versions, so that it changes only when the
 * contract does and merges line by line.
 *
 * @param given.zodVersion full version of zod, such as `4.6.7`
 */
export function printLock(
  contract: LockedContract,
  given: {
    readonly zodVersion?: string | undefined;
    readonly older?: ContractLock["older"];
    readonly config?: string | undefined;
  } = {},
): string {
  const { name, version, input, output, emits, ...options } = contract;
  return canonicalJsonText({
    format: LOCK_FORMAT,
    name,
    version,
    fingerprint: contractFingerprint({ version, input, output, emits }),
    config: given.config,
    zod: given.zodVersion?.split(".").slice(0, 2).join("."),
    options,
    input,
    output,
    emits,
    older: given.older !== undefined && Object.keys(given.older).length > 0 ? given.older : undefined,
  });
}

/** Versions a lock remembers that are still accepted by a worker of `contract`, oldest first. */
export function olderVersions(
  lock: ContractLock,
  contract: { readonly version: number; readonly since?: number },
): readonly (OlderContract & { readonly version: number })[] {
  const { fingerprint, zod, input, output, emits } = lock;
  const own: OlderContract = {
    fingerprint,
    ...(zod === undefined ? {} : { zod }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(emits === undefined ? {} : { emits }),
  };
  const all: Readonly<Record<string, OlderContract>> = { ...lock.older, [lock.version]: own };
  return Object.entries(all)
    .map(([version, older]) => ({ ...older, version: Number(version) }))
    .filter(({ version }) => version < contract.version && version >= (contract.since ?? 1))
    .sort((a, b) => a.version - b.version);
}

/** A lock as read from disk, or why it cannot be read; `line` counts from 1. */
export type LockReading =
  | { readonly status: "ok"; readonly lock: ContractLock }
  | { readonly status: "conflict"; readonly line: number; readonly message: string }
  | { readonly status: "corrupt"; readonly message: string }
  | { readonly status: "newer"; readonly message: string };

/** Reads a lock. Never throws: a lock that was merged by hand or cut short is something to report. */
export function parseLock(text: string): LockReading {
  const conflict = text.split(/\r?\n/).findIndex((line) => /^(<{7}|={7}|>{7}|\|{7})( |$)/.test(line));
  if (conflict !== -1) {
    return {
      status: "conflict",
      line: conflict + 1,
      message: "It holds merge markers: two branches changed it.",
    };
  }
  const parsed = parseJson(text);
  if ("problem" in parsed) return { status: "corrupt", message: parsed.problem };
  return readLock(parsed.value);
}

function parseJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: `It is no JSON: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

function readLock(value: unknown): LockReading {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return corrupt("it is no object");
  const lock = value as Partial<Record<keyof ContractLock, unknown>>;
  if (typeof lock.format === "number" && lock.format > LOCK_FORMAT) {
    return {
      status: "newer",
      message: `It was written by a newer taskora (format ${lock.format}; this one reads ${LOCK_FORMAT}).`,
    };
  }
  if (lock.format !== LOCK_FORMAT) return corrupt('"format" is missing');
  if (typeof lock.name !== "string") return corrupt('"name" is missing');
  if (typeof lock.version !== "number") return corrupt('"version" is missing');
  if (typeof lock.options !== "object" || lock.options === null) return corrupt('"options" is missing');
  if (lock.config !== undefined && typeof lock.config !== "string") return corrupt('"config" is no text');
  for (const side of ["input", "output", "emits"] as const) {
    if (lock[side] !== undefined && !isSchema(lock[side])) return corrupt(`"${side}" is no schema`);
  }
  const complete = lock as unknown as ContractLock;
  if (contractFingerprint(complete) !== lock.fingerprint) {
    return corrupt("its fingerprint does not match its schemas, so it was edited by hand");
  }
  const older = problemOfOlder(lock.older);
  return older === undefined ? { status: "ok", lock: complete } : corrupt(older);
}

function problemOfOlder(older: unknown): string | undefined {
  if (older === undefined) return undefined;
  if (typeof older !== "object" || older === null || Array.isArray(older)) return '"older" is no object';
  for (const [version, contract] of Object.entries(older as Record<string, Partial<OlderContract> | null>)) {
    const isWhole = contract !== null && typeof contract === "object" && /^[1-9]\d*$/.test(version);
    const sides = isWhole ? [contract.input, contract.output, contract.emits] : [];
    if (!isWhole || sides.some((side) => side !== undefined && !isSchema(side)))
      return `"older" has no contract for ${version}`;
    const { input, output, emits } = contract;
    if (contractFingerprint({ version: Number(version), input, output, emits }) !== contract.fingerprint)
      return `the fingerprint of version ${version} does not match its schemas, so it was edited by hand`;
  }
  return undefined;
}

function corrupt(reason: string): LockReading {
  return { status: "corrupt", message: `It cannot be used: ${reason}.` };
}

function isSchema(value: unknown): boolean {
  const schema = value as Partial<Record<keyof IrSchema, { readonly kind?: unknown } | null>> | null;
  return typeof schema?.root?.kind === "string" && typeof schema.definitions === "object";
}
