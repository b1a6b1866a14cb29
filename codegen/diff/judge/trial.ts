import { type CompiledSchema, compileIr } from "../../../src/schema/interpreter.js";
import type { IrSchema } from "../../../src/schema/ir.js";

/** What a reader found wrong first. */
export interface TrialIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A payload that one side accepts and the other refuses. */
export interface Proof {
  /** What the writer was given. */
  readonly payload: unknown;
  /** What it put on the wire: unknown keys gone, defaults filled in. */
  readonly wire: unknown;
  /** What the reader finds wrong with it. */
  readonly issues: readonly TrialIssue[];
  /** The reader accepts it, and makes something else of it. */
  readonly reads?: "differently";
}

/** What becomes of a payload that travels from one schema to the other. */
export type TrialResult =
  | { readonly status: "refused" }
  | { readonly status: "fits"; readonly payload: unknown; readonly wire: unknown }
  | ({ readonly status: "fails" } & Proof);

/** Sends payloads from a writer to a reader, both as recorded. */
export function createTrial(from: IrSchema, to: IrSchema): (payload: unknown) => TrialResult {
  const write = compileIr(from);
  const read = compileIr(to);
  return (payload) => runTrial(payload, write, read);
}

function runTrial(payload: unknown, write: CompiledSchema, read: CompiledSchema): TrialResult {
  const written = write(payload);
  if (written.issues !== undefined) return { status: "refused" };
  const text: string | undefined = JSON.stringify(written.value);
  const wire: unknown = text === undefined ? undefined : JSON.parse(text);
  const result = read(wire);
  if (result.issues === undefined) return { status: "fits", payload, wire };
  return { status: "fails", payload, wire, issues: result.issues };
}

/** Shorter payloads are easier to read, so they stand first. */
export function shortestFirst(proofs: readonly Proof[]): readonly Proof[] {
  return proofs
    .map((proof) => ({ proof, length: JSON.stringify(proof.wire)?.length ?? 0 }))
    .sort((a, b) => a.length - b.length)
    .map(({ proof }) => proof);
}
