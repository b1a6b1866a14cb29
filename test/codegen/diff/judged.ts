import { gatherEvidence } from "../../../codegen/diff/diff-project.js";
import { judge } from "../../../codegen/diff/judge/judge.js";
import { DEFAULT_POLICY, type DiffPolicy } from "../../../codegen/diff/judge/policy.js";
import type { DiffReport } from "../../../codegen/diff/report/report.js";
import { draftSchemas } from "../../../codegen/diff/sample/draft.js";
import type { DraftedPair } from "../../../codegen/diff/sample/drafted-pair.js";
import { ProbeBook } from "../../../codegen/diff/sample/probe-book.js";
import { answerProbes } from "../../../codegen/load/answer-probes.js";
import { describeContract } from "../../../codegen/load/describe-contract.js";
import type { ContractData } from "../../../codegen/load/protocol.js";
import { type ContractLock, olderVersions, parseLock, printLock } from "../../../codegen/lock.js";
import type { TaskContract } from "../../../src/core/contract.js";
import type { IrSchema } from "../../../src/schema/ir.js";
import type { SchemaSide } from "../../../src/schema/wire-types.js";

/** The schemas of a contract. */
export interface Schemas {
  readonly input?: IrSchema;
  readonly output?: IrSchema;
  readonly emits?: IrSchema;
}

export function aLock(rest: Partial<ContractLock> = {}): ContractLock {
  return { format: 1, name: "a.b", version: 2, fingerprint: "", options: {}, ...rest };
}

export function aContract(rest: Partial<ContractData> = {}): ContractData {
  return { name: "a.b", version: 2, ...rest };
}

/** A recorded contract and the one that takes its place, compared. */
export function aDraftedPair(old: ContractLock | undefined, next: ContractData | undefined): DraftedPair {
  const side = (name: SchemaSide) => {
    const [before, after] = [old?.[name], next?.[name]];
    return before === undefined || after === undefined ? undefined : draftSchemas(before, after);
  };
  const hasBump = old !== undefined && next !== undefined && next.version > old.version;
  return { old, new: next, input: side("input"), output: side("output"), emits: side("emits"), hasBump };
}

/** The report on pairs of contracts; both sides are run as recorded. */
export function judged(pairs: readonly DraftedPair[], policy: DiffPolicy = DEFAULT_POLICY): DiffReport {
  return judge({ pairs, book: new ProbeBook([]), contracts: [], policy, against: "the lock" })([]);
}

/** The report on one task of which only the schemas were changed. */
export function judgedSchemas(old: Schemas, next: Schemas, policy?: DiffPolicy): DiffReport {
  return judged([aDraftedPair(aLock(old), aContract(next))], policy);
}

/** What the generator would write into the lock of a contract, given the one that is there. */
export function lockOf(contract: TaskContract, before?: ContractLock): ContractLock {
  const { data, zodVersion } = describeContract(contract);
  const versions = before === undefined ? [] : olderVersions(before, data);
  const older = Object.fromEntries(versions.map(({ version, ...rest }) => [version, rest]));
  const reading = parseLock(printLock({ ...data }, { zodVersion, older }));
  if (reading.status !== "ok") throw new Error(reading.message);
  return reading.lock;
}

/** The report of `taskora diff`, without files and processes: the contracts of today are there and answer. */
export async function reportOn(
  locks: readonly ContractLock[],
  contracts: readonly TaskContract[],
): Promise<DiffReport> {
  const evidence = await gatherEvidence({
    locks,
    contracts: contracts.map((contract) => describeContract(contract).data),
    probe: (probes) => answerProbes(probes, contracts),
  });
  return judge({ ...evidence, contracts: [], policy: DEFAULT_POLICY, against: "the lock" })([]);
}
