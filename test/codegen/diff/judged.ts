import { draftSchemas } from "../../../codegen/diff/draft.js";
import type { DraftedPair } from "../../../codegen/diff/drafted-pair.js";
import { judge } from "../../../codegen/diff/judge.js";
import { DEFAULT_POLICY, type DiffPolicy } from "../../../codegen/diff/policy.js";
import { ProbeBook } from "../../../codegen/diff/probe-book.js";
import type { DiffReport } from "../../../codegen/diff/report.js";
import type { Project } from "../../../codegen/load/load-project.js";
import type { ContractData } from "../../../codegen/load/protocol.js";
import type { ContractLock } from "../../../codegen/lock.js";
import type { IrSchema } from "../../../src/core/ir.js";

/** The two sides of a contract. */
export interface Schemas {
  readonly input?: IrSchema;
  readonly output?: IrSchema;
}

export function aLock(rest: Partial<ContractLock> = {}): ContractLock {
  return { format: 1, name: "a.b", version: 2, fingerprint: "", options: {}, ...rest };
}

export function aContract(rest: Partial<ContractData> = {}): ContractData {
  return { name: "a.b", version: 2, ...rest };
}

/** A recorded contract and the one that takes its place, compared. */
export function aDraftedPair(old: ContractLock | undefined, next: ContractData | undefined): DraftedPair {
  const side = (name: "input" | "output") => {
    const [before, after] = [old?.[name], next?.[name]];
    return before === undefined || after === undefined ? undefined : draftSchemas(before, after);
  };
  const hasBump = old !== undefined && next !== undefined && next.version > old.version;
  return { old, new: next, input: side("input"), output: side("output"), hasBump };
}

/** The report on pairs of contracts; both sides are run as recorded, no process is started. */
export function judged(pairs: readonly DraftedPair[], policy: DiffPolicy = DEFAULT_POLICY): DiffReport {
  const project = { contracts: [] } as unknown as Project;
  return judge({ pairs, book: new ProbeBook([]), project, policy, against: "the lock" })([]);
}

/** The report on one task of which only the schemas were changed. */
export function judgedSchemas(old: Schemas, next: Schemas, policy?: DiffPolicy): DiffReport {
  return judged([aDraftedPair(aLock(old), aContract(next))], policy);
}
