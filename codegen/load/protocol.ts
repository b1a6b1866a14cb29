import type { IrSchema, JsonValue } from "../../src/schema/ir.js";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import type { Finding, SourcePosition } from "../finding.js";
import type { SchemaProblem } from "../from-zod/problem.js";
import type { ResolvedConfig } from "../resolved-config.js";

/**
 * What the generator and the process that loads the contracts say to each other. Both sides go through files
 * in a temporary folder, so that a child that is killed, exits early or writes to its output loses nothing.
 */

/** Handed to the child as a JSON file. */
export interface LoadRequest {
  /** Folder that config paths are relative to. */
  readonly root: string;
  readonly configFile?: string;
  /** A config that was passed in by a program, instead of `configFile`. */
  readonly config?: JsonValue;
  /** Gets a line before each module is loaded, so that a hang can be pinned to a file. */
  readonly progressFile: string;
  readonly resultFile: string;
  /** Load these contract files and no others, with a config that is known already. */
  readonly part?: { readonly only: readonly string[]; readonly config: ResolvedConfig };
  /** Load the config and no contract. */
  readonly configOnly?: boolean;
  /** Values to run through the schemas once they are loaded. */
  readonly probes?: readonly Probe[];
}

/** A value to be parsed by the live schema of a contract. */
export interface Probe {
  readonly task: string;
  readonly side: SchemaSide;
  /** Absent: `undefined`. */
  readonly value?: JsonValue;
  /** Taken through the contract's migrations first, from this version on. */
  readonly fromVersion?: number;
}

/** What the live schema said. No issues: it parses. */
export interface ProbeAnswer {
  readonly issues: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
  /** What the migrations made of the value, where there were any. */
  readonly migrated?: JsonValue;
}

/** Where a contract can be imported from. */
export interface ContractExport {
  /** Absolute path of the contract file. */
  readonly file: string;
  /** The export's name, `default` for a default export. */
  readonly name: string;
}

/** The options of a contract that can be written down; functions in them are replaced by a hash. */
export interface ContractData {
  readonly name: string;
  readonly version: number;
  readonly since?: number;
  readonly aliases?: readonly string[];
  readonly description?: string;
  readonly deprecated?: string;
  readonly unstable?: boolean;
  readonly retry?: { readonly [key: string]: JsonValue };
  readonly timeout?: string | number;
  readonly delay?: string | number;
  readonly ttl?: string | number;
  readonly onExpire?: "fail" | "discard";
  readonly priority?: number;
  readonly collect?: { readonly [key: string]: JsonValue };
  readonly group?: { readonly [key: string]: JsonValue };
  readonly deduplicate?: { readonly [key: string]: JsonValue };
  readonly globalConcurrency?: number | { readonly [key: string]: JsonValue };
  readonly rateLimit?: { readonly [key: string]: JsonValue };
  /** Source version → hash of the step's source. */
  readonly migrate?: { readonly [version: string]: JsonValue };
  readonly input?: IrSchema;
  readonly output?: IrSchema;
  /** Of the messages of a running job. */
  readonly emits?: IrSchema;
}

/** One contract as the child found it. */
export interface LoadedContract {
  readonly data: ContractData;
  /** Where `defineTask` was called. */
  readonly definedAt: SourcePosition | undefined;
  /** The doc comment above it, `""` for none; absent when reading it takes a parser. */
  readonly doc?: string;
  /** At least one: contracts that nothing exports are findings. */
  readonly exports: readonly ContractExport[];
  readonly zodVersion: string | undefined;
}

/** A problem in a schema of a contract; the parent knows the sources and finds the place. */
export interface ContractProblem extends SchemaProblem {
  readonly task: string;
  readonly side: SchemaSide;
}

/** What the child reports. */
export interface LoadReport {
  readonly config?: ResolvedConfig;
  readonly contractFiles: readonly string[];
  readonly contracts: readonly LoadedContract[];
  readonly problems: readonly ContractProblem[];
  readonly findings: readonly Finding[];
  /** Something was read during loading that differs from run to run: the clock, random numbers. */
  readonly readsChance: boolean;
  /** One per probe of the request. */
  readonly answers?: readonly ProbeAnswer[];
}
