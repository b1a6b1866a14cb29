import { createHash } from "node:crypto";
import { type IrSchema, withoutWords } from "../src/schema/ir.js";
import { canonicalJson } from "./canonical-json.js";

/** What the fingerprint of a contract is taken of. */
export interface FingerprintedContract {
  readonly version: number;
  readonly input?: IrSchema | undefined;
  readonly output?: IrSchema | undefined;
  readonly emits?: IrSchema | undefined;
}

/**
 * Twelve hex characters that change when, and only when, what a contract accepts, returns or emits may have changed.
 * Descriptions, examples and the words of a failed check leave it alone. It travels in every job.
 */
export function contractFingerprint(contract: FingerprintedContract): string {
  const content = canonicalJson({
    version: contract.version,
    input: contract.input && withoutWords(contract.input),
    output: contract.output && withoutWords(contract.output),
    emits: contract.emits && withoutWords(contract.emits),
  });
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
}
